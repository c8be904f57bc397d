"""What a patient takes: asked for, recognised, never passed over in silence, resolved by a pharmacist."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.patients import queries, service
from pharmacy.patients.data import MedicineEntry
from pharmacy.patients.medicines import needs_resolving
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.rules import book
from pharmacy.rules.vocabulary import Status
from tests import factories


@pytest.fixture
def fergus_id(raw: Engine) -> int:
    """A patient whom nobody has asked yet."""
    return factories.patient(raw, history_asked_at=None, history_asked_by=None, takes_none=False)


def record(db: Session, actor: Actor, patient_id: int, *entries: MedicineEntry | str, none: bool = False) -> Patient:
    """Record the list on the patient as she is now, and read it back."""
    rows = tuple(MedicineEntry(one) if isinstance(one, str) else one for one in entries)
    seen = Seen(Patient, patient_id, queries.patient(db, patient_id).version)
    service.record_medicines(db, actor, seen, rows, none=none)
    return queries.patient(db, patient_id)


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("Percocet 5-325 mg tablets", Status.OPIOID),
        ("oxycodone IR 5mg", Status.OPIOID),
        ("Levothyroxine 50 mcg", Status.CLEAR),
        ("Zorbinol forte", Status.NOT_CHECKED),
    ],
)
def test_each_name_is_recognised_as_it_is_written_down(
    db: Session, tina: Actor, fergus_id: int, typed: str, status: Status
) -> None:
    (row,) = record(db, tina, fergus_id, typed).medicines
    assert (row.typed, row.recognition) == (typed, status.value)
    assert row.vocabulary == book.load().vocabulary.version
    assert bool(row.unexplained) == (status is Status.NOT_CHECKED)
    assert queries.is_open(row) == (status is Status.NOT_CHECKED)


def test_a_medicine_that_stays_as_it_was_keeps_its_version(
    db: Session, tina: Actor, paul: Actor, fergus_id: int
) -> None:
    (aspirin,) = record(db, tina, fergus_id, "Aspirin 81 mg").medicines
    again = record(db, paul, fergus_id, MedicineEntry("Aspirin 81 mg", id=aspirin.id), "Metformin 500 mg")
    assert again.medicines[0].version == 1
    assert again.medicines[0].asked_by == tina.id
    assert again.history_asked_by == paul.id


def test_stopped_needs_no_day_and_unknown_stays_unknown(db: Session, tina: Actor, fergus_id: int) -> None:
    entries = (
        MedicineEntry("Oxycodone 5 mg", "stopped", None, "patient"),
        MedicineEntry("Tramadol 50 mg", "stopped", date(2026, 11, 1), "prescriber"),
        MedicineEntry("Loperamide", "as needed"),
    )
    row = record(db, tina, fergus_id, *entries)
    assert [(one.use, one.last_dose, one.source) for one in row.medicines] == [
        ("stopped", None, "patient"),
        ("stopped", date(2026, 11, 1), "prescriber"),
        ("as needed", None, "patient"),
    ]
    assert not row.takes_none


@pytest.mark.parametrize(
    "entry",
    [
        MedicineEntry(""),
        MedicineEntry("   "),
        MedicineEntry("400"),
        MedicineEntry("x" * 201),
        MedicineEntry("Aspirin", "sometimes"),
        MedicineEntry("Aspirin", last_dose=clock.today() + timedelta(days=1)),
        MedicineEntry("Aspirin", last_dose=date(1970, 1, 1)),  # before the birth
        MedicineEntry("Aspirin", source=" "),
        MedicineEntry("Aspirin", source="x" * 201),
    ],
)
def test_an_impossible_medicine_is_refused_and_nothing_of_the_list_is_written(
    db: Session, tina: Actor, fergus_id: int, entry: MedicineEntry
) -> None:
    with pytest.raises(PharmacyError) as refused:
        record(db, tina, fergus_id, "Metformin 500 mg", entry)
    assert refused.value.field == "medicines"
    assert queries.patient(db, fergus_id).medicines == []


def test_a_row_of_another_patient_or_one_taken_off_cannot_be_named(
    db: Session, tina: Actor, fergus_id: int, raw: Engine
) -> None:
    other_id = factories.patient(raw, given_name="Angus")
    (other,) = record(db, tina, other_id, "Aspirin").medicines
    with pytest.raises(NotFound):
        record(db, tina, fergus_id, MedicineEntry("Aspirin", id=other.id))
    record(db, tina, other_id, "Metformin 500 mg")
    with pytest.raises(NotFound):
        record(db, tina, other_id, MedicineEntry("Aspirin", id=other.id))


def test_one_row_cannot_stand_on_the_list_twice(db: Session, tina: Actor, fergus_id: int) -> None:
    (aspirin,) = record(db, tina, fergus_id, "Aspirin").medicines
    twice = (MedicineEntry("Aspirin", id=aspirin.id), MedicineEntry("Aspirin 81 mg", id=aspirin.id))
    with pytest.raises(PharmacyError, match="twice"):
        record(db, tina, fergus_id, *twice)


def test_the_same_list_sent_twice_is_recorded_once(db: Session, tina: Actor, fergus_id: int) -> None:
    seen, entries = Seen(Patient, fergus_id, 1), (MedicineEntry("Aspirin"),)
    service.record_medicines(db, tina, seen, entries, "c" * 32)
    service.record_medicines(db, tina, seen, entries, "c" * 32)
    assert len(queries.patient(db, fergus_id).medicines) == 1


def test_auditor_and_administrator_record_no_medicines(
    db: Session, ada: Actor, adam: Actor, nora: Actor, fergus_id: int
) -> None:
    for actor in (ada, adam, nora):
        with pytest.raises(Refused):
            service.record_medicines(db, actor, Seen(Patient, fergus_id, 1), (), none=True)


# --- finding out -----------------------------------------------------------------------------------------------------


def unknown(db: Session, actor: Actor, patient_id: int, typed: str = "Zorbinol forte") -> MedicineTaken:
    (row,) = record(db, actor, patient_id, typed).medicines
    assert queries.is_open(row)
    return row


def test_a_pharmacist_names_what_an_unknown_medicine_holds(
    db: Session, tina: Actor, paul: Actor, fergus_id: int
) -> None:
    row = unknown(db, tina, fergus_id)
    assert needs_resolving(queries.patient(db, fergus_id)) == [row]
    service.resolve_medicine(db, paul, Seen(MedicineTaken, row.id, row.version), ("ibuprofen",), "Label, read to me")
    now = queries.medicine(db, row.id)
    assert (now.resolved_by, now.resolution, now.ingredients) == (paul.id, "Label, read to me", ["ibuprofen"])
    assert not queries.is_open(now)
    assert queries.recognition(now).status is Status.CLEAR
    assert needs_resolving(queries.patient(db, fergus_id)) == []


def test_ingredients_alone_are_an_answer_and_words_alone_are_too(
    db: Session, tina: Actor, paul: Actor, fergus_id: int
) -> None:
    row = unknown(db, tina, fergus_id)
    service.resolve_medicine(db, paul, Seen(MedicineTaken, row.id), ("ibuprofen",), "")
    assert queries.medicine(db, row.id).resolution.startswith("Holds ")
    service.resolve_medicine(db, paul, Seen(MedicineTaken, row.id), (), "A plant tea; the maker's page lists the herbs")
    now = queries.medicine(db, row.id)
    assert now.resolution.startswith("A plant tea")
    assert not queries.is_open(now)
    assert queries.recognition(now).status is Status.NOT_CHECKED


@pytest.mark.parametrize("code", ["oxycodone", "methadone", "buprenorphine"])
def test_an_opioid_found_out_is_an_opioid(db: Session, tina: Actor, paul: Actor, fergus_id: int, code: str) -> None:
    row = unknown(db, tina, fergus_id)
    service.resolve_medicine(db, paul, Seen(MedicineTaken, row.id), (code,), "Label of the bottle")
    now = queries.medicine(db, row.id)
    assert now.recognition == Status.OPIOID.value
    assert queries.recognition(now).status is Status.OPIOID


def test_two_pharmacists_on_one_medicine_one_wins(
    db: Session, tina: Actor, paul: Actor, pia: Actor, fergus_id: int
) -> None:
    row = unknown(db, tina, fergus_id)
    seen = Seen(MedicineTaken, row.id, row.version)
    service.resolve_medicine(db, paul, seen, ("ibuprofen",), "Label of the bottle")
    with pytest.raises(Conflict):
        service.resolve_medicine(db, pia, seen, (), "It is a tea")


def test_suggested_names_are_ingredients_that_hold_what_was_typed(db: Session) -> None:
    found = queries.medicine_names("metf")
    assert found
    assert found[0].casefold().startswith("metf")
    assert queries.medicine_names("x") == []
    assert queries.medicine_names("oxycodon 5 mg") == []  # nothing is guessed: choosing would lose the strength
