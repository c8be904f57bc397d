"""What a problem says of a stock trituration at hand."""

from __future__ import annotations

from decimal import Decimal

from pharmacy.domain.errors import Impossible
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Field, Sort
from pharmacy.domain.quantity import decimal_text, exact
from pharmacy.domain.routes import StockFacts
from pharmacy.domain.suitability import ASSUMED_ERROR

STOCK = (
    Field(
        "trituration",
        "Drug in one part of a stock trituration at hand",
        Sort.RATIO,
        "",
        optional=True,
        hint="Such as 1/10.",
    ),
    Field(
        "trituration_error",
        "Error of its making",
        Sort.PERCENT,
        "",
        optional=True,
        hint=f"{decimal_text(ASSUMED_ERROR)} % when left out.",
        only_with="trituration",
    ),
)


def read_stock(given: Given, limit: Decimal | None = None) -> StockFacts | None:
    """The trituration, where there is one; with a `limit` of the plan, only one that could be weighed within it."""
    if not given.has("trituration"):
        return None
    fraction = given.ratio("trituration")
    if fraction >= 1:
        raise Impossible("A trituration is less than all drug: write it below 1, such as 1/10.", "trituration")
    error = given.percent("trituration_error") if given.has("trituration_error") else ASSUMED_ERROR
    if not 0 <= exact(error) < 100:
        raise Impossible(
            "A trituration cannot be off by all of it: write an error from 0 % to below 100 %.", "trituration_error"
        )
    if limit is not None and exact(error) >= exact(limit):
        stated = given.has("trituration_error")
        raise Impossible(
            f"A trituration that {'may be' if stated else 'is taken to be'} off by {decimal_text(error)} % cannot be "
            f"weighed within {decimal_text(limit)} %: leave the trituration out, or "
            f"{'make a better one' if stated else 'write the error of its making'}.",
            "trituration_error" if stated else "trituration",
        )
    return StockFacts(fraction, error)
