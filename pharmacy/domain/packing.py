"""How powders share a shell that is filled completely: by measured masses, or by densities and the shell's capacity.

Packing statistics (displacement): x = Σ mass of a powder ÷ mass of it that alone fills the shell; filler = (1 − x) × mass of
filler that alone fills it. Density method: what alone fills the shell is density × capacity, and the rest is the same.
"""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.amounts import IN_FULL
from pharmacy.domain.errors import DoesNotFit
from pharmacy.domain.formula import CapsuleFormula
from pharmacy.domain.plan import Packing
from pharmacy.domain.quantity import NBSP, Density, Mass, Volume, decimal_text
from pharmacy.domain.shells import ShellFacts, by_chart, suggest
from pharmacy.domain.worksheet import OWN, WorksheetStep

DISPLACEMENT = "packing statistics (displacement), shell filled completely full: Letco TD-005.1"


def packing_of(formula: CapsuleFormula, shell: ShellFacts | None) -> Packing:
    """How this formula packs into that lot of shells.

    The capacity is the lot's own when it was measured, else the formula's, else the chart's for the size. Masses that
    were measured in shells of the formula's capacity are brought in proportion to the lot's.
    """
    measured = shell if shell is not None and shell.measured else None
    capacity = measured.capacity if measured else formula.shell_capacity
    if capacity is None and any(isinstance(one, Density) for one in _fulls(formula)):
        capacity = by_chart(formula.shell_size).capacity
    mass = measured.mass if measured else formula.shell_mass
    drug, filler, *others = (_full(one, formula, capacity) for one in _fulls(formula))
    return Packing(mass, capacity, drug, filler, tuple(others))


def _fulls(formula: CapsuleFormula) -> tuple[Mass | Density, ...]:
    return (formula.drug_full, formula.filler_full, *(one.full for one in formula.others))


def _full(full: Mass | Density, formula: CapsuleFormula, capacity: Volume | None) -> Mass:
    if isinstance(full, Density):
        assert capacity is not None
        return full.mass_of(capacity)
    if capacity is None or formula.shell_capacity is None:
        return full
    return full.times(capacity.ratio(formula.shell_capacity))


def displaced(formula: CapsuleFormula, packing: Packing, powder: Mass) -> Fraction:
    """The share of the shell that the drug, as it is, and the other powders take."""
    others = zip(formula.others, packing.others_full, strict=True)
    return powder.ratio(packing.drug_full) + sum((one.each.ratio(full) for one, full in others), Fraction(0))


def filler_each(formula: CapsuleFormula, packing: Packing, powder: Mass) -> Mass:
    """The filler of one capsule; refused, with the smallest shell that would do, when the powders alone fill it."""
    share = displaced(formula, packing, powder)
    if share < 1:
        return packing.filler_full.times(1 - share)
    needed = (packing.capacity or by_chart(formula.shell_size).capacity).times(share)
    what = f"{powder.text('mg')} of drug{' and the other powders' if formula.others else ''}"
    taken = f"take {decimal_text(share * 100, 1)}{NBSP}% of a size {formula.shell_size} shell"
    try:
        way = f"size {suggest(needed).name} is the smallest shell that would do"
    except DoesNotFit:
        way = "no shell would do: divide the dose between two capsules"
    raise DoesNotFit(f"{what} {taken}: {way}.", "shell_size")


def packing_steps(formula: CapsuleFormula, packing: Packing, powder: Mass) -> list[WorksheetStep]:
    """What fills the shell, the share of each powder, and the filler of one capsule, as lines of a worksheet."""
    steps = []
    fulls = (packing.drug_full, packing.filler_full, *packing.others_full)
    names = (formula.drug.name, formula.filler.name, *(one.component.name for one in formula.others))
    for name, given, full in zip(names, _fulls(formula), fulls, strict=True):
        step = _full_step(name, given, full, formula, packing)
        if step is not None:
            steps.append(step)
    parts = [(formula.drug.name, powder, packing.drug_full)]
    parts += [
        (one.component.name, one.each, full) for one, full in zip(formula.others, packing.others_full, strict=True)
    ]
    share = displaced(formula, packing, powder)
    filler = packing.filler_full.times(1 - share)
    numbers = " + ".join(f"{mass.text('mg', 4)} ÷ {full.text('mg', 4)}" for _, mass, full in parts)
    words = "powder as it is in one capsule ÷ powder alone that fills the shell"
    if len(parts) == 1:
        words = "drug as it is in one capsule ÷ drug alone that fills the shell"
    else:
        words = f"Σ {words}: {', '.join(name for name, _, _ in parts)}"
    return [
        *steps,
        WorksheetStep(
            "Share of the shell taken by drug" if len(parts) == 1 else "Share of the shell taken by the powders",
            words,
            numbers,
            decimal_text(share * 100, 4),
            "%",
            DISPLACEMENT,
        ),
        WorksheetStep(
            "Filler in one capsule",
            "(100 % − that share) × filler alone that fills the shell",
            f"(100 % − {decimal_text(share * 100, 4)} %) × {packing.filler_full.text('mg', 4)}",
            decimal_text(filler.value, 4),
            "mg",
            DISPLACEMENT,
        ),
    ]


def _full_step(
    name: str, given: Mass | Density, full: Mass, formula: CapsuleFormula, packing: Packing
) -> WorksheetStep | None:
    """How much of a powder fills this lot's shell, where that is not simply the mass that was measured."""
    capacity = packing.capacity
    if isinstance(given, Density):
        assert capacity is not None
        words, numbers = (
            "density × capacity of the shell",
            f"{given.text('g/mL', IN_FULL)} × {capacity.text('mL', IN_FULL)}",
        )
    elif full != given:
        assert capacity is not None
        assert formula.shell_capacity is not None
        words = "mass measured × capacity of this lot's shells ÷ capacity of the shells that it was measured in"
        numbers = f"{given.text('mg', IN_FULL)} × {capacity.text('mL', IN_FULL)} ÷ {formula.shell_capacity.text('mL', IN_FULL)}"
    else:
        return None
    return WorksheetStep(f"{name} that fills the shell", words, numbers, decimal_text(full.value, 4), "mg", OWN)
