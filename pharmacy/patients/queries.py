"""Reading patients and prescribers, and finding them by any part of name, telephone or birthday."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from pharmacy.errors import NotFound
from pharmacy.patients.models import MedicineTaken, Patient, Prescriber

_EVERYTHING = (
    selectinload(Patient.sensitivities),
    selectinload(Patient.conditions),
    selectinload(Patient.medicines),
)
_DAYS = ("%d %b %Y", "%Y-%m-%d", "%m/%d/%Y", "%d %B %Y")


def patient(db: Session, patient_id: int) -> Patient:
    """One patient with sensitivities, conditions and medicines."""
    wanted = select(Patient).where(Patient.id == patient_id).options(*_EVERYTHING)
    found = db.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("There is no such patient.")
    return found


def prescriber(db: Session, prescriber_id: int) -> Prescriber:
    """One prescriber."""
    found = db.get(Prescriber, prescriber_id)
    if found is None:
        raise NotFound("There is no such prescriber.")
    return found


def medicine(db: Session, medicine_id: int) -> MedicineTaken:
    """One medicine of a patient's."""
    found = db.get(MedicineTaken, medicine_id)
    if found is None:
        raise NotFound("There is no such medicine.")
    return found


def recent(db: Session, limit: int = 20) -> Sequence[Patient]:
    """The patients added last."""
    return db.scalars(select(Patient).order_by(Patient.id.desc()).limit(limit)).all()


def prescribers(db: Session) -> Sequence[Prescriber]:
    """All prescribers by name, those who are active first."""
    return db.scalars(select(Prescriber).order_by(Prescriber.active.desc(), Prescriber.family_name)).all()


def search(db: Session, text: str, limit: int = 20) -> Sequence[Patient]:
    """Patients whose name, telephone or birthday holds every word of the text, by name."""
    condition = _holds(Patient.searchable, text)
    if condition is None:
        return []
    return db.scalars(
        select(Patient).where(condition).order_by(Patient.family_name, Patient.given_name).limit(limit)
    ).all()


def search_prescribers(db: Session, text: str, limit: int = 20) -> Sequence[Prescriber]:
    """Active prescribers whose name, NPI or telephone holds every word of the text."""
    condition = _holds(Prescriber.searchable, text)
    if condition is None:
        return []
    wanted = select(Prescriber).where(condition, Prescriber.active.is_(True))
    return db.scalars(wanted.order_by(Prescriber.family_name).limit(limit)).all()


def same_person(db: Session, given_name: str, family_name: str, born: date, but: int | None = None) -> Patient | None:
    """Somebody else of this name and birthday, if there is one."""
    name = plain(f"{given_name} {family_name}")
    for row in db.scalars(select(Patient).where(Patient.born == born)):
        if row.id != but and plain(row.full_name) == name:
            return row
    return None


def _holds(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool] | None:
    """Every word of the text stands somewhere in the column; None when there is no word."""
    condition: ColumnElement[bool] | None = None
    for word in _words(text):
        one = column.contains(word, autoescape=True)
        condition = one if condition is None else condition & one
    return condition


def _words(text: str) -> list[str]:
    day = _day(text)
    if day is not None:
        return [day.isoformat()]
    if not re.search(r"[^\W\d]", text):  # no letter: a telephone number, however it is grouped
        digits = re.sub(r"\D", "", text)
        return [digits] if digits else []
    return [word for word in re.split(r"[\s,;]+", plain(text)) if word][:8]


def _day(text: str) -> date | None:
    given = " ".join(text.split())
    if not given.isascii() or len(given) > 20:
        return None
    for shape in _DAYS:
        try:
            return datetime.strptime(given, shape).date()  # noqa: DTZ007  a calendar day has no zone
        except ValueError:
            continue
    return None


def plain(text: str) -> str:
    """Small letters without accents, single blanks: what is compared when people search."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(bare.split())


def searchable(given_name: str, family_name: str, phone: str, *more: str) -> str:
    """The one line that is searched: name both ways round, telephone digits, and whatever else is given."""
    digits = re.sub(r"\D", "", phone)
    return " ".join([plain(f"{given_name} {family_name}"), plain(phone), digits, *(plain(one) for one in more if one)])
