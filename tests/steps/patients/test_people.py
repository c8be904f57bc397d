"""Adding and changing patients and prescribers, by the services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.patients import queries, service
from pharmacy.patients.data import ConditionEntry, SensitivityEntry
from pharmacy.patients.models import Patient, Prescriber
from tests.steps.patients.conftest import FABLE, FERGUS, seen

Add = Callable[..., int]
KEY = "0" * 32


def entries(db: Session, action: Action) -> int:
    return db.scalar(select(func.count()).where(AuditEntry.action == action.value)) or 0


def test_a_technician_adds_a_patient_with_sensitivities_and_conditions(db: Session, add: Add) -> None:
    patient_id = add(
        sensitivities=(SensitivityEntry.typed("gelatine", reaction="hives"), SensitivityEntry.typed("Moonshine dust")),
        conditions=(ConditionEntry.coded("thyroid-disease"), ConditionEntry.typed("Gnarled toe")),
    )
    row = queries.patient(db, patient_id)
    assert [(one.kind, one.substance, one.words, one.reaction) for one in row.sensitivities] == [
        ("shell", "gelatin", "gelatine", "hives"),
        ("drug", "Moonshine dust", "Moonshine dust", ""),
    ]
    assert {(one.code, one.words) for one in row.conditions} == {
        ("thyroid-disease", "Thyroid disease"),
        ("other", "Gnarled toe"),
    }
    assert row.history_asked_at is None
    assert not row.takes_none


@pytest.mark.parametrize(
    "name",
    [
        "Żółć-Øre",
        "王小明",
        "Αθηνά",
        "محمد",
        'O’Brien "Bunny" <b>Moss</b>',
        "x" * 200,
        "Robert'); DROP TABLE patient;--",
        "{{ 7*7 }} %s {0} Smith",
    ],
)
def test_a_name_in_any_script_survives_and_is_found_again(db: Session, add: Add, name: str) -> None:
    patient_id = add(family_name=name)
    assert queries.patient(db, patient_id).family_name == name
    assert [row.id for row in queries.search(db, name)] == [patient_id]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"family_name": "x" * 201}, "family_name"),
        ({"family_name": "  "}, "family_name"),
        ({"given_name": "1234"}, "given_name"),
        ({"born": date(1899, 12, 31)}, "born"),
        ({"sex": "purple"}, "sex"),
        ({"street": ""}, "street"),
        ({"phone": "12"}, "phone"),
        ({"phone": "1" * 16}, "phone"),
        ({"phone": "call me"}, "phone"),
        ({"pregnancy": "perhaps"}, "pregnancy"),
        ({"pregnancy": "yes"}, "pregnancy"),
        ({"language": " "}, "language"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_added(
    db: Session, tina: Actor, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.add_patient(db, tina, replace(FERGUS, **given))
    assert refused.value.field == field
    assert db.scalar(select(func.count(Patient.id))) == 0


def test_nobody_is_born_tomorrow_and_somebody_may_be_born_today(add: Add) -> None:
    with pytest.raises(PharmacyError, match="future"):
        add(born=clock.today() + timedelta(days=1))
    assert add(born=clock.today())


def test_the_same_name_and_birthday_asks_whether_it_is_another_person(db: Session, tina: Actor, fergus: int) -> None:
    again = replace(FERGUS, given_name="FÉRGUS", phone="555-7777777")
    with pytest.raises(PharmacyError) as refused:
        service.add_patient(db, tina, again)
    assert refused.value.field == "another_person"
    other = service.add_patient(db, tina, again, another_person=True)
    assert other != fergus


def test_correcting_the_telephone_of_one_of_two_namesakes_asks_nothing(db: Session, tina: Actor, fergus: int) -> None:
    other = service.add_patient(db, tina, FERGUS, another_person=True)
    assert isinstance(other, int)
    service.change_patient(db, tina, seen(db, other), replace(FERGUS, phone="555-0177"))
    assert queries.patient(db, other).phone == "555-0177"


def test_two_people_correct_the_same_patient_and_the_second_is_told_who_was_first(
    db: Session, tina: Actor, paul: Actor, fergus: int
) -> None:
    shown = seen(db, fergus)
    service.change_patient(db, tina, shown, replace(FERGUS, phone="555-0177"))
    with pytest.raises(Conflict) as conflict:
        service.change_patient(db, paul, shown, replace(FERGUS, phone="555-0188"))
    assert [done.actor for done in conflict.value.since] == [tina.id]
    assert queries.patient(db, fergus).phone == "555-0177"


def test_a_sensitivity_alone_that_changes_makes_the_page_of_another_old(
    db: Session, tina: Actor, paul: Actor, fergus: int
) -> None:
    shown = seen(db, fergus)
    lactose = (SensitivityEntry.typed("lactose"),)
    service.change_patient(db, tina, shown, replace(FERGUS, sensitivities=lactose))
    with pytest.raises(Conflict):
        service.change_patient(db, paul, shown, FERGUS)
    assert [one.substance for one in queries.patient(db, fergus).sensitivities] == ["lactose"]


def test_a_list_that_is_given_whole_takes_off_what_it_leaves_out(db: Session, tina: Actor, fergus: int) -> None:
    both = (SensitivityEntry.typed("lactose"), SensitivityEntry.typed("gelatin"))
    service.change_patient(db, tina, seen(db, fergus), replace(FERGUS, sensitivities=both))
    kept = {one.substance: one.id for one in queries.patient(db, fergus).sensitivities}
    service.change_patient(db, tina, seen(db, fergus), replace(FERGUS, sensitivities=both[:1]))
    left = queries.patient(db, fergus).sensitivities
    assert [(one.substance, one.id) for one in left] == [("lactose", kept["lactose"])]


@pytest.mark.parametrize("who", ["ada", "adam"])
def test_an_auditor_and_an_administrator_add_no_patient(db: Session, request: pytest.FixtureRequest, who: str) -> None:
    with pytest.raises(Refused):
        service.add_patient(db, request.getfixturevalue(who), FERGUS)
    assert db.scalar(select(func.count(Patient.id))) == 0


def test_the_same_form_sent_twice_adds_one_patient(db: Session, tina: Actor) -> None:
    first = service.add_patient(db, tina, FERGUS, KEY)
    assert service.add_patient(db, tina, FERGUS, KEY) == first
    assert db.scalar(select(func.count(Patient.id))) == 1
    assert entries(db, Action.ADD_PATIENT) == 1


def test_a_search_is_in_the_log_without_its_words(db: Session, tina: Actor) -> None:
    service.record_search(db, tina, "Bramblewick")
    body = db.connection().exec_driver_sql("select cast(content as text) from audit_body").scalars().all()
    assert entries(db, Action.SEARCH) == 1
    assert not any("ramblewick" in str(one) for one in body)


# --- prescribers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("npi", "said"),
    [
        ("1234567890", "check digit"),
        ("1234567983", "check digit"),  # two digits of 1234567893 changed places
        ("123456789", "ten digits"),
        ("12345678935", "ten digits"),
        ("3234567893", "begins with 1 or 2"),
        ("١٢٣٤٥٦٧٨٩٣", "ten digits"),
        ("", "ten digits"),
    ],
)
def test_an_npi_whose_digits_do_not_fit_is_refused(db: Session, tina: Actor, npi: str, said: str) -> None:
    with pytest.raises(PharmacyError, match=said) as refused:
        service.add_prescriber(db, tina, replace(FABLE, npi=npi))
    assert refused.value.field == "npi"
    assert db.scalar(select(func.count(Prescriber.id))) == 0


def test_a_prescriber_is_added_once_by_the_npi(db: Session, tina: Actor) -> None:
    service.add_prescriber(db, tina, FABLE)
    with pytest.raises(PharmacyError, match="Cosmo Fable"):
        service.add_prescriber(db, tina, replace(FABLE, family_name="Other"))


def test_a_prescriber_who_prescribes_no_more_is_not_offered_but_stays(db: Session, tina: Actor) -> None:
    row_id = service.add_prescriber(db, tina, FABLE)
    assert isinstance(row_id, int)
    assert [row.id for row in queries.search_prescribers(db, "fable", active_only=True)] == [row_id]
    row = queries.prescriber(db, row_id)
    service.change_prescriber(db, tina, Seen(Prescriber, row_id, row.version), replace(FABLE, active=False))
    assert queries.search_prescribers(db, "fable", active_only=True) == []
    assert [row.id for row in queries.search_prescribers(db, FABLE.npi)] == [row_id]


def test_a_licence_needs_a_state_of_the_union(db: Session, tina: Actor) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.add_prescriber(db, tina, replace(FABLE, licence_state="XX"))
    assert refused.value.field == "licence_state"


def test_who_is_not_there_is_not_found(db: Session) -> None:
    for ask in (queries.patient, queries.prescriber, queries.medicine):
        with pytest.raises(NotFound):
            ask(db, 4711)


# --- searching -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Bramblewick",
        "bramble",
        "wick fer",
        "FERGUS, Bramblewick",
        "Férgus",
        "555-0142",
        "5555550142",
        "(555) 555 0142",
        "+1 555 555 0142",
        "1971-05-14",
        "14 MAY 1971",
        "05/14/1971",
        "fergus 14 may 1971",
        "bramblewick 5550142",
    ],
)
def test_a_patient_is_found_by_any_part_of_name_telephone_or_birthday(db: Session, fergus: int, text: str) -> None:
    assert [row.id for row in queries.search(db, text)] == [fergus]


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "%_%", "fergus odile", "bram_owick", "15 MAY 1971", "\\", "'"])
def test_what_does_not_fit_finds_nobody_and_signs_are_no_wildcards(db: Session, fergus: int, text: str) -> None:
    assert fergus
    assert queries.search(db, text) == []


def test_a_search_gives_no_more_than_its_limit_in_the_order_of_names(db: Session, add: Add) -> None:
    for name in ("Carl", "Abel", "Bert"):
        add(given_name=name)
    assert [row.given_name for row in queries.search(db, "bramblewick", 2)] == ["Abel", "Bert"]
