"""Drug below the least that the balance can weigh, by a liquid aliquot: weigh more, dissolve it, take a measured part.

Weigh W, bring it with the vehicle to V, take v = need × V ÷ W: V and v on a mark of a measure, and neither below the
least that its measure measures; W at or above the minimum weighable mass. Only for what truly dissolves.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from functools import cache
from math import ceil, floor, isqrt

from pharmacy.domain.balance import BalanceFacts, minimum_weighable, uncertainty
from pharmacy.domain.errors import Impossible
from pharmacy.domain.lines import MeasureFacts
from pharmacy.domain.measures import ASSUMED, CYLINDERS
from pharmacy.domain.measuring import finest, volume_error
from pharmacy.domain.planner import least_alone
from pharmacy.domain.quantity import NBSP, Concentration, Exact, Mass, Volume, decimal_text, exact
from pharmacy.domain.routes import LiquidAliquot
from pharmacy.domain.weighing import below_text, mass_text, rounding_note, to_readable
from pharmacy.domain.weighing_steps import least_steps
from pharmacy.domain.worksheet import OWN, WorksheetStep, bracketed

COMBINED_LIMIT = 5  # per cent: what the weighing and the two measurements may be off together
WORTH_SAVING = Fraction(101, 100)
SOURCE = "Liquid aliquot method (UNC Pharmaceutics and Compounding Laboratory, Triturations and Aliquots)"

Mark = tuple[Volume, Fraction]  # a volume that can be measured, and its relative error in per cent


def liquid_aliquot(
    need: Mass,
    balance: BalanceFacts,
    measures: tuple[MeasureFacts, ...],
    *,
    solubility: Concentration,
    room: Volume,
    limit_percent: Exact = COMBINED_LIMIT,
) -> LiquidAliquot | None:
    """The liquid aliquot that wastes the least drug (to 1 % of it), then the smallest; None when none is good enough.

    Good enough: W from the minimum to the capacity, dissolved (W ÷ V at most the `solubility`); v at most the `room`
    that the liquid has for it; √(eW² + eV² + ev²) at most `limit_percent`, compared by squares and so exactly. A saving
    of less than 1 % of W is not worth a larger vessel: for less than a milligram it would be one of ten times the volume.
    """
    if need.value <= 0 or solubility.value <= 0:
        field = "solubility" if need.value > 0 else "needed"
        raise Impossible("The drug needed and its solubility must be above 0.", field)
    marks, found = _marks(measures), []
    for take, error in marks:
        if take <= room and need.value <= solubility.value * take.value:
            least = _least_weighed(need, take, error, balance, solubility, marks, exact(limit_percent))
            found += [(*least, take)] if least is not None else []
    if not found:
        return None
    most = min(found)[0].times(WORTH_SAVING)
    volume, take, weigh = min((volume, take, weigh) for weigh, volume, take in found if weigh <= most)
    return LiquidAliquot(weigh, volume, take)


@cache
def _marks(measures: tuple[MeasureFacts, ...]) -> tuple[Mark, ...]:
    """Every volume that one of the measures has a mark at, smallest first, with the error of the finest of them."""
    volumes = {
        one.mark.times(steps)
        for one in measures
        for steps in range(ceil(one.least.ratio(one.mark)), floor(one.capacity.ratio(one.mark)) + 1)
        if steps > 0
    }
    found = ((volume, finest(volume, measures)) for volume in sorted(volumes))
    return tuple((volume, volume_error(volume, measure)) for volume, measure in found if measure is not None)


def _least_weighed(
    need: Mass,
    take: Volume,
    take_error: Fraction,
    balance: BalanceFacts,
    solubility: Concentration,
    marks: tuple[Mark, ...],
    limit: Fraction,
) -> tuple[Mass, Volume] | None:
    """The smallest W, and its V, for this v; V is tried from small to large, and W grows with it."""
    least = minimum_weighable(balance)
    left = limit**2 - take_error**2 - min(error for _, error in marks) ** 2
    if left <= 0:
        return None
    by_error = root_down((uncertainty(balance).value * 100) ** 2 / left)
    smallest = max(take, take.times(max(least.value, by_error) / need.value))
    for volume, error in marks[bisect_left(marks, smallest, key=lambda mark: mark[0]) :]:
        weighed = to_readable(need.times(volume.ratio(take)), balance)
        if weighed > balance.capacity:
            return None
        if weighed < least or weighed.value > solubility.value * volume.value:
            continue
        if _error_squared(weighed, balance, error, take_error) <= limit**2:
            return weighed, volume
    return None


def _error_squared(weighed: Mass, balance: BalanceFacts, *measured: Fraction) -> Fraction:
    return sum((one**2 for one in measured), (uncertainty(balance).ratio(weighed) * 100) ** 2)


def aliquot_steps(
    need: Mass,
    route: LiquidAliquot,
    balance: BalanceFacts,
    measures: tuple[MeasureFacts, ...],
    solubility: Concentration,
    limit_percent: Exact = COMBINED_LIMIT,
) -> tuple[WorksheetStep, ...]:
    """The liquid aliquot as lines of a worksheet."""
    needed, weighed = need.text("mg", 4), mass_text(route.weigh, balance.readability)
    number, unit = weighed.split(NBSP)
    below = below_text(need, balance, least_alone(balance, limit_percent))
    dissolved = decimal_text(solubility.value)
    strength = f"{decimal_text(route.weigh.value / route.volume.value)}{NBSP}mg/mL"
    taking = f"{needed} × {route.volume.text('mL')} ÷ {weighed}"
    words = "below the minimum: weigh more, dissolve it, and take the part that holds the drug needed"
    note = f"{strength}; at most {dissolved}{NBSP}mg/mL dissolves"
    into, from_it = (_the_finest(one, measures) for one in (route.volume, route.take))
    return (
        *least_steps(balance, limit_percent),
        WorksheetStep("Weigh the drug", words, below, number, unit, SOURCE),
        WorksheetStep(
            "Dissolve and bring to",
            "drug + vehicle to a mark of the measure: no less than dissolves the drug weighed",
            f"{route.volume.text('mL')} ≥ {weighed} ÷ {dissolved}{NBSP}mg/mL",
            decimal_text(route.volume.value),
            "mL",
            SOURCE,
            f"{_on(into)}; {note}",
        ),
        WorksheetStep(
            "Take of the solution",
            "need × volume ÷ drug weighed",
            taking,
            decimal_text(route.take.value),
            "mL",
            SOURCE,
            f"{_on(from_it)}; {rounding_note(route.carried, need)}",
        ),
        _error_step(route, balance, measures, limit_percent),
    )


def _on(measure: MeasureFacts) -> str:
    return f"on the {measure.name}, a mark every {measure.mark.text('mL')}"


def _error_step(
    route: LiquidAliquot, balance: BalanceFacts, measures: tuple[MeasureFacts, ...], limit_percent: Exact
) -> WorksheetStep:
    """The combined error in per cent, rounded up to 0.01, never flattering."""
    used = [(one, _the_finest(one, measures)) for one in (route.volume, route.take)]
    errors = [volume_error(volume, measure) for volume, measure in used]
    weighed = uncertainty(balance).ratio(route.weigh) * 100
    square = _error_squared(route.weigh, balance, *errors)
    named = zip((weighed, *errors), ("drug weighed", *(measure.name for _, measure in used)), strict=True)
    numbers = " + ".join(f"{bracketed(f'{decimal_text(one)} % {name}')}²" for one, name in named)
    words = "√(eW² + eV² + ev²); of a measure its own error, or half a mark where that is more; rounded up to 0.01 %"
    limit = f"at most {decimal_text(limit_percent)} % accepted"
    assumed = any(measure in CYLINDERS for _, measure in used)
    source = f"{OWN}; {ASSUMED if assumed else 'errors of the measures as they are recorded'}"
    return WorksheetStep("Combined error", words, f"√({numbers})", decimal_text(root_up(square)), "%", source, limit)


def _the_finest(volume: Volume, measures: tuple[MeasureFacts, ...]) -> MeasureFacts:
    found = finest(volume, measures)
    assert found is not None
    return found


def root_down(square: Fraction) -> Fraction:
    """The square root rounded down to 0.01."""
    return Fraction(isqrt(floor(square * 10_000)), 100)


def root_up(square: Fraction) -> Fraction:
    """The square root rounded up to 0.01."""
    root = root_down(square)
    return root if root**2 == square else root + Fraction(1, 100)
