"""Whether a lot, an excess or a filler suits the preparation that it is chosen for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from pharmacy.domain.beyond_use import still_usable
from pharmacy.domain.errors import DoesNotFit, Impossible, WrongLot
from pharmacy.domain.formula import Component
from pharmacy.domain.plan import LotFacts
from pharmacy.domain.potency import potency
from pharmacy.domain.quantity import Mass, exact
from pharmacy.domain.routes import StockFacts
from pharmacy.domain.tolerances import MOST_EXCESS

T = TypeVar("T")
ASSUMED_ERROR = Decimal(
    3
)  # per cent; of a trituration whose record does not tell: own default, never taken for nothing


def check_lot(lot: LotFacts, component: Component, on: date) -> None:
    """The lot is of this component and may still be used on that day."""
    if lot.component != component.code:
        raise WrongLot(f"Lot {lot.number} is {lot.name}, not {component.name}.")
    if lot.cap is not None:
        still_usable(lot.cap, on)


def check_trituration(lot: LotFacts, drug: Component, filler: Component | None, on: date) -> StockFacts:
    """The drug fraction, and its error, of a trituration lot whose diluent is this preparation's own filler."""
    if lot.fraction is None:
        raise WrongLot(f"Lot {lot.number} is no trituration of {drug.name}.")
    if filler is None or lot.diluent != filler.code:
        own = filler.name if filler else "no powder"
        raise WrongLot(f"Trituration lot {lot.number} holds another diluent; this formula takes {own}.")
    if lot.cap is not None:
        still_usable(lot.cap, on)
    return StockFacts(lot.fraction, stock_error(lot))


def stock_error(lot: LotFacts) -> Decimal:
    """How far the strength of a trituration lot may be off, in per cent: as its record says, else as is assumed."""
    return lot.fraction_error if lot.fraction_error is not None else ASSUMED_ERROR


def potency_of(lot: LotFacts) -> Fraction:
    """The potency of a drug lot, from its own certificate."""
    if lot.certificate is None:
        raise WrongLot(f"Lot {lot.number} has no certificate; enter its assay, basis and water first.")
    return potency(lot.certificate)


def check_excess(excess_percent: Decimal) -> Fraction:
    """The factor for the process excess, per cent of the whole blend: powder lost in mixing and filling."""
    share = exact(excess_percent)
    if not 0 <= share <= MOST_EXCESS:
        raise Impossible(f"The process excess must be from 0 to {MOST_EXCESS} %.", "excess")
    return 1 + share / 100


def room_left(total: Mass, taken: Mass, what: str) -> Mass:
    """Total less what is already in it; refused when nothing would be left to weigh."""
    if taken > total:
        raise DoesNotFit(f"The {what} holds more diluent than the capsules have room for; use a stronger one.")
    return total - taken


def matched(
    wanted: tuple[tuple[T, Component], ...], lots: tuple[LotFacts, ...], on: date
) -> tuple[tuple[T, LotFacts], ...]:
    """Each part of a formula with the one lot of its component; refused where a lot is missing, twice or too many."""
    by_component = {lot.component: lot for lot in lots}
    if len(by_component) != len(lots):
        raise WrongLot("Choose one lot for each component.", "others")
    pairs = []
    for part, component in wanted:
        lot = by_component.pop(component.code, None)
        if lot is None:
            raise WrongLot(f"Choose a lot of {component.name}.", "others")
        check_lot(lot, component, on)
        pairs.append((part, lot))
    if by_component:
        raise WrongLot(f"The formula takes no {next(iter(by_component.values())).name}.", "others")
    return tuple(pairs)
