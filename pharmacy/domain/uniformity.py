"""Uniformity of dosage units by content (USP <905>): the acceptance value of an assay of single units, both stages.

AV = |M − X̄| + k·s, in per cent of the label. It is judged by squares, so that no rounding carries it across its limit.
The formulas as theneoplanets.com quotes them; that 15.0 is the limit at both stages, by usp.org's FAQs on <905>. L2 = 25.0
bounds single units; a calculator that takes it as the acceptance value's limit at stage 2 is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Exact, decimal_text, exact, rounded
from pharmacy.domain.spread import SD, Spread, root, side_text, spread, spread_steps
from pharmacy.domain.worksheet import WorksheetStep

L1 = Fraction(15)
L2 = Fraction(25)
STAGE_1, STAGE_2 = 10, 30
_K = {STAGE_1: Fraction(12, 5), STAGE_2: Fraction(2)}
_LOW, _HIGH = Fraction(197, 2), Fraction(203, 2)
MOST = 500  # per cent of the label: beyond it a number was typed in another unit
SOURCE = "USP <905>: formulas as quoted at theneoplanets.com; L1 = 15.0 at both stages: usp.org FAQs <905>"


class Verdict(StrEnum):
    """What the acceptance value means for the lot."""

    PASSES = "passes"
    GO_ON = "assay 20 more units"
    FAILS = "fails"
    UNITS_NEEDED = "not known without the single units"


@dataclass(frozen=True, slots=True)
class AcceptanceValue(Plain):
    """The result of one stage, all in per cent of the label; `units` is empty where only mean and SD are known.

    `reference` is M, `offset` |M − X̄|; `value` is the acceptance value to six places, never rounded across its limit's
    side when it is shown. `outside` counts the units beyond (1 ± 0.25)·M.
    """

    units: tuple[Fraction, ...]
    found: Spread
    target: Fraction
    reference: Fraction
    offset: Fraction
    k: Fraction
    value: Decimal
    within: bool
    outside: int
    verdict: Verdict

    @property
    def stage(self) -> int:
        return 1 if self.found.count == STAGE_1 else 2

    @property
    def unit_low(self) -> Fraction:
        """The least that a single unit may hold at stage 2."""
        return self.reference * (1 - L2 / 100)

    @property
    def unit_high(self) -> Fraction:
        """The most that a single unit may hold at stage 2."""
        return self.reference * (1 + L2 / 100)

    def text(self) -> str:
        """The acceptance value to two places, or as many as keep it on its side of 15.0."""
        return side_text(self.offset + self.k * root(self.found.variance), (L1,), 2)


def acceptance_value(units: Sequence[Exact], target: Exact = 100) -> AcceptanceValue:
    """The acceptance value of 10 units (stage 1) or of all 30 (stage 2), each in per cent of the label.

    `target` is T, the target content of a unit at the time of making, in per cent of the label.
    """
    contents = tuple(exact(one) for one in units)
    for number, one in enumerate(contents, start=1):
        if not 0 <= one <= MOST:
            raise Impossible(f"Unit {number} cannot hold {decimal_text(one)} % of the label.", "units")
    _check_count(len(contents), "units")
    return _judged(contents, spread(contents), exact(target))


def acceptance_value_of(mean: Exact, sd: Exact, count: int, target: Exact = 100) -> AcceptanceValue:
    """The same where a report gives mean and sample SD alone; of single units it can say nothing."""
    _check_count(count, "count")
    if not 0 < exact(mean) <= MOST:
        raise Impossible(f"The mean must be above 0 and at most {MOST} %.", "mean")
    if not 0 <= exact(sd) <= MOST:
        raise Impossible(f"The standard deviation must be from 0 to {MOST} %.", "sd")
    return _judged((), Spread(count, exact(mean), exact(sd) ** 2), exact(target))


def _check_count(count: int, field: str) -> None:
    if count not in _K:
        raise Impossible(f"Stage 1 takes 10 units and stage 2 all 30, not {count}.", field)


def reference_value(mean: Fraction, target: Fraction) -> Fraction:
    """M: the mean itself inside 98.5 to 101.5 % (to T where T is above 101.5 %), else the nearer end of that range."""
    return min(max(mean, _LOW), max(_HIGH, target))


def _judged(units: tuple[Fraction, ...], found: Spread, target: Fraction) -> AcceptanceValue:
    if not 0 < target <= MOST:
        raise Impossible(f"The target content must be above 0 and at most {MOST} % of the label.", "target")
    reference, k = reference_value(found.mean, target), _K[found.count]
    offset = abs(reference - found.mean)
    within = offset <= L1 and k**2 * found.variance <= (L1 - offset) ** 2
    share = L2 / 100
    outside = sum(not reference * (1 - share) <= one <= reference * (1 + share) for one in units)
    value = rounded(offset + k * root(found.variance), SD)
    if found.count == STAGE_1:
        verdict = Verdict.PASSES if within else Verdict.GO_ON
    elif within and not units:
        verdict = Verdict.UNITS_NEEDED
    else:
        verdict = Verdict.PASSES if within and not outside else Verdict.FAILS
    return AcceptanceValue(units, found, target, reference, offset, k, value, within, outside, verdict)


def acceptance_steps(value: AcceptanceValue) -> tuple[WorksheetStep, ...]:
    """The acceptance value as lines of a worksheet."""
    found, upper = value.found, max(_HIGH, value.target)
    mean, sd = decimal_text(found.mean, 4), decimal_text(root(found.variance), 4)
    low, high = decimal_text(_LOW), decimal_text(upper, 4)
    # The sum to as many places as the value itself has: more where it is close to the limit.
    spread = decimal_text(value.k * root(found.variance), max(4, len(value.text().partition(".")[2])))
    reference, offset, k = decimal_text(value.reference, 4), decimal_text(value.offset, 4), decimal_text(value.k)
    sign = "≤" if value.within else ">"
    steps = list(spread_steps(found, value.units, "%")[:2]) if value.units else []
    steps += [
        WorksheetStep(
            "Reference value M",
            f"the mean, held between {low} % and {high} %",
            f"{mean} %, held between {low} % and {high} %",
            reference,
            "%",
            SOURCE,
        ),
        WorksheetStep(
            "Acceptance value",
            "|M − mean| + k × sample standard deviation",
            f"|{reference} − {mean}| + {k} × {sd} = {offset} + {spread}",
            value.text(),
            "",
            SOURCE,
            f"{value.text()} {sign} 15.0 (L1, the limit at both stages); k is {k} for {found.count} units",
        ),
    ]
    if value.stage == 2:
        steps.append(_units_step(value))
    words = {
        Verdict.PASSES: "the acceptance value is within 15.0",
        Verdict.GO_ON: "the acceptance value is above 15.0: assay 20 more units and judge all 30",
        Verdict.FAILS: "a single unit is out of its range" if value.within else "the acceptance value is above 15.0",
        Verdict.UNITS_NEEDED: "the acceptance value is within 15.0, but mean and SD cannot show a unit out of its range",
    }[value.verdict]
    steps.append(WorksheetStep("Verdict", words, f"stage {value.stage}", value.verdict, "", SOURCE))
    return tuple(steps)


def _units_step(value: AcceptanceValue) -> WorksheetStep:
    low, high = decimal_text(value.unit_low, 4), decimal_text(value.unit_high, 4)
    m = decimal_text(value.reference, 4)
    units = f"{value.outside} of {len(value.units)} outside" if value.units else "single units not given"
    return WorksheetStep(
        "Range of a single unit",
        "M × (1 − 0.25) to M × (1 + 0.25): L2 = 25.0 bounds single units, never the acceptance value",
        f"{m} × 0.75 to {m} × 1.25",
        f"{low} to {high}",
        "%",
        SOURCE,
        units,
    )
