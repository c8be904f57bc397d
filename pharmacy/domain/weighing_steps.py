"""The way of the drug into the batch as lines of a worksheet."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.aliquots import COMBINED, THINNEST
from pharmacy.domain.amounts import IN_FULL, in_full
from pharmacy.domain.balance import BalanceFacts, minimum_step, minimum_weighable, uncertainty
from pharmacy.domain.planner import least_alone
from pharmacy.domain.quantity import NBSP, Exact, Mass, decimal_text, exact
from pharmacy.domain.routes import Direct, FromTrituration, Route
from pharmacy.domain.weighing import (
    LotWeighed,
    below_text,
    error_squared,
    lots_squared,
    mass_text,
    root_steps,
    rounding_note,
)
from pharmacy.domain.worksheet import OWN, WorksheetStep


def weighing_step(
    need: Mass,
    route: Route,
    balance: BalanceFacts,
    limit_percent: Exact = COMBINED,
    stock_error: Exact = 0,
    lots: tuple[LotWeighed, ...] = (),
) -> tuple[WorksheetStep, ...]:
    """The minimum weighable mass and what follows from it, as lines of a worksheet.

    `need` is what would be weighed as drug: powder as it is, or trituration. `stock_error` is that of the
    trituration's own making, in per cent. Where further `lots` are weighed beside, all of them together are held to the
    limit.
    """
    least, alone = minimum_weighable(balance), least_alone(balance, limit_percent)
    if lots:
        return (
            minimum_step(balance),
            *_route_steps(need, route, balance, least, limit_percent, 0),
            _several(lots, balance, limit_percent),
        )
    return (
        *least_steps(balance, limit_percent),
        *_route_steps(need, route, balance, alone, limit_percent, stock_error),
    )


def least_steps(balance: BalanceFacts, limit_percent: Exact) -> tuple[WorksheetStep, ...]:
    """The minimum weighable mass, and the least of the drug where the limit of the combined error asks for more."""
    alone = least_alone(balance, limit_percent)
    least = minimum_step(balance)
    return (least,) if alone == minimum_weighable(balance) else (least, _limit_step(balance, limit_percent, alone))


def _limit_step(balance: BalanceFacts, limit: Exact, alone: Mass) -> WorksheetStep:
    words = "uncertainty of one weighing × 100 % ÷ limit of the combined error; more than the minimum, so it decides"
    numbers = f"{uncertainty(balance).text('mg', IN_FULL)} × 100 % ÷ {in_full(exact(limit))} %"
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
        both = combined_step(stock_error, (route.target,), balance, "√(e of the trituration² + eA²)", accepted)
        return (_mass_step("Weigh the trituration", words, numbers, route.target, readable, note), both)
    carried = route.carried
    rule = "below the minimum: weigh more, dilute, and take the part that holds the drug needed"
    taking = f"{needed} × {mass_text(route.total, readable)} ÷ {mass_text(route.weigh, readable)}"
    total = f"{mass_text(route.weigh, readable)} + {mass_text(route.diluent, readable)}"
    what = "drug" if route.stock is None else "trituration"
    thin = f"no thinner than 1 in {THINNEST}, so that it can be called well mixed"
    words = "√(eW² + eA²)" if route.stock is None else "√(e of the trituration² + eW² + eA²)"
    return (
        _mass_step(f"Weigh the {what}", rule, below_text(need, balance, least), route.weigh, readable, ""),
        _mass_step("Dilute to", f"{what} weighed + diluent", total, route.total, readable, thin),
        _mass_step("Take", "need × total ÷ weighed", taking, route.take, readable, rounding_note(carried, need)),
        combined_step(
            None if route.stock is None else stock_error, (route.weigh, route.take), balance, words, accepted
        ),
    )


def combined_step(
    stock_error: Exact | None, masses: tuple[Mass, ...], balance: BalanceFacts, words: str, accepted: str
) -> WorksheetStep:
    """The relative errors of these weighings and of a trituration, together in per cent, rounded up to 0.01, never flattering."""
    square = sum((error_squared(one, balance) for one in masses), exact(stock_error or 0) ** 2)
    terms = [] if stock_error is None else [f"({decimal_text(stock_error)} %)²"]
    once = uncertainty(balance).text("mg", 6)
    terms += [f"({once} ÷ {mass_text(one, balance.readability)} × 100 %)²" for one in masses]
    hundredths = root_steps(square, Fraction(1, 100))
    return WorksheetStep(
        "Combined error",
        f"{words}, e = uncertainty of one weighing ÷ mass; rounded up to 0.01 %",
        f"√({' + '.join(terms)})",
        decimal_text(Fraction(hundredths, 100)),
        "%",
        OWN,
        accepted,
    )


def _several(lots: tuple[LotWeighed, ...], balance: BalanceFacts, limit_percent: Exact) -> WorksheetStep:
    """What the weighings of several lots are off together."""
    drug = Mass(sum((mass.value * potency for mass, potency in lots), Fraction(0)))
    once = uncertainty(balance).text("mg", 6)
    terms = " + ".join(f"({once} × {decimal_text(potency * 100, 4)} %)²" for _, potency in lots)
    hundredths = root_steps(lots_squared(lots, balance), Fraction(1, 100))
    return WorksheetStep(
        "Combined error",
        "√(Σ (uncertainty of one weighing × potency)²) ÷ drug × 100 %, rounded up to 0.01 %",
        f"√({terms}) ÷ {drug.text('mg', 4)} × 100 %",
        decimal_text(Fraction(hundredths, 100)),
        "%",
        OWN,
        f"of the weighings of {len(lots)} lots; at most {decimal_text(limit_percent)} % accepted",
    )


def _mass_step(name: str, words: str, numbers: str, target: Mass, readable: Mass, note: str) -> WorksheetStep:
    number, unit = mass_text(target, readable).split(NBSP)
    return WorksheetStep(name, words, numbers, number, unit, OWN, note)
