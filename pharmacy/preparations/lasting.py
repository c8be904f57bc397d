"""How long what is made may be used, and whether that outlasts the supply that it is made for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.domain import directions as taking
from pharmacy.domain.beyond_use import (
    BeyondUse,
    TooShort,
    beyond_use_date,
    first_day_of_use,
    outlasts,
    quantity_that_fits,
)
from pharmacy.domain.calculation import Plan, caps_of
from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Directions
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotReady
from pharmacy.premises import queries as premises
from pharmacy.preparations.bench import refused
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.rules import book


class EndsTooSoon(NotReady):
    """The beyond-use date would end before the supply of a fill does; ``fitting`` is how much of it would fit."""

    def __init__(self, sentence: str, fill: Fill, fitting: int) -> None:
        super().__init__(sentence, "fills")
        self.fill = fill
        self.fitting = fitting

    @property
    def may_be_reduced(self) -> bool:
        """Not of nothing, and not a container of a kit: it is taken by the days of the kit."""
        return self.fitting > 0 and self.fill.prescription.kit_id is None


def beyond_use(db: Session, plan: Plan, on: date) -> BeyondUse:
    """The beyond-use date of a plan that is compounded on that day: of a stored one, the day of its first weighing."""
    more = plan.formula.particulars
    limit = book.load().beyond_use_limit(more.bud_class, on)
    day_one = premises.policy(db).day_of_compounding_is_day_one
    try:
        return beyond_use_date(
            on,
            limit.days,
            day_one=day_one,
            caps=caps_of(plan),
            studies=more.studies,
            kept=more.kept,
            bud_class=more.bud_class,
            limit_source=limit.citation.text(),
        )
    except CalculationRefused as error:
        raise refused(error) from error


def supply_in_hand_until(order: Prescription, but: Fill) -> date | None:
    """The last day covered by earlier fills of this prescription that were handed over (its fills loaded)."""
    whole, supplied, last = Directions.from_json(order.directions), Decimal(0), None
    for one in order.fills:
        if one.ordinal >= but.ordinal or Status(one.status) in prescriptions.VOID:
            continue
        said = whole if one.ordinal == 0 else prescriptions.rest_of(whole, supplied)
        days = taking.days_supply(said, one.quantity)
        if one.status == Status.HANDED_OVER.value and days:
            first = first_day_of_use(clock.local(one.since).date(), last)
            last = first.fromordinal(first.toordinal() + days - 1)
        supplied += one.quantity
    return last


def check_outlasts(fill: Fill, last_day: date, on: date) -> None:
    """The beyond-use date must outlast the supply, begun today at the earliest; else the quantity that fits is named."""
    directions, days = prescriptions.directions_for(fill), prescriptions.fill_days(fill)
    first = first_day_of_use(on, supply_in_hand_until(fill.prescription, fill))
    if days and isinstance(outlasts(last_day, first, days), TooShort):
        fitting, quantity = quantity_that_fits(directions, last_day, first, days)
        form = Form(fill.prescription.form)
        if not fitting:
            offer = "not one day of it fits: choose a lot that ends later."
        elif fill.prescription.kit_id is not None:
            offer = f"only {fitting} days of the kit fit: cancel its fills and enter a shorter kit, or choose a lot that ends later."
        else:
            offer = (
                f"{form.amount_text(quantity)} for {fitting} days fit: reduce the fill to that, or choose a lot that ends "
                "later."
            )
        raise EndsTooSoon(
            f"Fill {fill.number} is for {days} days from {day_text(first)}, but the beyond-use date would be "
            f"{day_text(last_day)}; {offer}",
            fill,
            int(quantity) if fitting else 0,
        )
