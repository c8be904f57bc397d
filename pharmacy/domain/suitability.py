"""Whether a lot, an excess or a filler suits the preparation that it is chosen for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.beyond_use import still_usable
from pharmacy.domain.errors import DoesNotFit, Impossible, WrongLot
from pharmacy.domain.formula import Component
from pharmacy.domain.plan import LotFacts
from pharmacy.domain.potency import potency
from pharmacy.domain.quantity import Mass, exact


def check_lot(lot: LotFacts, component: Component, on: date) -> None:
    """The lot is of this component and may still be used on that day."""
    if lot.component != component.code:
        raise WrongLot(f"Lot {lot.number} is {lot.name}, not {component.name}.")
    if lot.cap is not None:
        still_usable(lot.cap, on)


def check_trituration(lot: LotFacts, drug: Component, filler: Component | None, on: date) -> Fraction:
    """The drug fraction of a trituration lot whose diluent is this preparation's own filler."""
    if lot.fraction is None:
        raise WrongLot(f"Lot {lot.number} is no trituration of {drug.name}.")
    if filler is None or lot.diluent != filler.code:
        own = filler.name if filler else "no powder"
        raise WrongLot(f"Trituration lot {lot.number} holds another diluent; this formula takes {own}.")
    if lot.cap is not None:
        still_usable(lot.cap, on)
    return lot.fraction


def potency_of(lot: LotFacts) -> Fraction:
    """The potency of a drug lot, from its own certificate."""
    if lot.certificate is None:
        raise WrongLot(f"Lot {lot.number} has no certificate; enter its assay, basis and water first.")
    return potency(lot.certificate)


def check_excess(excess_percent: Decimal) -> Fraction:
    """The factor for the process excess: powder lost in mixing and filling, 0 to 25 per cent of the whole blend."""
    share = exact(excess_percent)
    if not 0 <= share <= 25:
        raise Impossible("The process excess must be from 0 to 25 %.")
    return 1 + share / 100


def room_left(total: Mass, taken: Mass, what: str) -> Mass:
    """Total less what is already in it; refused when nothing would be left to weigh."""
    if taken > total:
        raise DoesNotFit(f"The {what} holds more diluent than the capsules have room for; use a stronger one.")
    return total - taken
