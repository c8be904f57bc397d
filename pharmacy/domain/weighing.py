"""What a balance can weigh, and how a small amount of drug reaches the batch: directly, from a trituration, by aliquot.

An aliquot: weigh W of the drug (above the minimum), dilute it with D to T = W + D, take A = need × T ÷ W. Each of W, D
and A is a whole number of the balance's readability and at or above its minimum weighable mass.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import takewhile
from math import ceil, floor, isqrt

from pharmacy.domain.balance import BalanceFacts, accuracy, minimum_step, minimum_weighable, uncertainty
from pharmacy.domain.errors import CannotBeWeighed, DoesNotFit, Impossible
from pharmacy.domain.quantity import NBSP, Exact, Mass, decimal_text, exact, rounded
from pharmacy.domain.routes import Aliquot, Direct, FromTrituration, Route
from pharmacy.domain.worksheet import OWN, WorksheetStep

# Stock triturations of 1:10 and 1:100 are what pharmacies make; a thinner aliquot could not be called well mixed.
THINNEST = Fraction(100)


def to_readable(mass: Mass, balance: BalanceFacts) -> Mass:
    """The mass rounded, once, to what the balance shows."""
    return Mass(exact(rounded(mass.value, balance.readability.value)))


def limits(target: Mass, tolerance_percent: Exact, readability: Mass) -> tuple[Mass, Mass]:
    """The lowest and highest recorded mass within tolerance, in whole readable steps.

    Both are rounded inward, so that no mass outside the percentage is let in; but never narrower than one step of the
    balance to either side, because nothing closer can be read.
    """
    step, middle, share = readability.value, target.value, exact(tolerance_percent) / 100
    if share < 0:
        raise Impossible("A tolerance must be 0 % or more.")
    low = min(ceil(middle * (1 - share) / step) * step, middle - step)
    high = max(floor(middle * (1 + share) / step) * step, middle + step)
    return Mass(max(low, Fraction(0))), Mass(high)


def unit_for(mass: Mass) -> str:
    """mg below one gram, else g: what a person reads without counting zeros."""
    return "mg" if mass.value < 1000 else "g"


def mass_text(mass: Mass, readability: Mass, unit: str | None = None) -> str:
    """A mass with the balance's own decimals: ``523.4 mg``, ``13.2248 g``."""
    shown = unit or unit_for(mass)
    return f"{format(rounded(mass.to(shown), readability.to(shown)), ',f')}{NBSP}{shown}"


def can_weigh(exact_mass: Mass, balance: BalanceFacts) -> bool:
    """Whether both the exact mass and its rounded target lie from the minimum to the capacity."""
    least, target = minimum_weighable(balance), to_readable(exact_mass, balance)
    return least <= min(exact_mass, target) and max(exact_mass, target) <= balance.capacity


def weigh(exact_mass: Mass, balance: BalanceFacts, what: str) -> Mass:
    """The target for one weighing; raises :class:`CannotBeWeighed` or :class:`DoesNotFit` naming the balance."""
    least = minimum_weighable(balance)
    if can_weigh(exact_mass, balance):
        return to_readable(exact_mass, balance)
    needed = exact_mass.text(unit_for(exact_mass), 4)
    if exact_mass <= balance.capacity and exact_mass < least + balance.readability:
        raise CannotBeWeighed(
            f"{what}: {needed} is below {_least_text(balance)}, the least that balance {balance.name} can weigh; "
            "make a larger batch or use a finer balance."
        )
    raise DoesNotFit(
        f"{what}: {needed} is above {balance.capacity.text('g')}, the capacity of balance {balance.name}; "
        "make smaller batches or use a larger balance."
    )


