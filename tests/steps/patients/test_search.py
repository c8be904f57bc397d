"""Finding a person by any part of name, telephone number or date of birth."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.patients import names, queries, service
from tests.steps.patients.conftest import FABLE, FERGUS

PEOPLE = (
    ("Bramblewick", "Fergus", date(1971, 5, 14), "(555) 555-0142"),
    ("O’Hollow-Thorne", "Zoë", date(1988, 2, 29), "+1 555 555 0143"),
    ("Ærøskøbing", "Łucja", date(1950, 12, 1), "555.555.0144"),
    ("李", "小龍", date(1940, 11, 27), "5555550145"),
    ("Straße", "Jürgen", date(1999, 5, 14), "555-555-0146"),
    ("Al-Ḥakīm", "نور", date(2001, 1, 1), "555-555-0147"),
    ("100%_Percent", "Bobby \\ Drop", date(1980, 3, 3), "555-555-0148"),
)


@pytest.fixture
def people(db: Session, tina: Actor) -> Session:
    for family, first, born, phone in PEOPLE:
        data = replace(FERGUS, family_name=family, given_name=first, born=born, phone=phone)
        service.add_patient(db, tina, data)
    return db


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("bramb", {"Fergus"}),
        ("BRAMBLEWICK", {"Fergus"}),
        ("wick ferg", {"Fergus"}),
        ("fergus bramblewick", {"Fergus"}),
        ("bramblewick, fergus", {"Fergus"}),
        ("ohollow", {"Zoë"}),
        ("o'hollow", {"Zoë"}),
        ("O’Hollow-Thorne", {"Zoë"}),
        ("thorne zoe", {"Zoë"}),
        ("ZOË", {"Zoë"}),
        ("aeroskobing", {"Łucja"}),
        ("Ærøskøbing", {"Łucja"}),
        ("lucja", {"Łucja"}),
        ("小龍", {"小龍"}),
        ("李", {"小龍"}),
        ("strasse", {"Jürgen"}),
        ("STRASSE jurgen", {"Jürgen"}),
        ("hakim", {"نور"}),
        ("نور", {"نور"}),
        ("0142", {"Fergus"}),
        ("555-0142", {"Fergus"}),
        ("(555) 555-0142", {"Fergus"}),
        ("5555550142", {"Fergus"}),
        ("555 555 0142", {"Fergus"}),
        ("+1 555 555 0143", {"Zoë"}),
        ("1-555-555-0143", {"Zoë"}),
        ("fergus 0142", {"Fergus"}),
        ("14 MAY 1971", {"Fergus"}),
        ("14 may 1971", {"Fergus"}),
        ("1971-05-14", {"Fergus"}),
        ("05/14/1971", {"Fergus"}),
        ("5/14/1971", {"Fergus"}),
        ("14 May 1971 bramb", {"Fergus"}),
        ("29 FEB 1988", {"Zoë"}),
        ("1940", {"小龍"}),
        ("fergus zoe", set()),
        ("05/14/1972", set()),
        ("30 FEB 1971", set()),
        ("100%_percent", {"Bobby \\ Drop"}),
        ("drop", {"Bobby \\ Drop"}),
        ("%", set()),
        ("_", set()),
        ("\\", set()),
        ("' OR 7=7 --", set()),
        ("", set()),
        ("   ", set()),
    ],
)
def test_any_part_finds_the_person_and_nobody_else(people: Session, typed: str, found: set[str]) -> None:
    assert {row.given_name for row in queries.search(people, typed)} == found


def test_what_is_found_is_sorted_by_name_and_cut_where_asked(people: Session) -> None:
    everybody = [row.family_name for row in queries.search(people, "555555")]
    assert everybody == ["100%_Percent", "Ærøskøbing", "Al-Ḥakīm", "Bramblewick", "O’Hollow-Thorne", "Straße", "李"]
    assert [row.family_name for row in queries.search(people, "555555", 2)] == everybody[:2]


def test_the_people_added_last_come_first(people: Session) -> None:
    assert [row.given_name for row in queries.recent(people, 2)] == ["Bobby \\ Drop", "نور"]


def test_a_changed_name_is_found_and_the_former_one_is_not(db: Session, tina: Actor) -> None:
    from pharmacy.actions.acting import Seen
    from pharmacy.patients.models import Patient

    patient_id = service.add_patient(db, tina, FERGUS)
    service.change_patient(db, tina, Seen(Patient, patient_id, 1), replace(FERGUS, family_name="Foxglove"))
    assert [row.id for row in queries.search(db, "foxglove")] == [patient_id]
    assert not queries.search(db, "bramblewick")


def test_prescribers_are_found_by_name_telephone_and_npi(db: Session, tina: Actor) -> None:
    cosmo_id = service.add_prescriber(db, tina, FABLE)
    for typed in ("fab", "cosmo fable", "0166", FABLE.npi, FABLE.npi[:8]):
        assert [row.id for row in queries.search_prescribers(db, typed)] == [cosmo_id], typed
    assert not queries.search_prescribers(db, "nobody")


@given(st.text(min_size=1, max_size=60))
def test_a_name_of_any_characters_is_found_by_itself(text: str) -> None:
    line = names.searchable(text, "Nobody", "555-555-0100", "1971-05-14")
    if names.plain(text):
        assert names.plain(text) in line
    assert all(piece for piece in names.wanted(text))


@given(st.text(max_size=60))
def test_making_a_name_plain_twice_is_making_it_plain_once(text: str) -> None:
    assert names.plain(names.plain(text)) == names.plain(text)
