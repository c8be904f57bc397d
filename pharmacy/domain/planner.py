"""How a small amount of drug reaches the batch: directly, from a stock trituration, by an aliquot; or who else can."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from pharmacy.domain.aliquots import COMBINED, aliquot
from pharmacy.domain.balance import BalanceFacts, minimum_weighable, uncertainty
from pharmacy.domain.errors import CannotBeWeighed, DoesNotFit, Impossible
from pharmacy.domain.quantity import Exact, Mass, decimal_text, exact
from pharmacy.domain.routes import Aliquot, Direct, FromTrituration, Route, Serial, StockFacts
from pharmacy.domain.weighing import can_weigh, error_squared, mass_text, root_steps, to_readable, weigh

STOCKS = (10, 100)  # the stock triturations that are kept: 1 part of drug in so many


def least_alone(balance: BalanceFacts, limit_percent: Exact = COMBINED) -> Mass:
    """The least mass of drug that one weighing may bring: its minimum, and no more error than the limit of the plan."""
    return max(minimum_weighable(balance), uncertainty(balance).times(100).over(limit_percent))


def plan_weighing(
    need_as_is: Mass,
    potency: Fraction,
    balance: BalanceFacts,
    *,
    diluent_room: Mass,
    trituration: StockFacts | None = None,
    limit_percent: Exact = COMBINED,
    others: tuple[BalanceFacts, ...] = (),
) -> Route:
    """How `need_as_is` of drug powder reaches the batch on this balance: least drug wasted, then the fewest weighings.

    Directly when it can be weighed; else from a stock trituration lot when that much can be weighed, its diluent fits
    `diluent_room` (the filler that the batch takes anyway) and the error of its making and of this weighing together
    are within the limit; else by an aliquot of that lot (serial dilution); else by an aliquot of the powder. Raises :class:`CannotBeWeighed` that names the balance, the least
    that it can weigh, the serial dilution that would do, and which of the `others` can.
    """
    if need_as_is.value <= 0 or potency <= 0:
        raise Impossible("The drug needed must be above 0.", "need")
    least = least_alone(balance, limit_percent)
    if can_weigh(need_as_is, balance, least):
        return Direct(to_readable(need_as_is, balance))
    if need_as_is > balance.capacity:
        raise DoesNotFit(
            f"{need_as_is.text('g')} is above {balance.capacity.text('g')}, the capacity of balance {balance.name}: "
            "make smaller batches or use a larger balance.",
            "need",
        )
    drug = need_as_is.times(potency)
    if trituration is not None:
        needed = drug.over(trituration.fraction)
        within = _stock_within(needed, trituration, balance, limit_percent)
        if within and can_weigh(needed, balance) and needed - drug <= diluent_room:
            return FromTrituration(to_readable(needed, balance), trituration.fraction)
        again = _of_stock(drug, trituration, balance, diluent_room, limit_percent)
        if again is not None:
            return again
    found = aliquot(need_as_is, balance, diluent_room, limit_percent=limit_percent)
    if found is None:
        raise CannotBeWeighed(_cannot(need_as_is, potency, balance, diluent_room, limit_percent, others), "need")
    return found


def _of_stock(drug: Mass, stock: StockFacts, balance: BalanceFacts, room: Mass, limit_percent: Exact) -> Aliquot | None:
    """The aliquot step that takes so much drug from a stock trituration, or None."""
    needed = drug.over(stock.fraction)
    carried = needed - drug
    if carried >= room or can_weigh(needed, balance):
        return None
    return aliquot(needed, balance, room - carried, limit_percent=limit_percent, stock=stock)


def from_stock(
    needed: Mass, stock: StockFacts, balance: BalanceFacts, limit_percent: Exact, what: str
) -> FromTrituration:
    """So much of a stock trituration, weighed directly; refused when that is too little for the balance or the limit."""
    target = weigh(needed, balance, what)
    if not _stock_within(needed, stock, balance, limit_percent):
        raise CannotBeWeighed(
            f"{what}: {needed.text('mg', 4)} on balance {balance.name}, with the {decimal_text(stock.error)} % of its own "
            f"making, is off by more than {decimal_text(limit_percent)} %: make a larger batch or use a finer balance.",
            "need",
        )
    return FromTrituration(target, stock.fraction)


def _stock_within(needed: Mass, stock: StockFacts, balance: BalanceFacts, limit: Exact) -> bool:
    return error_squared(needed, balance) + exact(stock.error) ** 2 <= exact(limit) ** 2


def _cannot(
    need: Mass,
    potency: Fraction,
    balance: BalanceFacts,
    room: Mass,
    limit: Exact,
    others: tuple[BalanceFacts, ...],
) -> str:
    """The refusal in words, with every way out that there is."""
    ways = []
    stock = serial(need, potency, balance, room, limit)
    if stock is not None:
        ways.append(
            f"first make a stock trituration 1 in {stock.parts} as a lot of its own "
            f"({mass_text(stock.weigh, balance.readability)} of drug and "
            f"{mass_text(stock.diluent, balance.readability)} of filler), then plan this batch with it"
        )
    able = able_balances(need, others, room, limit)
    if able:
        ways.append(f"use balance {' or '.join(able)}")
    ways.append("make a larger batch" if ways else "use a finer balance or make a larger batch")
    return (
        f"The batch needs {need.text('mg', 4)} of drug. The least that balance {balance.name} can weigh within its "
        f"limits is {least_alone(balance, limit).text('mg')}, and no single dilution step brings it there: "
        f"{', or '.join(ways)}."
    )


def able_balances(
    need: Mass, balances: tuple[BalanceFacts, ...], room: Mass, limit_percent: Exact = COMBINED
) -> tuple[str, ...]:
    """The names of the balances on which this much drug can be weighed, directly or by an aliquot; the direct first."""
    direct = [one.name for one in balances if can_weigh(need, one, least_alone(one, limit_percent))]
    by_aliquot = [
        one.name
        for one in balances
        if one.name not in direct and aliquot(need, one, room, limit_percent=limit_percent) is not None
    ]
    return (*direct, *by_aliquot)


def serial(
    need: Mass, potency: Fraction, balance: BalanceFacts, diluent_room: Mass, limit_percent: Exact = COMBINED
) -> Serial | None:
    """A stock trituration of a usual ratio to be made first, and the way from it; or None when none is enough.

    Of the error each of the two has half, by squares. The first weighing is the smallest that keeps its half; the
    diluent brings it to 1 part of drug (by its potency) in the stock's parts. The stock that wastes less drug comes first.
    """
    drug = need.times(potency)
    for parts in STOCKS:
        made = _stock(parts, potency, balance, limit_percent)
        if made is None:
            continue
        weighed, diluent, facts = made
        needed = drug.over(facts.fraction)
        direct = _stock_within(needed, facts, balance, limit_percent) and can_weigh(needed, balance)
        route: Route | None = None
        if direct and needed - drug <= diluent_room:
            route = FromTrituration(to_readable(needed, balance), facts.fraction)
        elif not direct:
            route = _of_stock(drug, facts, balance, diluent_room, limit_percent)
        if route is not None:
            taken = route.weigh if isinstance(route, Aliquot) else to_readable(needed, balance)
            # As much stock as is taken from it, at the least, in the same proportion.
            times = max(1, ceil(taken.ratio(weighed + diluent)))
            return Serial(parts, weighed.times(times), diluent.times(times), route)
    return None


def _stock(
    parts: int, potency: Fraction, balance: BalanceFacts, limit_percent: Exact
) -> tuple[Mass, Mass, StockFacts] | None:
    """The least drug and its diluent for a stock of that ratio with half of the error's square, and what it then is."""
    step, half = balance.readability.value, exact(limit_percent) ** 2 / 2
    by_error = root_steps(uncertainty(balance).value ** 2 * 10_000 / half, step) * step
    weighed = Mass(max(by_error, _next_up(minimum_weighable(balance).value, step)))
    diluent = to_readable(Mass(weighed.value * potency * parts - weighed.value), balance)
    if not can_weigh(diluent, balance) or weighed + diluent > balance.capacity:
        return None
    hundredths = root_steps(error_squared(weighed, balance), Fraction(1, 100))
    return weighed, diluent, StockFacts(Fraction(1, parts), Fraction(hundredths, 100))


def _next_up(value: Fraction, step: Fraction) -> Fraction:
    """The value rounded up to a whole number of steps."""
    return ceil(value / step) * step