def plan_weighing(
    need_as_is: Mass,
    potency: Fraction,
    balance: BalanceFacts,
    *,
    diluent_room: Mass,
    trituration: Fraction | None = None,
) -> Route:
    """How `need_as_is` of drug powder reaches the batch on this balance.

    Directly when it can be weighed; else from a trituration lot (`trituration`: its drug fraction, w/w) when that much
    can be weighed and its diluent fits `diluent_room` (the filler that the batch takes anyway); else by one aliquot
    step. Raises :class:`CannotBeWeighed` naming the balance and the smallest mass that it can weigh.
    """
    if need_as_is.value <= 0 or potency <= 0:
        raise Impossible("The drug needed must be above 0.")
    if can_weigh(need_as_is, balance):
        return Direct(to_readable(need_as_is, balance))
    if need_as_is > balance.capacity:
        raise DoesNotFit(
            f"{need_as_is.text('g')} is above {balance.capacity.text('g')}, the capacity of balance {balance.name}."
        )
    if trituration is not None:
        drug = need_as_is.times(potency)
        needed = drug.over(trituration)
        if can_weigh(needed, balance) and needed - drug <= diluent_room:
            return FromTrituration(to_readable(needed, balance), trituration)
    found = aliquot(need_as_is, balance, diluent_room)
    if found is None:
        raise CannotBeWeighed(
            f"The batch needs {need_as_is.text('mg')} of drug. The least that balance {balance.name} can weigh within "
            f"{decimal_text(accuracy(balance))} % is {_least_text(balance)}, and no single dilution step brings "
            "it there: use a finer balance or a trituration lot, or make a larger batch."
        )
    return found


def _least_text(balance: BalanceFacts) -> str:
    return minimum_weighable(balance).text("mg")


def aliquot(need: Mass, balance: BalanceFacts, diluent_room: Mass, thinnest: Exact = THINNEST) -> Aliquot | None:
    """The aliquot step that wastes the least drug (smallest W, then smallest A), or None when no step is good enough.

    Good enough: W, A and the diluent are at or above the minimum m; the combined error of the two weighings,
    √(eW² + eA²) with e = uncertainty of the balance ÷ mass, is at most its accuracy, that is 1/W² + 1/A² ≤ 1/m²,
    compared by squares and so exactly; the mixture is within the capacity and no thinner than 1 in `thinnest`; what
    the taken part holds besides drug fits `diluent_room`.
    """
    step, least, top = balance.readability.value, minimum_weighable(balance).value, balance.capacity.value
    most = min(need.value + diluent_room.value, need.value * exact(thinnest), top) // step * step
    if most <= least or most <= need.value:
        return None
    by_error = _root_steps(least**2 * most**2 / (most**2 - least**2), step)
    by_diluent = ceil(need.value * least / (most - need.value) / step)
    by_need = ceil(need.value / step)  # the part taken never holds more drug than was weighed
    for steps in _candidates(max(by_error, by_diluent, by_need), need.value * (top + step / 2), least, step):
        take = _take(steps, need.value, balance, most)
        if take is not None:
            weighed = steps * step
            total = round(weighed * take / need.value / step) * step
            return Aliquot(Mass(weighed), Mass(total - weighed), Mass(take))
    return None


def _candidates(lowest: int, most_product: Fraction, least: Fraction, step: Fraction) -> Iterator[int]:
    """The W, in steps from the lowest up, whose mixture can be within the capacity.

    need × T = W × A is at least m W² ÷ √(W² − m²), which falls until W = √2 m and rises after it.
    """

    def reachable(steps: int) -> bool:
        square = (steps * step) ** 2
        return square > least**2 and least**2 * square**2 <= most_product**2 * (square - least**2)

    low, high = lowest, max(lowest, _root_steps(2 * least**2, step))
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reachable(middle) else (middle + 1, high)
    # A whole-step A may overshoot where the exact one would just do, so the next few W are tried too.
    yield from takewhile(reachable, range(low, low + 20_000))


