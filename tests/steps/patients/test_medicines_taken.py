"""The list of medicines taken: asked for, recognised, resolved where nobody knows the name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.errors import NotFound, NotReady, PharmacyError
from pharmacy.patients import queries, service, shown
from pharmacy.patients.data import MedicineEntry
from pharmacy.patients.medicines import needs_resolving
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.patients.shown import Known
from pharmacy.screening.service import medicine_fact
from tests.steps.patients.conftest import seen, seen_medicine

Told = Callable[..., list[MedicineTaken]]
MADE_UP = "Sereniva calm syrup"


def patient(db: Session, patient_id: int) -> Patient:
    return queries.patient(db, patient_id)


def test_what_is_told_is_kept_as_typed_with_what_it_was_recognised_as(
    db: Session, fergus: int, told: Told, tina: Actor
) -> None:
    opioid, clear, unknown = told(fergus, "oxycodone IR 5 mg", "levothyroxine 75 mcg", MADE_UP)
    assert (opioid.typed, opioid.recognition, opioid.ingredients) == ("oxycodone IR 5 mg", "opioid", ["oxycodone"])
    assert (clear.recognition, clear.ingredients) == ("clear", ["levothyroxine"])
    assert (unknown.recognition, unknown.ingredients) == ("not checked", [])
    assert {"sereniva", "calm"} <= set(unknown.unexplained)
    row = patient(db, fergus)
    assert (row.history_asked_by, row.takes_none) == (tina.id, False)
    assert row.history_asked_at is not None
    assert [one.id for one in needs_resolving(row)] == [unknown.id]


def test_asked_and_takes_none_is_not_the_same_as_nobody_asked(db: Session, fergus: int, told: Told) -> None:
    assert patient(db, fergus).history_asked_at is None
    assert told(fergus) == []
    row = patient(db, fergus)
    assert row.takes_none
    assert row.history_asked_at is not None


def test_a_list_and_the_tick_for_none_cannot_both_be_true(db: Session, tina: Actor, fergus: int) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.record_medicines(db, tina, seen(db, fergus), (MedicineEntry("ibuprofen"),), none=True)
    assert refused.value.field == "none"
    with pytest.raises(PharmacyError, match="takes none"):
        service.record_medicines(db, tina, seen(db, fergus), (), none=False)
    assert patient(db, fergus).history_asked_at is None


def test_a_medicine_no_longer_told_is_kept_as_removed(db: Session, fergus: int, told: Told) -> None:
    first, second = told(fergus, "ibuprofen", "metformin 500 mg")
    told(fergus, MedicineEntry("metformin 500 mg", id=second.id))
    row = patient(db, fergus)
    assert [one.id for one in queries.taken(row)] == [second.id]
    assert [one.typed for one in shown.taken_off(row)] == ["ibuprofen"]
    assert {one.id for one in row.medicines} == {first.id, second.id}


def test_another_spelling_is_recognised_anew(fergus: int, told: Told) -> None:
    (wrong,) = told(fergus, "Sereniva")
    (right,) = told(fergus, MedicineEntry("Percocet 5-325", id=wrong.id))
    assert right.id == wrong.id
    assert right.recognition == "opioid"


@pytest.mark.parametrize(
    "entry",
    [
        MedicineEntry("   "),
        MedicineEntry("12345"),
        MedicineEntry("x" * 201),
        MedicineEntry("ibuprofen", use="sometimes"),
        MedicineEntry("ibuprofen", source=" "),
        MedicineEntry("ibuprofen", last_dose=date(1960, 1, 1)),
    ],
)
def test_an_entry_that_cannot_be_is_refused_and_the_list_stays(
    db: Session, fergus: int, told: Told, entry: MedicineEntry
) -> None:
    told(fergus, "metformin")
    with pytest.raises(PharmacyError):
        told(fergus, entry)
    assert [one.typed for one in queries.taken(patient(db, fergus))] == ["metformin"]


def test_a_last_dose_lies_in_no_future(fergus: int, told: Told) -> None:
    with pytest.raises(PharmacyError, match="future"):
        told(fergus, MedicineEntry("oxycodone", "stopped", clock.today() + timedelta(days=1)))
    (row,) = told(fergus, MedicineEntry("oxycodone", "stopped", clock.today()))
    assert row.last_dose == clock.today()


def test_a_row_of_another_patient_cannot_be_written_through_this_list(
    db: Session, add: Callable[..., int], told: Told
) -> None:
    odile, fergus = add(given_name="Odile"), add()
    (hers,) = told(odile, "warfarin")
    with pytest.raises(NotFound):
        told(fergus, MedicineEntry("aspirin", id=hers.id))
    assert [one.typed for one in queries.taken(patient(db, odile))] == ["warfarin"]


def test_two_people_ask_the_same_patient_and_the_second_sees_a_conflict(
    db: Session, tina: Actor, paul: Actor, fergus: int
) -> None:
    both_see = seen(db, fergus)
    service.record_medicines(db, tina, both_see, (MedicineEntry("ibuprofen"),))
    with pytest.raises(Conflict):
        service.record_medicines(db, paul, both_see, (), none=True)
    assert [one.typed for one in queries.taken(patient(db, fergus))] == ["ibuprofen"]


# --- resolving -------------------------------------------------------------------------------------------------------


def test_a_pharmacist_names_what_an_unknown_product_holds(db: Session, fergus: int, told: Told, paul: Actor) -> None:
    (row,) = told(fergus, MADE_UP)
    service.resolve_medicine(db, paul, seen_medicine(row), ("diphenhydramine",), "Label of the bottle")
    now = queries.medicine(db, row.id)
    assert (now.ingredients, now.resolved_by, now.resolution) == (["diphenhydramine"], paul.id, "Label of the bottle")
    assert not queries.is_open(now)
    assert not medicine_fact(now).recognition.open
    assert shown.shown(now).known is Known.RESOLVED
    assert shown.shown(now).holds == "diphenhydramine"


def test_an_opioid_that_was_found_inside_is_an_opioid(db: Session, fergus: int, told: Told, paul: Actor) -> None:
    (row,) = told(fergus, MADE_UP)
    service.resolve_medicine(db, paul, seen_medicine(row), ("codeine",), "")
    now = queries.medicine(db, row.id)
    assert now.recognition == "opioid"
    assert shown.shown(now).known is Known.OPIOID


def test_an_opioid_in_the_name_never_goes_away(db: Session, fergus: int, told: Told, paul: Actor) -> None:
    (row,) = told(fergus, "oxycodone Zubrovka")
    service.resolve_medicine(db, paul, seen_medicine(row), ("ibuprofen",), "Said to be ibuprofen")
    now = queries.medicine(db, row.id)
    assert "oxycodone" in now.ingredients
    assert medicine_fact(now).recognition.status.value == "opioid"


def test_what_was_only_found_out_in_words_stays_in_view_at_the_review(
    db: Session, fergus: int, told: Told, paul: Actor
) -> None:
    (row,) = told(fergus, "levothyroxine Zubrovka")
    service.resolve_medicine(db, paul, seen_medicine(row), (), "A bison-grass tea, maker's web page")
    now = queries.medicine(db, row.id)
    fact = medicine_fact(now)
    assert fact.recognition.open, "nobody named what the other word means"
    assert "levothyroxine" in fact.recognition.ingredients
    assert fact.found == "A bison-grass tea, maker's web page"
    assert not queries.is_open(now), "a person has answered for it"


@pytest.mark.parametrize(
    ("ingredients", "words", "field"),
    [
        ((), "", "resolution"),
        ((), " x ", "resolution"),
        (("moonshine",), "x", "ingredients"),
        ((), "x" * 501, "resolution"),
    ],
)
def test_nothing_found_out_resolves_nothing(
    db: Session, fergus: int, told: Told, paul: Actor, ingredients: tuple[str, ...], words: str, field: str
) -> None:
    (row,) = told(fergus, MADE_UP)
    with pytest.raises(PharmacyError) as refused:
        service.resolve_medicine(db, paul, seen_medicine(row), ingredients, words)
    assert refused.value.field == field
    assert queries.is_open(queries.medicine(db, row.id))


def test_a_technician_resolves_no_medicine(db: Session, fergus: int, told: Told, tina: Actor) -> None:
    (row,) = told(fergus, MADE_UP)
    with pytest.raises(Refused):
        service.resolve_medicine(db, tina, seen_medicine(row), ("ibuprofen",), "Looks like it")
    assert queries.is_open(queries.medicine(db, row.id))


@pytest.mark.parametrize("name", ["oxycodone IR 5 mg", "levothyroxine 75 mcg"])
def test_a_name_that_is_known_cannot_be_made_something_else(
    db: Session, fergus: int, told: Told, paul: Actor, name: str
) -> None:
    (row,) = told(fergus, name)
    with pytest.raises(NotReady):
        service.resolve_medicine(db, paul, seen_medicine(row), ("ibuprofen",), "Not what it says")
    assert queries.medicine(db, row.id).resolved_by is None


def test_what_was_found_out_holds_as_long_as_the_name_does(db: Session, fergus: int, told: Told, paul: Actor) -> None:
    (row,) = told(fergus, MADE_UP)
    service.resolve_medicine(db, paul, seen_medicine(row), ("diphenhydramine",), "Label")
    (same,) = told(fergus, MedicineEntry(MADE_UP, "as needed", id=row.id))
    assert (same.resolved_by, same.use) == (paul.id, "as needed")
    (other,) = told(fergus, MedicineEntry("Sereniva forte", id=row.id))
    assert (other.resolved_by, other.resolution) == (None, "")
    assert queries.is_open(other)


def test_a_medicine_that_is_off_the_list_is_not_resolved_any_more(
    db: Session, fergus: int, told: Told, paul: Actor
) -> None:
    (row,) = told(fergus, MADE_UP)
    told(fergus)
    with pytest.raises(NotReady):
        service.resolve_medicine(db, paul, seen_medicine(queries.medicine(db, row.id)), ("ibuprofen",), "Label")


def test_names_are_offered_from_two_letters_on_and_begin_with_what_is_typed_first() -> None:
    assert queries.medicine_names("n") == []
    found = queries.medicine_names("naltr")
    assert found[0] == "naltrexone"
    assert all("naltr" in name.casefold() for name in found)
