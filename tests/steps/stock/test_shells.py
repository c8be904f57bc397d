"""A lot of empty shells is measured, and from then on calculated with its own values."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.domain.shells import ShellFacts, by_chart
from pharmacy.errors import PharmacyError
from pharmacy.formulary import queries as formulary
from pharmacy.log import queries as log
from pharmacy.log import sentences
from pharmacy.stock import queries, service
from pharmacy.stock.models import Lot
from tests import factories
from tests.steps.stock.test_pages import post

SignIn = Callable[[Actor], FlaskClient]
HOW = "Ten filled to the brim with water from a 1 mL syringe"
MEASURED = (Decimal("0.27"), Decimal(985), 21)
FORM = {"capacity": "0.27", "together": "985", "weighed": "21", "reason": HOW}


@pytest.fixture
def lot(raw: Engine, shells: int) -> int:
    return factories.lot(raw, shells, amount=5000)


def measure(db: Session, actor: Actor, lot_id: int, version: int = 1, key: str | None = None) -> None:
    service.measure_shells(db, actor, Seen(Lot, lot_id, version), *MEASURED, HOW, key)


def test_before_it_is_measured_a_lot_is_taken_by_the_chart_of_its_size(db: Session, lot: int) -> None:
    facts = formulary.lot_facts(db, queries.lot(db, lot))
    assert facts.shell == by_chart("3")


def test_a_technician_measures_a_lot_and_its_own_values_are_calculated_with(db: Session, tina: Actor, lot: int) -> None:
    measure(db, tina, lot)
    facts = formulary.lot_facts(db, queries.lot(db, lot))
    assert facts.shell == ShellFacts("3", Volume.of("0.27", "mL"), Mass(Fraction(985, 21)), measured=True, weighed=21)
    told = sentences.tell(db, log.about(db, (("lot", str(lot)),)))[0]
    assert re.fullmatch(r"Tina Mallow measured the empty shells of lot L-\d+\.", told.sentence)
    assert ("mean of an empty shell", "46.905\u00a0mg") in told.facts
    assert told.reason == HOW
    assert queries.lot(db, lot).available == 5000


def test_a_pharmacist_measures_it_again(db: Session, tina: Actor, paul: Actor, lot: int) -> None:
    measure(db, tina, lot)
    service.measure_shells(db, paul, Seen(Lot, lot, 2), Decimal("0.28"), Decimal(480), 10, "Again")
    facts = queries.lot_facts(queries.lot(db, lot))
    assert facts.shell is not None
    assert (facts.shell.capacity, facts.shell.mass) == (Volume.of("0.28", "mL"), Mass.of("48", "mg"))


def test_nobody_else_measures(db: Session, ada: Actor, adam: Actor, nora: Actor, lot: int) -> None:
    for actor in (ada, adam, nora):
        with pytest.raises(Refused):
            measure(db, actor, lot)
    assert queries.lot(db, lot).shells_weighed is None


def test_the_same_form_twice_measures_once_and_a_lot_that_changed_is_not_measured(
    db: Session, tina: Actor, lot: int
) -> None:
    measure(db, tina, lot, key="a" * 32)
    measure(db, tina, lot, key="a" * 32)
    assert len(log.about(db, (("lot", str(lot)),))) == 1
    with pytest.raises(Conflict):
        measure(db, tina, lot)


def test_how_it_was_measured_is_asked_for(db: Session, tina: Actor, lot: int) -> None:
    with pytest.raises(Refused, match="reason"):
        service.measure_shells(db, tina, Seen(Lot, lot, 1), *MEASURED, " ")


def test_a_rejected_lot_is_not_measured(db: Session, raw: Engine, tina: Actor, shells: int) -> None:
    gone = factories.lot(raw, shells, status="rejected")
    with pytest.raises(Refused):
        measure(db, tina, gone)


def test_what_is_no_shell_is_not_measured(db: Session, raw: Engine, tina: Actor, naltrexone: int) -> None:
    powder = factories.lot(raw, naltrexone)
    with pytest.raises(PharmacyError, match="no capsule shell"):
        measure(db, tina, powder)
    assert queries.lot_facts(queries.lot(db, powder)).shell is None


@pytest.mark.parametrize(
    ("capacity", "together", "weighed", "field"),
    [
        ("3", "985", 21, "capacity"),
        ("0", "985", 21, "capacity"),
        ("0.27", "48", 21, "together"),
        ("0.27", "0", 21, "together"),
        ("0.27", "480", 9, "weighed"),
        ("0.27", "480", 0, "weighed"),
    ],
)
def test_what_is_no_measurement_of_such_shells_is_refused_at_its_field(
    db: Session, tina: Actor, lot: int, capacity: str, together: str, weighed: int, field: str
) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.measure_shells(db, tina, Seen(Lot, lot, 1), Decimal(capacity), Decimal(together), weighed, HOW)
    assert refused.value.field == field
    assert queries.lot(db, lot).shells_weighed is None


def test_shells_whose_code_names_no_size_are_known_only_by_measuring(db: Session, raw: Engine, tina: Actor) -> None:
    odd = factories.lot(raw, factories.item(raw, "caps", name="Caps", kind="shell", unit="piece"))
    assert queries.lot_facts(queries.lot(db, odd)).shell is None
    measure(db, tina, odd)
    found = queries.lot_facts(queries.lot(db, odd)).shell
    assert found is not None
    assert (found.size, found.measured) == ("", True)


def test_the_code_of_a_new_shell_ends_in_its_size(db: Session, paul: Actor) -> None:
    assert service.add_item(db, paul, "hpmc-shell-00", "Empty capsule, hypromellose, size 00", "shell", "piece")
    with pytest.raises(PharmacyError, match="ends in its size, such as shell-3") as refused:
        service.add_item(db, paul, "hpmc-shell", "Empty capsule, hypromellose", "shell", "piece")
    assert refused.value.field == "code"


def test_the_page_of_a_lot_says_how_its_shells_are_known(sign_in: SignIn, tina: Actor, lot: int) -> None:
    client = sign_in(tina)
    before = client.get(f"/stock/lots/{lot}").get_data(as_text=True)
    assert "a vendor’s chart" in before
    assert "Measure the shells" in before
    assert post(client, f"/stock/lots/{lot}/shells", **FORM)[0] == 302
    after = client.get(f"/stock/lots/{lot}").get_data(as_text=True)
    assert "measuring this lot" in after
    assert "985&nbsp;mg ÷ 21" in after


@pytest.mark.parametrize("value", ["", "0", "-1", "1e3", "Infinity", "１", "4,5", "9" * 400, "0.27 mL"])
@pytest.mark.parametrize("field", ["capacity", "together", "weighed"])
def test_an_impossible_number_is_refused_at_its_field_and_nothing_typed_is_lost(
    sign_in: SignIn, db: Session, tina: Actor, lot: int, field: str, value: str
) -> None:
    status, page = post(sign_in(tina), f"/stock/lots/{lot}/shells", **{**FORM, field: value})
    assert status == 422
    assert f'id="{field}-e"' in page
    assert HOW in page
    assert queries.lot(db, lot).shells_weighed is None


def test_who_only_reads_sees_the_shells_and_no_button(sign_in: SignIn, ada: Actor, lot: int) -> None:
    client = sign_in(ada)
    page = client.get(f"/stock/lots/{lot}").get_data(as_text=True)
    assert "a vendor’s chart" in page
    assert "Measure the shells" not in page
    assert client.get(f"/stock/lots/{lot}/shells").status_code == 403
