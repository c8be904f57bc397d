"""The verbs about patients and prescribers. Those about medicines taken stand in ``medicines`` and are named here too."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.domain.dates import day_text
from pharmacy.errors import PharmacyError
from pharmacy.patients import names, queries
from pharmacy.patients.data import (
    ConditionEntry,
    MedicineEntry,
    PatientData,
    PrescriberData,
    SensitivityEntry,
)
from pharmacy.patients.medicines import record_medicines, resolve_medicine
from pharmacy.patients.models import Condition, Patient, Prescriber, Sensitivity

__all__ = (
    "ConditionEntry", "MedicineEntry", "PatientData", "PrescriberData", "SensitivityEntry", "add_patient",
    "add_prescriber", "change_patient", "change_prescriber", "record_medicines", "record_search", "resolve_medicine",
)  # fmt: skip

_PLAIN = (
    "family_name", "given_name", "born", "sex", "street", "town", "phone", "language", "pregnancy", "lactation"
)  # fmt: skip
_PRESCRIBER = (
    "family_name", "given_name", "credentials", "npi", "licence", "licence_state", "phone", "street", "town", "active"
)  # fmt: skip


@answered
def add_patient(
    db: Session, actor: Actor, data: PatientData, key: str | None = None, *, another_person: bool = False
) -> Plain:
    """Add a patient; the answer is the id. One of the same name and birthday is refused unless it is another person."""
    data.check(clock.today())
    with acting(db, actor, Action.ADD_PATIENT, Seen(Patient), key=key) as opened:
        if not another_person:
            _check_not_twice(db, data)
        patient = Patient(takes_none=False)
        _write(patient, data)
        db.add(patient)
        db.flush()
        _write_sensitivities(db, patient.id, data.sensitivities)
        _write_conditions(db, patient.id, data.conditions)
        opened.concerns("patient", patient.id)
        opened.answer = patient.id
    return opened.answer


@answered
def change_patient(
    db: Session,
    actor: Actor,
    seen: Seen[Patient],
    data: PatientData,
    key: str | None = None,
    *,
    another_person: bool = False,
) -> Plain:
    """Change what is known of a patient. Sensitivities and conditions are given whole; what is left out is taken off."""
    data.check(clock.today())
    with acting(db, actor, Action.CHANGE_PATIENT, seen, key=key) as opened:
        patient = opened.subject
        if not another_person and _is_renamed(patient, data):
            _check_not_twice(db, data, patient.id)
        _write(patient, data)
        _write_sensitivities(db, patient.id, data.sensitivities)
        _write_conditions(db, patient.id, data.conditions)
        opened.answer = patient.id
    return opened.answer


def _is_renamed(patient: Patient, data: PatientData) -> bool:
    return (patient.family_name, patient.given_name, patient.born) != (data.family_name, data.given_name, data.born)


def _check_not_twice(db: Session, data: PatientData, but: int | None = None) -> None:
    if queries.same_person(db, data.family_name, data.given_name, data.born, but):
        raise PharmacyError(
            f"There is a patient of this name, born {day_text(data.born)}, already. If this is another person, tick that.",
            "another_person",
        )


def _write(patient: Patient, data: PatientData) -> None:
    """Put the plain facts on the row; what is as it was makes no entry in the log."""
    for name in _PLAIN:
        value = getattr(data, name)
        value = value.strip() if isinstance(value, str) else value
        if getattr(patient, name) != value:
            setattr(patient, name, value)
    line = names.searchable(patient.family_name, patient.given_name, patient.phone, names.born_words(patient.born))
    if patient.searchable != line:
        patient.searchable = line


def _write_sensitivities(db: Session, patient_id: int, entries: tuple[SensitivityEntry, ...]) -> None:
    """Make the rows what the entries say; one that stays is left alone, so that the log shows the difference only."""
    wanted = {(one.kind, one.substance or one.words, one.words): one.reaction for one in entries}
    for row in db.scalars(select(Sensitivity).where(Sensitivity.patient_id == patient_id)):
        reaction = wanted.pop((row.kind, row.substance, row.words), None)
        if reaction is None:
            db.delete(row)
        elif reaction != row.reaction:
            row.reaction = reaction
    for (kind, substance, words), reaction in wanted.items():
        db.add(Sensitivity(patient_id=patient_id, kind=kind, substance=substance, words=words, reaction=reaction))


def _write_conditions(db: Session, patient_id: int, entries: tuple[ConditionEntry, ...]) -> None:
    wanted = {(one.code, one.words) for one in entries}
    for row in db.scalars(select(Condition).where(Condition.patient_id == patient_id)):
        if (row.code, row.words) in wanted:
            wanted.remove((row.code, row.words))
        else:
            db.delete(row)
    for code, words in sorted(wanted):
        db.add(Condition(patient_id=patient_id, code=code, words=words))


def record_search(db: Session, actor: Actor, text: str) -> None:
    """Record that someone searched among the patients; the words themselves stay out of the log."""
    with acting(db, actor, Action.SEARCH, Seen(Patient)) as opened:
        opened.context["letters"] = len(text)


# --- prescribers -----------------------------------------------------------------------------------------------------


@answered
def add_prescriber(db: Session, actor: Actor, data: PrescriberData, key: str | None = None) -> Plain:
    """Add a prescriber; the answer is the id. One NPI is one person."""
    data.check()
    with acting(db, actor, Action.ADD_PRESCRIBER, Seen(Prescriber), key=key) as opened:
        _check_npi_is_free(db, data.npi)
        row = Prescriber()
        _write_prescriber(row, data)
        db.add(row)
        db.flush()
        opened.answer = row.id
    return opened.answer


@answered
def change_prescriber(
    db: Session, actor: Actor, seen: Seen[Prescriber], data: PrescriberData, key: str | None = None
) -> Plain:
    """Change what is known of a prescriber. Labels that were issued keep the name that they bear."""
    data.check()
    with acting(db, actor, Action.CHANGE_PRESCRIBER, seen, key=key) as opened:
        _check_npi_is_free(db, data.npi, opened.subject.id)
        _write_prescriber(opened.subject, data)
        opened.answer = opened.subject.id
    return opened.answer


def _check_npi_is_free(db: Session, npi: str, but: int | None = None) -> None:
    other = queries.by_npi(db, npi)
    if other is not None and other.id != but:
        raise PharmacyError(f"This NPI is {other.full_name}’s.", "npi")


def _write_prescriber(row: Prescriber, data: PrescriberData) -> None:
    for name in _PRESCRIBER:
        value = getattr(data, name)
        value = value.strip() if isinstance(value, str) else value
        if getattr(row, name) != value:
            setattr(row, name, value)
    line = names.searchable(row.family_name, row.given_name, row.phone, row.npi)
    if row.searchable != line:
        row.searchable = line
