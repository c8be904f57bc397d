"""Salts and their ions: mass, millimoles and milliequivalents, one from the other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pharmacy.domain.amounts import amount_text, digits, in_full, shown
from pharmacy.domain.quantity import NBSP, Mass, exact
from pharmacy.domain.worksheet import OWN, WorksheetStep


@dataclass(frozen=True, slots=True)
class IonIn:
    """One kind of ion in a salt: how many in one formula unit, the size of the charge; the weight where it is known.

    ``charge`` is None where the ion's charge follows the acidity: then it has millimoles and no milliequivalents.
    """

    name: str
    number: int
    charge: int | None
    weight: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Electrolyte:
    """A salt as it is weighed. Its milliequivalents are those of the first ion."""

    name: str
    weight: Fraction
    ions: tuple[IonIn, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Dissolved:
    """So much of a salt, in every unit."""

    mass: Mass
    mmol: Fraction
    meq: Fraction


def dissolved(salt: Electrolyte, amount: Mass | Fraction, unit: str) -> Dissolved:
    """Mass, mmol and mEq of a salt from one of them: mmol = mg ÷ formula weight; mEq = mmol × ions × charge."""
    each = salt.ions[0].number * (salt.ions[0].charge or 0)
    in_mmol = amount.value / salt.weight if isinstance(amount, Mass) else amount
    mmol = in_mmol / each if unit == "mEq" else in_mmol
    return Dissolved(Mass(mmol * salt.weight), mmol, mmol * each)


def dissolved_steps(salt: Electrolyte, found: Dissolved, unit: str) -> tuple[WorksheetStep, ...]:
    """From what was given to the other two, then each ion."""
    first, mmol = salt.ions[0], f"{in_full(found.mmol)}{NBSP}mmol"
    weight, meq = in_full(exact(salt.weight)), in_full(found.meq)
    each = f"{first.number} × {first.charge}"
    of = f"Millimoles of {salt.name}"
    if unit == "mEq":
        words = f"mEq ÷ (ions of {first.name} in the formula × charge)"
        lines = [WorksheetStep(of, words, f"{meq}{NBSP}mEq ÷ ({each})", digits(found.mmol), "mmol", OWN)]
    elif unit == "mmol":
        lines = []
    else:
        numbers = f"{in_full(found.mass.value)}{NBSP}mg ÷ {weight}"
        words = "mg ÷ formula weight"
        lines = [WorksheetStep(of, words, numbers, digits(found.mmol), "mmol", salt.source)]
    if unit in {"mEq", "mmol"}:
        words, name = "mmol × formula weight", f"Mass of {salt.name}"
        lines.append(WorksheetStep(name, words, f"{mmol} × {weight}", *shown(found.mass), salt.source))
    for ion in salt.ions:
        lines += _ion_steps(ion, found.mmol, skip=unit == "mEq" and ion is first)
    return tuple(lines)


def _ion_steps(ion: IonIn, salt_mmol: Fraction, *, skip: bool) -> list[WorksheetStep]:
    mmol = salt_mmol * ion.number
    text = f"{in_full(mmol)}{NBSP}mmol"
    numbers = f"{in_full(salt_mmol)}{NBSP}mmol × {ion.number}"
    fixed = "" if ion.charge is not None else "its charge follows the acidity: order it in mmol, not in mEq"
    words = "mmol of the salt × ions in the formula"
    lines = [WorksheetStep(f"Millimoles of {ion.name}", words, numbers, digits(mmol), "mmol", OWN, fixed)]
    if ion.charge is not None and not skip:
        result = digits(mmol * ion.charge)
        name = f"Milliequivalents of {ion.name}"
        lines.append(WorksheetStep(name, "mmol × charge", f"{text} × {ion.charge}", result, "mEq", OWN))
    if ion.weight is not None:
        mass, weight = Mass(mmol * ion.weight), in_full(exact(ion.weight))
        lines.append(WorksheetStep(f"Mass of {ion.name}", "mmol × its weight", f"{text} × {weight}", *shown(mass), OWN))
    return lines


def salt_text(salt: Electrolyte, found: Dissolved) -> str:
    """``1 g of magnesium sulfate heptahydrate``."""
    return f"{amount_text(found.mass)} of {salt.name}"
