"""The way of the drug into the batch as lines of a worksheet."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.aliquots import COMBINED
from pharmacy.domain.balance import BalanceFacts, minimum_step, minimum_weighable, uncertainty
from pharmacy.domain.planner import least_alone
from pharmacy.domain.quantity import NBSP, Exact, Mass, decimal_text, exact
from pharmacy.domain.routes import Direct, FromTrituration, Route
from pharmacy.domain.weighing import below_text, mass_text, root_steps, rounding_note
from pharmacy.domain.worksheet import OWN, WorksheetStep


def weighing_step(
    need: Mass, route: Route, balance: BalanceFacts, limit_percent: Exact = COMBINED, stock_error: Exact = 0
) -> tuple[WorksheetStep, ...]:
    """The minimum weighable mass and what follows from it, as lines of a worksheet.

    `need` is what would be weighed as drug: powder as it is, or trituration. `stock_error` is that of the
    trituration's own making, in per cent.
    """
    steps = [minimum_step(balance)]
    least, alone = minimum_weighable(balance), least_alone(balance, limit_percent)
    if alone > least:
        steps.append(_limit_step(balance, limit_percent, alone))
    return (*steps, *_route_steps(need, route, balance, alone, limit_percent, stock_error))


def _limit_step(balance: BalanceFacts, limit: Exact, alone: Mass) -> WorksheetStep:
    words = "uncertainty of one weighing × 100 % ÷ limit of the combined error; more than the minimum, so it decides"
    numbers = f"{uncertainty(balance).text('mg')} × 100 % ÷ {decimal_text(limit)} %"
    return WorksheetStep("Least of the drug", words, numbers, decimal_text(alone.value), "mg", OWN)


def _route_steps(
    need: Mass, route: Route, balance: BalanceFacts, least: Mass, limit: Exact, stock_error: Exact
) -> tuple[WorksheetStep, ...]:
    needed, readable = need.text("mg", 4), balance.readability
    accepted = f"at most {decimal_text(limit)} % accepted"
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
        both = _combined((stock_error, _error(route.target, balance)), "√(e of the trituration² + eA²)", accepted)
        return (_mass_step("Weigh the trituration", words, numbers, route.target, readable, note), both)
    carried = route.carried
    rule = "below the minimum: weigh more, dilute, and take the part that holds the drug needed"
    taking = f"{needed} × {mass_text(route.total, readable)} ÷ {mass_text(route.weigh, readable)}"
    total = f"{mass_text(route.weigh, readable)} + {mass_text(route.diluent, readable)}"
    first = "Weigh the drug" if route.stock is None else "Weigh the trituration"
    words = "√(eW² + eA²)" if route.stock is None else "√(e of the trituration² + eW² + eA²)"
    of_stock = () if route.stock is None else (stock_error,)
    return (
        _mass_step(first, rule, below_text(need, balance, least), route.weigh, readable, ""),
        _mass_step("Dilute to", "drug weighed + diluent", total, route.total, readable, ""),
        _mass_step("Take", "need × total ÷ weighed", taking, route.take, readable, rounding_note(carried, need)),
        _combined((*of_stock, _error(route.weigh, balance), _error(route.take, balance)), words, accepted),
    )


def _error(mass: Mass, balance: BalanceFacts) -> Fraction:
    return uncertainty(balance).ratio(mass) * 100


def _combined(errors: tuple[Exact, ...], words: str, accepted: str) -> WorksheetStep:
    """The relative errors and their combination in per cent, rounded up to 0.01, never flattering."""
    hundredths = root_steps(sum((exact(one) ** 2 for one in errors), Fraction(0)), Fraction(1, 100))
    numbers = f"√({' + '.join(f'({decimal_text(one)} %)²' for one in errors)})"
    return WorksheetStep("Combined error", words, numbers, decimal_text(Fraction(hundredths, 100)), "%", OWN, accepted)


def _mass_step(name: str, words: str, numbers: str, target: Mass, readable: Mass, note: str) -> WorksheetStep:
    number, unit = mass_text(target, readable).split(NBSP)
    return WorksheetStep(name, words, numbers, number, unit, OWN, note)