def _take(weighed_steps: int, need: Fraction, balance: BalanceFacts, most: Fraction) -> Fraction | None:
    """The smallest A for this W, or None when the mixture would break a limit."""
    step, least, top = balance.readability.value, minimum_weighable(balance).value, balance.capacity.value
    weighed = weighed_steps * step
    if weighed <= least:
        return None
    by_error = _root_steps(least**2 * weighed**2 / (weighed**2 - least**2), step)
    taken = max(by_error, ceil(need * (weighed + least) / weighed / step)) * step
    for one in (taken, taken + step):
        total = round(weighed * one / need / step) * step
        if one <= most and total <= top and total - weighed >= least and one <= total:
            return one
    return None


def _root_steps(square: Fraction, step: Fraction) -> int:
    """The smallest whole number of steps whose square is at least `square`."""
    least = ceil(square / step**2)
    root = isqrt(least)
    return root if root * root >= least else root + 1


def weighing_step(need: Mass, route: Route, balance: BalanceFacts) -> tuple[WorksheetStep, ...]:
    """The minimum weighable mass and what follows from it, as lines of a worksheet."""
    least = minimum_weighable(balance)
    return (minimum_step(balance), *_route_steps(need, route, balance, least))


def _route_steps(need: Mass, route: Route, balance: BalanceFacts, least: Mass) -> tuple[WorksheetStep, ...]:
    needed, readable = need.text("mg", 4), balance.readability
    if isinstance(route, Direct):
        words = "drug needed as it is, at or above the minimum: weigh it directly"
        numbers = f"{needed} ≥ {least.text('mg')}"
        return (
            _mass_step("Weigh the drug", words, numbers, route.target, readable, rounding_note(route.target, need)),
        )
    if isinstance(route, FromTrituration):
        words = "trituration needed, at or above the minimum: weigh it directly"
        numbers = f"{needed} ≥ {least.text('mg')}"
        note = rounding_note(route.target, need)
        return (_mass_step("Weigh the trituration", words, numbers, route.target, readable, note),)
    carried = route.carried
    rule = "below the minimum: weigh more, dilute, and take the part that holds the drug needed"
    taking = f"{needed} × {mass_text(route.total, readable)} ÷ {mass_text(route.weigh, readable)}"
    total = f"{mass_text(route.weigh, readable)} + {mass_text(route.diluent, readable)}"
    worst = _combined_error(route, balance)
    accepted = f"at most {decimal_text(accuracy(balance))} % accepted"
    return (
        _mass_step("Weigh the drug", rule, f"{needed} < {least.text('mg')}", route.weigh, readable, ""),
        _mass_step("Dilute to", "drug weighed + diluent", total, route.total, readable, ""),
        _mass_step("Take", "need × total ÷ weighed", taking, route.take, readable, rounding_note(carried, need)),
        WorksheetStep("Combined error", "√(eW² + eA²)", worst[0], worst[1], "%", OWN, accepted),
    )


def _combined_error(route: Aliquot, balance: BalanceFacts) -> tuple[str, str]:
    """The two relative errors in words, and their combination in per cent rounded up to 0.01, never flattering."""
    demand = uncertainty(balance)
    first, second = demand.ratio(route.weigh) * 100, demand.ratio(route.take) * 100
    hundredths = _root_steps(first**2 + second**2, Fraction(1, 100))
    return f"√(({decimal_text(first)} %)² + ({decimal_text(second)} %)²)", decimal_text(Fraction(hundredths, 100))


def _mass_step(name: str, words: str, numbers: str, target: Mass, readable: Mass, note: str) -> WorksheetStep:
    number, unit = mass_text(target, readable).split(NBSP)
    return WorksheetStep(name, words, numbers, number, unit, OWN, note)


def rounding_note(shown: Mass, meant: Mass) -> str:
    """What the one rounding changed, in per cent of the exact amount."""
    error = (shown.value - meant.value) / meant.value * 100
    if not error:
        return "no rounding error"
    sign = "+" if error > 0 else "−"
    return f"rounding error {sign}{decimal_text(abs(error), 3)} %"
