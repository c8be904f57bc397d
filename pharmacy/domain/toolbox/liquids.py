"""Mass and volume: density, reconstitution of a powder, and the volume that holds a dose."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pharmacy.domain.amounts import PLACES, amount_text, digits, full_text, in_full, shown
from pharmacy.domain.errors import CannotBeMeasured, Impossible
from pharmacy.domain.quantity import NBSP, Concentration, Density, Mass, Volume, decimal_text
from pharmacy.domain.worksheet import OWN, WorksheetStep

GRAVITY = "specific gravity is taken as g/mL (water 1 g/mL)"


@dataclass(frozen=True, slots=True)
class Weighed:
    """One liquid or powder: its mass, its volume and its density."""

    mass: Mass
    volume: Volume
    density: Density


def weighed(mass: Mass | None, volume: Volume | None, density: Density | None) -> Weighed:
    """Mass, volume and density from two of the three."""
    if density is None:
        assert mass is not None
        assert volume is not None
        return Weighed(mass, volume, Density(mass.value / 1000 / volume.value))
    if mass is None:
        assert volume is not None
        return Weighed(density.mass_of(volume), volume, density)
    return Weighed(mass, density.volume_of(mass), density)


def weighed_step(found: Weighed, unknown: str, *, gravity: bool) -> WorksheetStep:
    """The one of the three that was asked for."""
    mass, volume = full_text(found.mass), full_text(found.volume)
    density, note = f"{in_full(found.density.value)}{NBSP}g/mL", GRAVITY if gravity else ""
    if unknown == "density":
        number = decimal_text(found.density.value, PLACES)
        note = "as a number without a unit this is the specific gravity (water 1 g/mL)"
        return WorksheetStep("Density", "mass ÷ volume", f"{mass} ÷ {volume}", number, "g/mL", OWN, note)
    if unknown == "mass":
        return WorksheetStep("Mass", "volume × density", f"{volume} × {density}", *shown(found.mass), OWN, note)
    return WorksheetStep("Volume", "mass ÷ density", f"{mass} ÷ {density}", *shown(found.volume), OWN, note)


@dataclass(frozen=True, slots=True)
class Reconstituted:
    """A powder brought into solution or suspension: what is added, what the powder takes up, and what it makes."""

    drug: Mass
    displacement: Volume
    diluent: Volume
    final: Volume

    @property
    def concentration(self) -> Concentration:
        return Concentration(self.drug.value / self.final.value)


def reconstitute(
    drug: Mass, displacement: Volume | None, diluent: Volume | None, final: Volume | None, field: str
) -> Reconstituted:
    """What the powder takes up, what is added and what comes out: two of the three make the third.

    ``field`` names what stated the final volume. A volume of 0 is a displacement that is taken to be none.
    """
    if final is None:
        assert displacement is not None
        assert diluent is not None
        return Reconstituted(drug, displacement, diluent, displacement + diluent)
    if diluent is None:
        assert displacement is not None
        if displacement >= final:
            raise Impossible(
                f"The powder alone takes up {amount_text(displacement)} of {amount_text(final)}; no diluent has room.",
                field,
            )
        return Reconstituted(drug, displacement, final - displacement, final)
    if diluent > final:
        raise Impossible(f"More diluent than the final volume of {amount_text(final)} was added.", "diluent")
    return Reconstituted(drug, final - diluent, diluent, final)


def reconstituted_steps(found: Reconstituted, unknown: str, *, stated: str) -> tuple[WorksheetStep, ...]:
    """Final volume and what was asked for; ``stated`` is concentration, final_volume or nothing."""
    drug, final = full_text(found.drug), full_text(found.final)
    concentration = f"{in_full(found.concentration.value)}{NBSP}mg/mL"
    steps = []
    if stated == "concentration":
        numbers = f"{drug} ÷ {concentration}"
        steps.append(WorksheetStep("Final volume", "drug ÷ concentration", numbers, *shown(found.final), OWN))
    if unknown == "diluent":
        numbers, words = f"{final} − {full_text(found.displacement)}", "final volume − powder displacement"
        steps.append(WorksheetStep("Diluent to add", words, numbers, *shown(found.diluent), OWN))
    elif unknown == "displacement":
        numbers, words = f"{final} − {full_text(found.diluent)}", "final volume − diluent"
        steps.append(WorksheetStep("Powder displacement", words, numbers, *shown(found.displacement), OWN))
    else:
        numbers, words = (
            f"{full_text(found.diluent)} + {full_text(found.displacement)}",
            "diluent + powder displacement",
        )
        steps.append(WorksheetStep("Final volume", words, numbers, *shown(found.final), OWN))
    if stated != "concentration":
        number = digits(found.concentration.value)
        steps.append(WorksheetStep("Concentration", "drug ÷ final volume", f"{drug} ÷ {final}", number, "mg/mL", OWN))
    return tuple(steps)


def dose_volume(dose: Mass, concentration: Concentration, mark: Volume | None) -> Volume:
    """The volume that holds the dose; refused when the syringe has no mark there."""
    volume = Volume(dose.value / concentration.value)
    if mark is not None and (marks := volume.value / mark.value).denominator != 1:
        whole = marks.numerator // marks.denominator
        near = " or ".join(_at_mark(Fraction(one), mark, concentration) for one in (whole, whole + 1) if one)
        raise CannotBeMeasured(
            f"{amount_text(volume)} falls between two marks of {amount_text(mark)}; the syringe measures {near}.",
            "mark",
        )
    return volume


def _at_mark(number: Fraction, mark: Volume, concentration: Concentration) -> str:
    volume = mark.times(number)
    return f"{amount_text(volume)} ({amount_text(Mass(volume.value * concentration.value))})"


def dose_step(dose: Mass, concentration: Concentration, volume: Volume, mark: Volume | None) -> WorksheetStep:
    """The dose as a volume."""
    numbers = f"{full_text(dose)} ÷ {in_full(concentration.value)}{NBSP}mg/mL"
    number, unit = shown(volume)
    marks = volume.value / mark.value if mark else Fraction(0)
    note = f"{decimal_text(marks)} {'mark' if marks == 1 else 'marks'} of {amount_text(mark)}" if mark else ""
    return WorksheetStep("Volume of one dose", "dose ÷ concentration", numbers, number, unit, OWN, note)


def concentration_step(text: str, concentration: Concentration) -> WorksheetStep:
    """A concentration that was written in another way (187 mg/5 mL, 0.3 % w/v), in mg/mL."""
    number = digits(concentration.value)
    return WorksheetStep("Concentration", "as written, in mg/mL", text.replace(" ", NBSP), number, "mg/mL", OWN)
