"""Prescribers: the NPI and its check digit, one person to a number."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.errors import PharmacyError
from pharmacy.patients import queries, service
from pharmacy.patients.data import check_npi
from pharmacy.patients.models import Prescriber
from tests.steps.patients.conftest import FABLE

EXAMPLE = "1234567893"  # the worked example of CMS, "Requirements for NPI and NPI Check Digit"


def test_the_worked_example_of_the_check_digit_fits() -> None:
    check_npi(EXAMPLE)


@pytest.mark.parametrize("digit", [one for one in "0123456789" if one != "3"])
def test_every_other_last_digit_is_refused(digit: str) -> None:
    with pytest.raises(PharmacyError, match="check digit"):
        check_npi(EXAMPLE[:9] + digit)


@pytest.mark.parametrize("place", range(9))
def test_one_wrong_digit_anywhere_is_found(place: int) -> None:
    wrong = EXAMPLE[:place] + str((int(EXAMPLE[place]) + 1) % 10) + EXAMPLE[place + 1 :]
    with pytest.raises(PharmacyError):
        check_npi(wrong)


@pytest.mark.parametrize(
    "npi",
    ["", "123456789", "12345678933", "１２３４５６７８９３", "1234-67893", "3234567893", "abcdefghij", "-123456789"],
)
def test_what_is_no_npi_is_refused(npi: str) -> None:
    with pytest.raises(PharmacyError) as refused:
        check_npi(npi)
    assert refused.value.field == "npi"


def test_a_prescriber_is_added_and_corrected(db: Session, tina: Actor) -> None:
    row_id = service.add_prescriber(db, tina, FABLE)
    assert queries.prescriber(db, row_id).full_name == "Cosmo Fable, MD"
    service.change_prescriber(db, tina, Seen(Prescriber, row_id, 1), replace(FABLE, phone="555-555-0999", active=False))
    changed = queries.prescriber(db, row_id)
    assert (changed.phone, changed.active, changed.version) == ("555-555-0999", False, 2)
    with pytest.raises(Conflict):
        service.change_prescriber(db, tina, Seen(Prescriber, row_id, 1), FABLE)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"family_name": ""}, "family_name"),
        ({"given_name": " "}, "given_name"),
        ({"npi": EXAMPLE[:9] + "4"}, "npi"),
        ({"licence": ""}, "licence"),
        ({"licence_state": "XX"}, "licence_state"),
        ({"licence_state": ""}, "licence_state"),
        ({"phone": "12"}, "phone"),
        ({"street": "x" * 501}, "street"),
    ],
)
def test_an_impossible_prescriber_is_refused(db: Session, tina: Actor, change: dict[str, object], field: str) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.add_prescriber(db, tina, replace(FABLE, **change))
    assert refused.value.field == field
    assert not queries.prescribers(db)


def test_only_those_who_dispense_write_prescribers(db: Session, ada: Actor, adam: Actor, nora: Actor) -> None:
    for actor in (ada, adam, nora):
        with pytest.raises(Refused):
            service.add_prescriber(db, actor, FABLE)


def test_the_same_form_sent_twice_adds_one(db: Session, tina: Actor) -> None:
    assert service.add_prescriber(db, tina, FABLE, "d" * 32) == service.add_prescriber(db, tina, FABLE, "d" * 32)
