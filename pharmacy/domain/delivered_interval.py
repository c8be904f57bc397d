"""How far a delivered strength may be off that was reckoned from a few readings alone, without a plan.

Strength = product and quotient of its readings, so each adds its own relative error, and all together √(Σ squares)
(propagation of independent errors; own arithmetic). The drug is a part of the whole blend, so the two are not quite
independent: counting both in full makes the interval wide rather than narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.error_budget import FURTHEST, Budget, Contribution
from pharmacy.domain.errors import Impossible
from pharmacy.domain.quantity import NBSP, Exact, Mass, Volume, decimal_text
from pharmacy.domain.worksheet import OWN, WorksheetStep, bracketed


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, what it may be off by, and the field that says so."""

    name: str
    value: Mass | Volume
    off: Mass | Volume
    field: str


def interval_budget(percent: Fraction, readings: Sequence[Reading], assay: Exact) -> Budget:
    """The share of the label with what each reading, and the assay in per cent, may add to its error."""
    parts = []
    for one in readings:
        if one.off.value > one.value.value * FURTHEST:
            raise Impossible(
                f"{_text(one.value)} that may be off by {_text(one.off)} is no measurement: at most an eighth of it can be.",
                one.field,
            )
        parts.append(Contribution(one.name, (one.off.value / one.value.value * 100) ** 2))
    return Budget(percent, (*parts, Contribution("assay", Fraction(assay) ** 2)))


def _text(amount: Mass | Volume) -> str:
    return amount.text("mg", 4) if isinstance(amount, Mass) else amount.text("mL", 4)


def interval_step(budget: Budget, low: Decimal, high: Decimal) -> WorksheetStep:
    """The interval as a line of a worksheet, beside the limits."""
    parts = " + ".join(f"{bracketed(f'{decimal_text(one.percent)} % {one.name}')}²" for one in budget.contributions)
    limits = f"limits {decimal_text(low)} to {decimal_text(high)}{NBSP}%"
    verdict = "inside" if budget.within(low, high) else "NOT wholly inside"
    return WorksheetStep(
        "Interval of the strength",
        "share of the label ± √(Σ (error of each reading and of the assay)²)",
        f"{decimal_text(budget.expected, 2)} % ± √({parts}) = ± {decimal_text(budget.combined)} %",
        budget.interval_text().removesuffix(f"{NBSP}%"),
        "%",
        OWN,
        f"of the label; {limits}: {verdict}",
    )
