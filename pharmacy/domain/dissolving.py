"""The four amounts of a liquid aliquot, any one of them from the other three; and what dissolves or measures at least.

What is needed is to what was weighed (or measured) as what is taken to what was made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from pharmacy.domain.errors import DoesNotDissolve, Impossible
from pharmacy.domain.formula import LiquidFormula
from pharmacy.domain.quantity import Concentration, Mass, Volume, decimal_text
from pharmacy.domain.worksheet import OWN, WorksheetStep

SOURCE = "Liquid aliquot method (UNC Pharmaceutics and Compounding Laboratory, Triturations and Aliquots)"
FORMULAS = {
    "needed": ("weighed × take ÷ volume", "Drug in what is taken"),
    "weighed": ("needed × volume ÷ take", "Weigh or measure"),
    "volume": ("weighed × take ÷ needed", "Bring to"),
    "take": ("needed × volume ÷ weighed", "Take"),
}
_FACTORS = {
    "needed": ("weighed", "take", "volume"),
    "weighed": ("needed", "volume", "take"),
    "volume": ("weighed", "take", "needed"),
    "take": ("needed", "volume", "weighed"),
}


@dataclass(frozen=True, slots=True)
class FourAmounts:
    """What is needed of what was weighed (or measured), brought to a volume, of which a part is taken.

    ``needed`` and ``weighed`` are both masses, or both volumes of a liquid ingredient.
    """

    needed: Mass | Volume
    weighed: Mass | Volume
    volume: Volume
    take: Volume

    def __post_init__(self) -> None:
        for name in FORMULAS:
            if getattr(self, name).value <= 0:
                raise Impossible("Each amount of an aliquot must be above 0.", name)
        if self.take > self.volume:
            raise Impossible(
                f"No more than the {self.volume.text('mL')} that are made can be taken, and {self.take.text('mL')} would "
                "be: make more of the solution, or weigh more into it.",
                "take",
            )


def fourth(
    needed: Mass | Volume | None, weighed: Mass | Volume | None, volume: Volume | None, take: Volume | None
) -> tuple[FourAmounts, str]:
    """All four amounts, and the name of the one that was None; exactly one of them must be."""
    given = {"needed": needed, "weighed": weighed, "volume": volume, "take": take}
    missing = [name for name, amount in given.items() if amount is None]
    if len(missing) != 1:
        raise Impossible("Give three of the four: needed, weighed, volume, take; the fourth is computed.", "take")
    name = missing[0]
    for other, amount in given.items():
        if amount is not None and amount.value <= 0:
            raise Impossible("Each amount of an aliquot must be above 0.", other)
    first, second, divisor = (_value(given[one]) for one in _FACTORS[name])
    answer = first * second / divisor
    like = weighed if name == "needed" else needed if name == "weighed" else None
    kind = Mass if isinstance(like, Mass) else Volume
    return FourAmounts(**{**given, name: kind(answer)}), name  # type: ignore[arg-type]


def _value(amount: Mass | Volume | None) -> Fraction:
    assert amount is not None
    return amount.value


def fourth_step(found: FourAmounts, name: str) -> WorksheetStep:
    """The computed amount as a line of a worksheet."""
    words, title = FORMULAS[name]
    first, second, divisor = (_text(getattr(found, one)) for one in _FACTORS[name])
    result = getattr(found, name)
    unit = "mg" if isinstance(result, Mass) else "mL"
    return WorksheetStep(title, words, f"{first} × {second} ÷ {divisor}", decimal_text(result.value, 4), unit, SOURCE)


def diluent_step(found: FourAmounts) -> WorksheetStep:
    """How much diluent makes up the volume, of a liquid measured into it."""
    numbers = f"{found.volume.text('mL')} − {_text(found.weighed)}"
    note = "bring to volume: what mixes may shrink a little"
    return WorksheetStep(
        "Diluent, about", "volume − measured", numbers, decimal_text(diluent(found).value, 4), "mL", OWN, note
    )


def diluent(found: FourAmounts) -> Volume:
    """What the diluent takes of the volume; refused where the measured liquid alone is more."""
    assert isinstance(found.weighed, Volume)
    if found.weighed > found.volume:
        raise Impossible("More is measured than the volume that it is brought to.", "measured")
    return found.volume - found.weighed


def dissolves(found: FourAmounts, solubility: Concentration) -> WorksheetStep:
    """The strength of the solution beside what dissolves; refused with the least volume that would do."""
    assert isinstance(found.weighed, Mass)
    strength = Concentration(found.weighed.value / found.volume.value)
    if strength > solubility:
        raise DoesNotDissolve(
            f"{found.weighed.text('mg')} do not dissolve in {found.volume.text('mL')}: make at least "
            f"{least_solvent(found.weighed, solubility).text('mL')}.",
            "solubility",
        )
    note = f"at most {solubility.text('mg/mL')} dissolves"
    numbers = f"{found.weighed.text('mg')} ÷ {found.volume.text('mL')}"
    return WorksheetStep(
        "Strength of the solution", "weighed ÷ volume", numbers, decimal_text(strength.value), "mg/mL", OWN, note
    )


def least_solvent(mass: Mass, solubility: Concentration) -> Volume:
    """The least volume in which that mass dissolves."""
    if mass.value <= 0:
        raise Impossible("The mass to dissolve must be above 0.", "mass")
    if solubility.value <= 0:
        raise Impossible("The solubility must be above 0.", "solubility")
    return Volume(mass.value / solubility.value)


def solvent_step(mass: Mass, solubility: Concentration) -> WorksheetStep:
    """That volume as a line of a worksheet."""
    volume = least_solvent(mass, solubility)
    numbers = f"{_text(mass)} ÷ {solubility.text('mg/mL')}"
    return WorksheetStep("Dissolves in", "mass ÷ solubility", numbers, decimal_text(volume.value, 4), "mL", OWN)


def dissolved_in_vehicle(formula: LiquidFormula, powder: Mass, made: Volume) -> tuple[WorksheetStep, ...]:
    """The vehicle that dissolves the powder, beside what that volume holds of it; refused where that is too little.

    Nothing where nobody knows how much dissolves, and nothing of a suspension, which is not asked.
    """
    if formula.solubility is None or formula.suspension:
        return ()
    vehicle, room = formula.vehicle.name, made - formula.room_of_portions(made)
    least = least_solvent(powder, formula.solubility)
    if least > room:
        raise DoesNotDissolve(
            f"{powder.text('mg')} of the drug’s powder need {least.text('mL')} of {vehicle} to dissolve, and "
            f"{made.text('mL')} of the solution hold {room.text('mL')} of it: make a weaker one, or a suspension.",
            "solubility",
        )
    note = f"the solution holds about {room.text('mL')} of {vehicle}; it must be clear, with nothing undissolved"
    return (replace(solvent_step(powder, formula.solubility), note=note),)


def least_measurable(capacity: Volume, percent: Fraction) -> Volume:
    """The least that a measure measures: that share of its capacity."""
    if capacity.value <= 0:
        raise Impossible("The capacity must be above 0.", "capacity")
    if not 0 < percent <= 100:
        raise Impossible("The least share must be above 0 and at most 100 %.", "share")
    return capacity.times(percent / 100)


def measurable_step(capacity: Volume, percent: Fraction) -> WorksheetStep:
    """The least measurable volume as a line of a worksheet."""
    least = least_measurable(capacity, percent)
    numbers = f"{capacity.text('mL')} × {decimal_text(percent)} %"
    source = "uhphar-4330 (Measuring Volume by Aliquot Method)"
    return WorksheetStep(
        "Least measurable", "capacity × least share", numbers, decimal_text(least.value, 4), "mL", source
    )


def _text(amount: Mass | Volume) -> str:
    return amount.text("mg", 4) if isinstance(amount, Mass) else amount.text("mL", 4)
