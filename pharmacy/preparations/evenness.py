"""How evenly the capsules are filled, in words: each against its limits, expected and observed side by side, and what
their weights cannot show. The same on the bench, on the record's page and on paper.
"""

from __future__ import annotations

from dataclasses import dataclass

from pharmacy.domain.calculation import CapsulePlan, CapsuleStatistics, side_text
from pharmacy.domain.capsule_weights import pooled_text, what_weight_cannot_prove
from pharmacy.domain.quantity import NBSP, decimal_text, rounded
from pharmacy.preparations.state import State


@dataclass(frozen=True, slots=True)
class CapsuleWeighed:
    """One capsule by itself."""

    number: int
    gross: str
    net: str
    percent: str
    good: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """One property of the weighed capsules; `good` is None where nothing is demanded of it."""

    name: str
    expected: str
    observed: str
    good: bool | None


@dataclass(frozen=True, slots=True)
class Evenness:
    """Everything that the weights of single capsules say, and what they do not."""

    each: tuple[CapsuleWeighed, ...]
    measures: tuple[Measure, ...]
    faults: tuple[str, ...]
    kept: tuple[str, ...]
    shell: str
    pooled: str
    cannot_prove: str
    second_way: str


def evenness(found: State) -> Evenness | None:
    """What the single capsules weighed so far say; None for other forms, and before two are weighed."""
    statistics, plan = found.statistics, found.plan
    if statistics is None or not isinstance(plan, CapsulePlan):
        return None
    reasons = (row.reason for one in found.singles for row in found.readings.get(one.key, ())[-1:] if row.reason)
    return Evenness(
        _each(found, statistics),
        _measures(found, statistics),
        statistics.faults(found.capsule_limits),
        tuple(sorted(set(reasons))),
        _shell(plan),
        pooled_text(statistics, found.capsule_limits),
        what_weight_cannot_prove(plan.formula.strength, plan.net),
        statistics.second_way,
    )


def _each(found: State, statistics: CapsuleStatistics) -> tuple[CapsuleWeighed, ...]:
    step, each = found.singles[0].step, found.capsule_limits.each
    return tuple(
        CapsuleWeighed(
            number,
            f"{rounded(one.gross.value, step)}{NBSP}mg",
            f"{rounded(one.net.value, step)}{NBSP}mg",
            f"{side_text(one.percent, (100 - each, 100 + each))}{NBSP}%",
            one.within,
        )
        for number, one in enumerate(statistics.each, start=1)
    )


def _measures(found: State, statistics: CapsuleStatistics) -> tuple[Measure, ...]:
    limits, line = found.capsule_limits, found.singles[0]
    percents = sorted((one.percent, one.within) for one in statistics.each)
    low, high = (side_text(one, (100 - limits.each, 100 + limits.each)) for one, _ in (percents[0], percents[-1]))
    inside = f"{statistics.count - statistics.outside} of {statistics.count} inside"
    mean = f"{statistics.mean_net.text('mg', 1)}, {statistics.mean_percent_text(limits)}"
    rsd = f"{statistics.rsd_text(limits)}, SD {decimal_text(statistics.sd, 2)}{NBSP}mg"
    each = (
        f"{limits.each_text()} of the target net mass: {line.text(line.low)} to {line.text(line.high)} with the shell"
    )
    measures = [
        Measure(
            "Each capsule",
            each,
            f"{inside}; all {statistics.count} from {low} to {high}{NBSP}%",
            not statistics.outside,
        ),
        Measure("Mean net mass", f"{limits.mean_text()} of the target", mean, statistics.mean_within(limits)),
        Measure("Scatter (RSD)", f"at most {decimal_text(limits.rsd)}{NBSP}%", rsd, statistics.rsd_within(limits)),
    ]
    if statistics.expected_outside:
        words = "no limit; approximate, from mean and SD of this sample"
        measures.append(Measure("Expected outside in the lot", words, statistics.expected_outside, None))
    return tuple(measures)


def _shell(plan: CapsulePlan) -> str:
    """What was taken off each gross mass, and how it is known."""
    mass = plan.shell_mass
    facts = next((one.lot.shell for one in plan.lots if one.lot.component == plan.formula.shell.code), None)
    source = facts.source if facts is not None and facts.mass == mass else "as the formula states it"
    return f"Mean empty shell {mass.text('mg')}, {source}; it is taken off each gross mass."
