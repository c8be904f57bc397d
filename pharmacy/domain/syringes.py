"""Oral syringes: which one measures every dose of a liquid, and which concentration could be measured when none does.

A dose is a whole number of graduations, from the least that the syringe measures well up to its capacity; it is never
rounded to a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pharmacy.domain.directions import Directions
from pharmacy.domain.errors import CannotBeMeasured, Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Concentration, Mass, Volume
from pharmacy.domain.strength import Form
from pharmacy.domain.worksheet import OWN, WorksheetStep

GENERAL = "from general knowledge – vendor-specific"


@dataclass(frozen=True, slots=True)
class SyringeFacts(Plain):
    """One oral syringe: its capacity, the volume between two of its marks, and the least it should measure."""

    name: str
    capacity: Volume
    graduation: Volume
    least: Volume
    source: str = GENERAL

    def __post_init__(self) -> None:
        if not 0 < self.graduation.value <= self.capacity.value or not 0 < self.least.value <= self.capacity.value:
            raise Impossible(f"Check capacity, marks and least volume of syringe {self.name}.")

    def measures(self, dose: Volume) -> bool:
        """Whether it has a mark for the dose and holds it in one filling."""
        whole = (dose.value / self.graduation.value).denominator == 1
        return whole and self.least.value <= dose.value <= self.capacity.value

    def words(self) -> str:
        """``1 mL oral syringe, marked every 0.01 mL``."""
        return f"{self.name}, marked every {self.graduation.text('mL')}"


def syringe(capacity: str, graduation: str) -> SyringeFacts:
    """A syringe as it is usually sold; a tenth of its capacity is the least that it measures well."""
    whole = Volume.of(capacity, "mL")
    return SyringeFacts(f"{whole.text('mL')} oral syringe", whole, Volume.of(graduation, "mL"), whole.over(10))


# Sizes: ismp.org/tmsbp/faq5 (domain notes 2.8 [S55]). Marks differ from vendor to vendor; none was measured here.
SYRINGES: tuple[SyringeFacts, ...] = (
    syringe("0.5", "0.01"),
    syringe("1", "0.01"),
    syringe("3", "0.1"),
    syringe("5", "0.2"),
    syringe("10", "0.5"),
    syringe("20", "1"),
    syringe("35", "1"),
    syringe("60", "1"),
)


def suggested(doses: Sequence[Volume], syringes: Sequence[SyringeFacts] = SYRINGES) -> SyringeFacts | None:
    """The smallest syringe that measures every dose, the finest of that size; None when none does."""
    fitting = [one for one in syringes if all(one.measures(dose) for dose in doses)]
    return min(fitting, key=lambda one: (one.capacity.value, one.graduation.value, one.name), default=None)


def dose_volume(dose: Mass, concentration: Concentration) -> Volume:
    """The volume that holds the dose."""
    if concentration.value <= 0:
        raise Impossible("A concentration must be above 0.")
    return Volume(dose.value / concentration.value)


@dataclass(frozen=True, slots=True)
class Replan:
    """Another concentration, the syringe that measures every dose of it, and the volumes."""

    concentration: Concentration
    syringe: SyringeFacts
    volumes: tuple[Volume, ...]

    def words(self) -> str:
        """``5 mg/mL: 0.1 mL and 0.9 mL in a 1 mL oral syringe``."""
        volumes = " and ".join(dict.fromkeys(one.text("mL") for one in self.volumes))
        return f"{self.concentration.text('mg/mL')}: {volumes} in a {self.syringe.name}"


def replans(
    doses: Sequence[Mass],
    concentrations: Sequence[Concentration],
    syringes: Sequence[SyringeFacts] = SYRINGES,
) -> tuple[Replan, ...]:
    """Each of the concentrations in which one syringe measures every dose, the weakest first."""
    found = []
    for concentration in sorted(set(concentrations)):
        volumes = tuple(dose_volume(dose, concentration) for dose in doses)
        fitting = suggested(volumes, syringes)
        if fitting is not None:
            found.append(Replan(concentration, fitting, volumes))
    return tuple(found)


def choose(
    doses: Sequence[Mass],
    concentration: Concentration,
    made: Sequence[Concentration] = (),
    syringes: Sequence[SyringeFacts] = SYRINGES,
    field: str = "",
) -> SyringeFacts:
    """The syringe to supply with the liquid, or :class:`CannotBeMeasured` with what could be measured instead.

    ``made``: the concentrations that the pharmacy makes.
    """
    volumes = [dose_volume(dose, concentration) for dose in doses]
    if not volumes or not all(one.value > 0 for one in volumes):
        raise Impossible("A dose must be above 0.", field)
    fitting = suggested(volumes, syringes)
    if fitting is not None:
        return fitting
    alone = [one for one in volumes if suggested([one], syringes) is None]
    said = " and ".join(dict.fromkeys(one.text("mL", 6) for one in alone or volumes))
    why = f"No oral syringe measures {said}" if alone else f"No single oral syringe measures {said}"
    others = replans(doses, [one for one in made if one != concentration], syringes)
    offer = "; ".join(one.words() for one in others)
    raise CannotBeMeasured(
        f"{why}. Of {offer} could be measured." if others else f"{why}; ask for doses that can be measured.", field
    )


def syringe_for(
    directions: Directions,
    strength: Concentration,
    made: Sequence[Concentration] = (),
    syringes: Sequence[SyringeFacts] = SYRINGES,
    field: str = "",
) -> SyringeFacts:
    """The syringe that measures every amount of the directions of a liquid; refused as :func:`choose` refuses."""
    if directions.form is not Form.LIQUID:
        raise Impossible("Capsules are not measured in a syringe.", field)
    amounts = [Volume.of(step.amount, "mL") for step in directions.steps if step.amount]
    return choose([Mass(one.value * strength.value) for one in amounts], strength, made, syringes, field)


def syringe_steps(
    doses: Sequence[Mass], concentration: Concentration, chosen: SyringeFacts
) -> tuple[WorksheetStep, ...]:
    """Dose by dose: its volume, and how many graduations of the syringe that is."""
    steps = []
    for dose in doses:
        volume = dose_volume(dose, concentration)
        steps.append(
            WorksheetStep(
                f"Volume of {dose.text('mg')}",
                "dose ÷ concentration",
                f"{dose.text('mg')} ÷ {concentration.text('mg/mL')}",
                volume.text("mL", 6).removesuffix("mL").strip(),
                "mL",
                OWN,
                f"{int(volume.ratio(chosen.graduation))} × {chosen.graduation.text('mL')}",
            )
        )
    words = "the smallest that holds every dose and has a mark for it"
    numbers = f"{chosen.least.text('mL')} to {chosen.capacity.text('mL')}, a mark every {chosen.graduation.text('mL')}"
    steps.append(WorksheetStep("Oral syringe", words, numbers, chosen.name, "", chosen.source))
    return tuple(steps)
