"""From which day to which a fill is used, and whether what is in its containers keeps so long. Nothing asks the database.

Reckoned as if the fill were handed over today, after the supply that the patient has from earlier fills; verification and
hand-over reckon again on their own day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pharmacy import clock
from pharmacy.domain.beyond_use import Fits, TooShort, first_day_of_use, quantity_that_fits
from pharmacy.domain.beyond_use import outlasts as lasts
from pharmacy.domain.dates import day_text
from pharmacy.domain.strength import Form
from pharmacy.errors import NotReady
from pharmacy.preparations.lasting import supply_in_hand_until
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot


@dataclass(frozen=True, slots=True)
class Supply:
    """The days on which the fill is used; ``in_hand_until`` is the last day covered by earlier fills, if any are left."""

    first_day: date
    days: int
    in_hand_until: date | None

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)


def supply(one: Fill) -> Supply:
    """The fill's own directions from the day after the supply in hand, today at the earliest (its prescription loaded)."""
    today = clock.today()
    until = supply_in_hand_until(one.prescription, one)
    first = first_day_of_use(today, until)
    # a quantity smaller than one day's dose is used up within that day
    return Supply(first, max(prescriptions.fill_days(one), 1), until if until and until >= today else None)


def outlasts(one: Fill, lots: Iterable[Lot]) -> Fits | TooShort:
    """Whether every one of these lots keeps until the supply ends; the one that ends first decides."""
    used = supply(one)
    return lasts(min(lot.use_before for lot in lots), used.first_day, used.days)


def that_fits(one: Fill, use_before: date) -> tuple[int, int]:
    """The days, and the whole capsules or mL for them, that end on or before that day; 0 when not even one does."""
    used = supply(one)
    days, quantity = quantity_that_fits(prescriptions.directions_for(one), use_before, used.first_day, used.days)
    return days, min(int(quantity), one.quantity)


def check_outlasts(one: Fill, lot: Lot, field: str = "") -> None:
    """Raise NotReady, with the quantity that fits, when the lot ends before the supply does."""
    if isinstance(outlasts(one, [lot]), Fits):
        return
    used, form = supply(one), Form(one.prescription.form)
    days, quantity = that_fits(one, lot.use_before)
    offer = (
        f"{form.amount_text(quantity)} for {days} {'day' if days == 1 else 'days'} would fit; the rest would be owed."
        if quantity
        else "Not even one day of it fits."
    )
    raise NotReady(
        f"Lot {lot.number} may be used until {day_text(lot.use_before)}, but {form.amount_text(one.quantity)} last from "
        f"{day_text(used.first_day)} to {day_text(used.last_day)}. {offer}",
        field,
    )
