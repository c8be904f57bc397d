"""From an exact need to the line that a balance or a measure can do: rounded once, or refused."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.balance import BalanceFacts, spread
from pharmacy.domain.errors import CannotBeMeasured
from pharmacy.domain.formula import Component
from pharmacy.domain.lines import MeasureFacts, PlannedWeighing
from pharmacy.domain.quantity import Exact, Mass, Volume, exact
from pharmacy.domain.weighing import limits, unit_for, weigh


def has_mark(measure: MeasureFacts, volume: Volume) -> bool:
    """Whether this measure has a mark at that volume, and is not too large for it."""
    return measure.least <= volume <= measure.capacity and volume.ratio(measure.mark).denominator == 1


def finest(volume: Volume, measures: tuple[MeasureFacts, ...]) -> MeasureFacts | None:
    """The measure with the finest marks of which one is at that volume; None where no measure has one."""
    fitting = [one for one in measures if has_mark(one, volume)]
    return min(fitting, key=lambda one: (one.mark.value, one.capacity.value, one.name), default=None)


def volume_error(volume: Volume, measure: MeasureFacts) -> Fraction:
    """The relative error of measuring that volume, in per cent: the measure's own, or half a mark where that is more."""
    half_a_mark = measure.mark.ratio(volume) * 50
    return max(exact(measure.accepted_error), half_a_mark)


def measured_line(
    key: str, component: Component, lot: str, volume: Volume, measures: tuple[MeasureFacts, ...], words: str
) -> PlannedWeighing:
    """A line for a volume, on the finest of the measures that holds it; refused when none measures it."""
    best = finest(volume, measures)
    if best is None:
        raise CannotBeMeasured(
            f"{component.name}: no measure at hand has a mark at {volume.text('mL')}; choose another measure or volume.",
            "need",
        )
    share = exact(best.accepted_error) / 100
    step = best.mark.value
    low = min(-(-volume.value * (1 - share) // step) * step, volume.value - step)
    high = max(volume.value * (1 + share) // step * step, volume.value + step)
    return PlannedWeighing(
        key,
        component.code,
        component.name,
        lot,
        words,
        volume,
        Volume(max(low, Fraction(0))),
        Volume(high),
        best.mark,
        "mL",
        best.name,
        Volume(volume.value * share),
    )


def weighed_line(
    key: str,
    component: Component,
    lot: str,
    need: Mass,
    balance: BalanceFacts,
    words: str,
    tolerance_percent: Exact | None = None,
) -> PlannedWeighing:
    """A line for a mass, rounded once to the balance; refused when the balance cannot weigh it."""
    target = weigh(need, balance, component.name)
    tolerance = balance.accepted_error if tolerance_percent is None else tolerance_percent
    low, high = limits(target, tolerance, balance.readability)
    return PlannedWeighing(
        key,
        component.code,
        component.name,
        lot,
        words,
        target,
        low,
        high,
        balance.readability,
        unit_for(target),
        balance.name,
        spread(balance),
    )
