"""The dated calendar of a titration: each day with what to take from which container, reckoned from a day of the patient's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from pharmacy.dispensing import queries
from pharmacy.domain.directions import Directions, When, sentence
from pharmacy.domain.kit_days import CalendarDay, checked_calendar, checked_kit_calendar
from pharmacy.domain.strength import DRUG, Form
from pharmacy.errors import PharmacyError
from pharmacy.preparations.supply import supply
from pharmacy.prescriptions import kits
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill


@dataclass(frozen=True, slots=True)
class Column:
    """One container: ``1 of 2``, what is in it, and its directions as its label says them."""

    place: str
    medicine: str
    directions: str
    number: str
    fill_id: int | None
    status: str
    syringe: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days from the first on. ``when`` is the time of day, where it is one; ``known`` that the first day is on record."""

    columns: tuple[Column, ...]
    days: tuple[CalendarDay, ...]
    form: Form
    when: When | None
    first: date
    known: bool

    @property
    def last(self) -> date:
        return self.days[-1].on


def first_day(db: Session, one: Fill) -> tuple[date, bool]:
    """The day on which the patient begins, as recorded at hand-over; before it, as if it were handed over today."""
    gone = queries.hand_over(db, one.id)
    return (gone.first_day_of_use, True) if gone else (supply(one).first_day, False)


def calendar_of(db: Session, one: Fill, start: date | None = None) -> Calendar:
    """The calendar of a kit with all its containers, or of one titration; from `start`, or from the day on record."""
    if not kits.titrates(one):
        raise PharmacyError("This fill is a steady dose: every day is alike.")
    first, known = first_day(db, one)
    if start is not None:
        first, known = start, known and start == first
    kit = kits.kit_of(one.prescription) if kits.is_first(one) else None
    directions = prescriptions.directions_for(one)
    if kit is None:
        columns = [_column(one, "1 of 1", directions)]
        made = checked_calendar(directions, first, max(prescriptions.fill_days(one), 1))
    else:
        columns = _of_kit(db, one)
        made = checked_kit_calendar(kit, first)
    whens = {step.when for step in directions.steps}
    form = Form(one.prescription.form)
    return Calendar(tuple(columns), made, form, whens.pop() if len(whens) == 1 else None, first, known)


def _of_kit(db: Session, one: Fill) -> list[Column]:
    rows = kits.together(db, one)
    found = []
    for at, (row, made) in enumerate(rows, start=1):
        place = f"{at} of {len(rows)}"
        if made is not None:
            found.append(_column(made, place, prescriptions.directions_for(made)))
        else:
            said = sentence(Directions.from_json(row.directions))
            found.append(Column(place, prescriptions.medicine_text(row), said, f"Rx {row.number}", None, "", ""))
    return found


def _column(one: Fill, place: str, directions: Directions) -> Column:
    with_it = prescriptions.syringe_of(one)
    return Column(
        place,
        prescriptions.medicine_text(one.prescription).removeprefix(DRUG.replace(" ", "\u00a0")).strip(),
        sentence(directions),
        one.number,
        one.id,
        one.status,
        with_it.words() if with_it else "",
    )
