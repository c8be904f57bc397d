"""What came of a preparation: complete or not, yield, delivered strength, and whether it may be released. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from pharmacy.domain.calculation import (
    CapsuleLimits,
    CapsulePlan,
    CapsuleStatistics,
    Delivered,
    LiquidPlan,
    Plan,
    WeighingKey,
    capsule_statistics,
    delivered_capsules,
    delivered_liquid,
    delivered_trituration,
    recorded_blend,
    side_text,
    verdicts_again,
    yield_percent,
)
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import NBSP, decimal_text, exact
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.preparations import bench
from pharmacy.preparations.bench import Line, Phase, Recorded


class Seen(Protocol):
    """A check as it was recorded."""

    name: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Outcome(Plain):
    """The results as computed at the finish, with the limits that held then (all in per cent).

    `capsule_limits` is None in records from before they were kept, and where there are no capsules.
    """

    delivered: Delivered
    strength_low: Decimal
    strength_high: Decimal
    statistics: CapsuleStatistics | None
    yield_percent: Fraction
    yield_low: Decimal
    yield_high: Decimal
    drug_fraction: Fraction | None = None
    capsule_limits: CapsuleLimits | None = None

    @property
    def fraction_error(self) -> Decimal | None:
        """How far the strength of a trituration made here may be off, in per cent; it counts in what is made of it."""
        return self.delivered.off if self.drug_fraction is not None else None

    @property
    def within(self) -> bool:
        """Whether the delivered strength lies within its limits, both included."""
        return self.delivered.within(self.strength_low, self.strength_high)

    @property
    def yield_within(self) -> bool:
        return exact(self.yield_low) <= self.yield_percent <= exact(self.yield_high)

    @property
    def capsule_faults(self) -> tuple[str, ...]:
        """What of the weighed capsules as a whole is outside its limits: their mean, their scatter."""
        if self.statistics is None or self.capsule_limits is None:
            return ()
        return self.statistics.faults(self.capsule_limits)

    def delivered_text(self) -> str:
        """``4.49 mg, 99.9 % of the label; with its uncertainty 98.4 to 101.3 %``."""
        interval = self.delivered.interval_text()
        said = f"{self.delivered.step.text()}, {self.delivered.percent_text()}{NBSP}% of the label"
        return f"{said}; with its uncertainty {interval}" if interval else said

    def limits_text(self) -> str:
        return f"{decimal_text(self.strength_low)} to {decimal_text(self.strength_high)}{NBSP}%"

    def yield_text(self) -> str:
        """Never rounded across a limit."""
        return f"{side_text(self.yield_percent, (self.yield_low, self.yield_high))}{NBSP}%"

    def yield_limits_text(self) -> str:
        return f"{decimal_text(self.yield_low)} to {decimal_text(self.yield_high)}{NBSP}%"


def check_complete(plan: Plan, lines: Iterable[Line], recorded: Recorded, checked: set[str]) -> None:
    """Every line, capsule and check is recorded; else the first that is missing is named."""
    missing = [one for one in lines if one.key not in recorded]
    if missing:
        singles = sum(one.phase is Phase.SINGLE for one in missing)
        if singles == len(missing):
            raise NotReady(f"{singles} {'capsule is' if singles == 1 else 'capsules are'} still to be weighed.")
        raise NotReady(f"{missing[0].name} is not recorded yet: {missing[0].words}")
    for one in plan.formula.particulars.quality_checks:
        if one.name not in checked:
            raise NotReady(f"The check {one.name} is not recorded yet.")


def theoretical(plan: Plan) -> Decimal:
    """What was to come out: capsules without the excess; of a liquid the volume made; mg of a trituration."""
    if isinstance(plan, CapsulePlan):
        return Decimal(plan.count)
    return bench.decimal_of(plan.made.value if isinstance(plan, LiquidPlan) else plan.total.value)


def at_most(plan: Plan, recorded: Recorded) -> tuple[Decimal, str]:
    """What cannot be exceeded whatever happened, and in which words."""
    if isinstance(plan, CapsulePlan):
        return recorded[bench.SHELLS], "shells were used"
    if isinstance(plan, LiquidPlan):
        return recorded[WeighingKey.FINAL_VOLUME], "mL were made"
    return bench.decimal_of(recorded_blend(plan, bench.quantities(plan, recorded)).value), "mg were mixed"


def check_yield(plan: Plan, recorded: Recorded, amount: Decimal, reason: str, low: Decimal, high: Decimal) -> None:
    """A possible yield, whole where capsules are counted; outside its limits only with a reason."""
    if amount <= 0:
        raise PharmacyError("The yield must be above 0; if nothing came out, the preparation is rejected.", "amount")
    if isinstance(plan, CapsulePlan) and amount != amount.to_integral_value():
        raise PharmacyError("Capsules are whole.", "amount")
    most, words = at_most(plan, recorded)
    if amount > most:
        raise PharmacyError(f"Only {decimal_text(most)} {words}; look at the yield again.", "amount")
    percent = yield_percent(amount, theoretical(plan))
    if not exact(low) <= percent <= exact(high) and not reason.strip():
        said = f"{side_text(percent, (low, high))}{NBSP}% is outside {decimal_text(low)} to {decimal_text(high)}{NBSP}%"
        raise PharmacyError(f"The yield of {said}: say why.", "reason")


def reckon(
    plan: Plan,
    recorded: Recorded,
    amount: Decimal,
    *,
    strength_limits: tuple[Decimal, Decimal],
    yield_limits: tuple[Decimal, Decimal],
    capsule_limits: CapsuleLimits,
) -> Outcome:
    """The results from the recorded lines. Raises the calculation's refusal where a weight is missing or impossible."""
    weighed = bench.quantities(plan, recorded)
    statistics, fraction = None, None
    if isinstance(plan, CapsulePlan):
        statistics = statistics_of(plan, recorded, capsule_limits)
        delivered = delivered_capsules(plan, weighed, statistics.mean_net)
    elif isinstance(plan, LiquidPlan):
        delivered = delivered_liquid(plan, weighed)
    else:
        delivered = delivered_trituration(plan, weighed)
        assert isinstance(delivered.amount, Fraction)
        fraction = delivered.amount
    made = yield_percent(amount, theoretical(plan))
    kept = capsule_limits if statistics else None
    return Outcome(delivered, *strength_limits, statistics, made, *yield_limits, fraction, kept)


def statistics_of(plan: CapsulePlan, recorded: Recorded, limits: CapsuleLimits) -> CapsuleStatistics:
    """The single capsules that are recorded so far, confirmed by a second way; at least 2."""
    found = capsule_statistics(bench.gross_weights(recorded), plan.shell_mass, plan.net, limits.each)
    verdicts_again(found, plan.net, limits)
    return found


def check_evenness(result: Outcome, reason: str) -> None:
    """Capsules whose mean or scatter is outside its limits are finished only with a reason, as a yield is."""
    if result.capsule_faults and not reason.strip():
        said = " and ".join(result.capsule_faults)
        raise PharmacyError(f"{said[:1].upper()}{said[1:]}: say why.", "reason")


def why_not_released(result: Outcome, checks: tuple[Seen, ...]) -> str:
    """What stands against a release, in one sentence; empty when nothing does."""
    failed = [one.name for one in checks if not one.passed]
    if not result.within:
        return (
            f"The delivered strength is {result.delivered.percent_text()}{NBSP}% of the label, outside "
            f"{result.limits_text()}: this lot can only be rejected."
        )
    if failed:
        return f"Not as expected: {', '.join(failed)}. This lot cannot be released."
    return ""
