"""Reading patients, their medicines, and prescribers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, false, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from pharmacy.errors import NotFound
from pharmacy.patients import names
from pharmacy.patients.models import MedicineTaken, Patient, Prescriber
from pharmacy.rules import book, checks
from pharmacy.rules.facts import Use
from pharmacy.rules.vocabulary import Recognition

_WHOLE = (selectinload(Patient.sensitivities), selectinload(Patient.conditions), selectinload(Patient.medicines))
MOST_NAMES = 8


def patient(db: Session, patient_id: int) -> Patient:
    """One patient with sensitivities, conditions and all medicines, removed ones among them."""
    wanted = select(Patient).where(Patient.id == patient_id).options(*_WHOLE)
    found = db.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("There is no such patient.")
    return found


def search(db: Session, text: str, limit: int = 20, *, whole: bool = False) -> Sequence[Patient]:
    """Patients whose name, telephone number or date of birth holds every piece of the text, sorted by name.

    With ``whole``, each comes with sensitivities, conditions and medicines.
    """
    wanted = _holding(select(Patient), Patient.searchable, text)
    return db.scalars((wanted.options(*_WHOLE) if whole else wanted).limit(limit)).all()


def _holding(query: Select[Any], column: InstrumentedAttribute[str], text: str) -> Select[Any]:
    pieces = names.wanted(text)
    if not pieces:
        return query.where(false())
    for piece in pieces:
        query = query.where(column.contains(piece, autoescape=True))
    return query.order_by(column)


def recent(db: Session, limit: int = 12) -> Sequence[Patient]:
    """The patients who were added last."""
    return db.scalars(select(Patient).order_by(Patient.id.desc()).limit(limit)).all()


def same_person(
    db: Session, family_name: str, given_name: str, born: date, but: int | None = None
) -> Sequence[Patient]:
    """Patients of the same name and birthday, whatever the accents and the case."""
    alike = (names.plain(family_name), names.plain(given_name))
    rows = db.scalars(select(Patient).where(Patient.born == born, Patient.id != (but or 0))).all()
    return [row for row in rows if (names.plain(row.family_name), names.plain(row.given_name)) == alike]


def medicine(db: Session, medicine_id: int) -> MedicineTaken:
    """One medicine of a patient's list; raises :class:`NotFound`."""
    wanted = select(MedicineTaken).where(MedicineTaken.id == medicine_id)
    found = db.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("There is no such medicine.")
    return found


def taken(row: Patient) -> list[MedicineTaken]:
    """The medicines on the list as it stands."""
    return [one for one in row.medicines if not one.removed]


def recognition(row: MedicineTaken) -> Recognition:
    """What today's vocabulary makes of the medicine, with what a person resolved: what the rules look at."""
    named = tuple(row.ingredients) if row.resolved_by is not None else ()
    use = Use(row.use) if row.use in set(Use) else Use.CURRENT
    return checks.medicine_fact(book.load().vocabulary, row.typed, use, named=named, found=row.resolution).recognition


def has_unknown_words(row: MedicineTaken) -> bool:
    """Whether the name, as typed, holds words that the vocabulary does not explain: a person says what they mean."""
    return book.load().vocabulary.recognise(row.typed).open


def is_open(row: MedicineTaken) -> bool:
    """Whether a person still has to find out what it is."""
    return not row.removed and row.resolved_by is None and has_unknown_words(row)


def ingredient_names(codes: Sequence[str]) -> str:
    """Ingredient codes in words."""
    return book.load().vocabulary.names(codes)


def medicine_names(text: str) -> list[str]:
    """Known ingredients that begin with the text, then those that hold it; nothing is guessed of a misspelt name."""
    typed = names.plain(text)
    if len(typed) < 2:
        return []
    known = [name for name in book.load().vocabulary.ingredients().values() if typed in names.plain(name)]
    return sorted(known, key=lambda name: (not names.plain(name).startswith(typed), name.casefold()))[:MOST_NAMES]


def ingredient_code(name: str) -> str | None:
    """The code of a known ingredient, by its name or code."""
    typed = names.plain(name)
    known = book.load().vocabulary.ingredients().items()
    return next((code for code, words in known if typed in {names.plain(code), names.plain(words)}), None)


# --- prescribers -----------------------------------------------------------------------------------------------------


def prescriber(db: Session, prescriber_id: int) -> Prescriber:
    """One prescriber; raises :class:`NotFound`."""
    wanted = select(Prescriber).where(Prescriber.id == prescriber_id)
    found = db.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("There is no such prescriber.")
    return found


def search_prescribers(db: Session, text: str, limit: int = 20, *, active_only: bool = False) -> Sequence[Prescriber]:
    """Prescribers whose name, telephone number or NPI holds every piece of the text, sorted by name."""
    wanted = _holding(select(Prescriber), Prescriber.searchable, text)
    if active_only:
        wanted = wanted.where(Prescriber.active)
    return db.scalars(wanted.limit(limit)).all()


def prescribers(db: Session, limit: int = 200) -> Sequence[Prescriber]:
    """All prescribers, those who still prescribe first, by name."""
    return db.scalars(select(Prescriber).order_by(Prescriber.active.desc(), Prescriber.searchable).limit(limit)).all()


def by_npi(db: Session, npi: str) -> Prescriber | None:
    """The prescriber with this NPI."""
    return db.scalars(select(Prescriber).where(Prescriber.npi == npi)).one_or_none()
