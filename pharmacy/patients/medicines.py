"""The list of medicines that a patient takes: asked for, recognised, and resolved where nobody knows the name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.errors import NotFound, NotReady, PharmacyError
from pharmacy.patients import queries
from pharmacy.patients.data import LONGEST_TEXT, MedicineEntry
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.rules import book
from pharmacy.rules.vocabulary import Recognition

MOST_MEDICINES = 60


@answered
def record_medicines(
    db: Session,
    actor: Actor,
    seen: Seen[Patient],
    entries: tuple[MedicineEntry, ...],
    key: str | None = None,
    *,
    none: bool = False,
) -> Plain:
    """Record the whole list as the patient gave it now, or with ``none`` that the patient was asked and takes nothing.

    An entry with the id of a row is that row; a row that no entry names is taken off the list and kept as removed. A
    name that stays as it was keeps what a person found out about it.
    """
    if none and entries:
        raise PharmacyError("Either the patient takes none, or the list says what. Correct one of them.", "none")
    if not none and not entries:
        raise PharmacyError("Write the medicines, or tick that the patient takes none.", "none")
    if len(entries) > MOST_MEDICINES:
        raise PharmacyError(f"A list has at most {MOST_MEDICINES} medicines.", "medicines")
    with acting(db, actor, Action.RECORD_MEDICINES, seen, key=key) as opened:
        patient, now, today = opened.subject, clock.now(), clock.today()
        standing = {row.id: row for row in _standing(db, patient.id)}
        if len({entry.id for entry in entries if entry.id is not None}) != sum(
            1 for one in entries if one.id is not None
        ):
            raise PharmacyError("A medicine of the list stands there twice. Open the page again.", "medicines")
        for entry in entries:
            entry.check(patient.born, today)
            _record(opened, patient.id, entry, standing)
        kept = {entry.id for entry in entries}
        for row in standing.values():
            if row.id not in kept:
                row.removed = True
        patient.history_asked_at, patient.history_asked_by, patient.takes_none = now, actor.id, none
        opened.answer = patient.id
    return opened.answer


def _standing(db: Session, patient_id: int) -> Sequence[MedicineTaken]:
    wanted = select(MedicineTaken).where(MedicineTaken.patient_id == patient_id, ~MedicineTaken.removed)
    return db.scalars(wanted.order_by(MedicineTaken.id)).all()


def _record(
    opened: Opened[Patient], patient_id: int, entry: MedicineEntry, standing: Mapping[int, MedicineTaken]
) -> None:
    """Write one entry: a new row, or what is different in the row that it names."""
    typed, now = " ".join(entry.typed.split()), clock.now()
    said: dict[str, Any] = {"use": entry.use, "last_dose": entry.last_dose, "source": entry.source.strip()}
    if entry.id is None:
        row = MedicineTaken(
            patient_id=patient_id, typed=typed, asked_by=opened.actor.id, asked_at=now, **said, **_recognised(typed)
        )
        opened.db.add(row)
        return
    if entry.id not in standing:
        raise NotFound("A medicine of this list is not there any more. Open the page again.", "medicines")
    row = standing[entry.id]
    if typed != row.typed:
        said |= {"typed": typed, "resolved_by": None, "resolution": "", **_recognised(typed)}
    changed = {name: value for name, value in said.items() if getattr(row, name) != value}
    if changed:
        for name, value in {**changed, "asked_by": opened.actor.id, "asked_at": now}.items():
            setattr(row, name, value)


def _recognised(typed: str) -> dict[str, Any]:
    return _columns(book.load().vocabulary.recognise(typed))


def _columns(found: Recognition) -> dict[str, Any]:
    return {
        "recognition": found.status.value,
        "ingredients": list(found.ingredients),
        "unexplained": list(found.unexplained),
        "vocabulary": found.vocabulary,
    }


@answered
def resolve_medicine(
    db: Session,
    actor: Actor,
    seen: Seen[MedicineTaken],
    ingredients: tuple[str, ...],
    resolution: str,
    key: str | None = None,
) -> Plain:
    """Say which known ingredients an unrecognised medicine holds, or what was found out about it and where.

    Neither makes an opioid that stands in the name go away. What is only described in words stays "not checked", with
    the person who answers for it.
    """
    vocabulary, found_out = book.load().vocabulary, resolution.strip()
    unknown = [code for code in ingredients if code not in vocabulary.ingredients()]
    if unknown:
        raise PharmacyError("One of the ingredients is not on the list of known ones.", "ingredients")
    if not ingredients and len(found_out) < 3:
        raise PharmacyError("Choose what it holds, or write what you found out and where.", "resolution")
    if len(found_out) > LONGEST_TEXT:
        raise PharmacyError(f"At most {LONGEST_TEXT} characters.", "resolution")
    reason = found_out or f"Holds {vocabulary.names(ingredients)}"
    with acting(db, actor, Action.RESOLVE_MEDICINE, seen, reason=reason, key=key) as opened:
        row = opened.subject
        if row.removed:
            raise NotReady("This medicine is no longer on the patient’s list.")
        if not queries.has_unknown_words(row):
            raise NotReady("This name is known; there is nothing to find out.")
        now = _columns(vocabulary.resolve(ingredients, row.typed) if ingredients else vocabulary.recognise(row.typed))
        if not ingredients:
            now["ingredients"] = []  # what the name alone says is no answer about the rest: the words must stay in view
        for name, value in now.items():
            setattr(row, name, value)
        row.resolved_by, row.resolution = actor.id, reason
        opened.concerns("patient", row.patient_id)
        opened.answer = row.patient_id
    return opened.answer


def needs_resolving(patient: Patient) -> list[MedicineTaken]:
    """The medicines of the list that somebody still has to find out about."""
    return [row for row in patient.medicines if queries.is_open(row)]
