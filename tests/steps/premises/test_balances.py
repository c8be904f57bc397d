"""Balances: what they can weigh, and that an overdue one is refused."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.balance import MinimumRule
from pharmacy.domain.quantity import Mass
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.log import queries as log
from pharmacy.log import sentences
from pharmacy.premises import queries, service
from pharmacy.premises.models import Balance
from pharmacy.premises.service import BalanceData
from tests import factories

MEASURED = date(2026, 1, 15)
DATA = BalanceData("Bench 2", "SN-7", Decimal("0.1"), Decimal(6), Decimal(5), Decimal(120000), date(2099, 6, 30))


def test_the_pharmacist_in_charge_adds_a_balance_and_its_least_mass_is_known(db: Session, pia: Actor) -> None:
    balance_id = service.add_balance(db, pia, DATA)
    state = next(one for one in queries.balances(db, clock.today()) if one.balance.id == balance_id)
    assert state.least == Mass.of("120", "mg")  # 6 mg × 100 ÷ 5 %
    assert not state.overdue
    facts = queries.balance_facts(state.balance)
    assert (facts.readability, facts.capacity) == (Mass.of("0.1", "mg"), Mass.of("120", "g"))


def test_nobody_else_adds_or_changes_a_balance(db: Session, paul: Actor, tina: Actor, ada: Actor, raw: Engine) -> None:
    balance_id = factories.balance(raw)
    for actor in (paul, tina, ada):
        with pytest.raises(Refused):
            service.add_balance(db, actor, DATA)
        with pytest.raises(Refused):
            service.change_balance(db, actor, Seen(Balance, balance_id), DATA, "New calibration")


def test_a_balance_is_good_on_the_day_its_calibration_is_due_and_refused_on_the_next(db: Session, raw: Engine) -> None:
    due = clock.today()
    balance_id = factories.balance(raw, calibration_due=due)
    assert balance_id in {one.id for one in queries.usable_balances(db, due)}
    assert queries.usable_balance(db, balance_id, due).id == balance_id
    after = due + timedelta(days=1)
    assert balance_id not in {one.id for one in queries.usable_balances(db, after)}
    with pytest.raises(PharmacyError, match="due for calibration"):
        queries.usable_balance(db, balance_id, after)
    assert next(one for one in queries.balances(db, after) if one.balance.id == balance_id).overdue


def test_a_balance_out_of_use_cannot_be_chosen(db: Session, pia: Actor) -> None:
    balance_id = service.add_balance(db, pia, DATA)
    service.change_balance(db, pia, Seen(Balance, balance_id, 1), replace(DATA, active=False), "Broken")
    assert balance_id not in {one.id for one in queries.usable_balances(db, clock.today())}
    with pytest.raises(PharmacyError, match="not in use"):
        queries.usable_balance(db, balance_id, clock.today())
    with pytest.raises(NotFound):
        queries.usable_balance(db, 999, clock.today())


def test_a_change_asks_for_its_reason_and_for_what_was_seen(db: Session, pia: Actor) -> None:
    balance_id = service.add_balance(db, pia, DATA)
    later = replace(DATA, calibration_due=date(2099, 12, 31))
    with pytest.raises(Refused, match="reason"):
        service.change_balance(db, pia, Seen(Balance, balance_id, 1), later, "")
    service.change_balance(db, pia, Seen(Balance, balance_id, 1), later, "Calibrated, certificate 12")
    with pytest.raises(Conflict):
        service.change_balance(db, pia, Seen(Balance, balance_id, 1), DATA, "Back")
    assert queries.balance(db, balance_id).calibration_due == date(2099, 12, 31)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"serial": ""}, "serial"),
        ({"sensitivity_requirement": Decimal("0.01")}, "sensitivity_requirement"),
        ({"capacity": Decimal("0.05")}, "capacity"),
        ({"capacity": Decimal(50)}, "capacity"),  # below the least that it can weigh
        ({"accepted_error": Decimal(11)}, "accepted_error"),
        ({"accepted_error": Decimal(0)}, "accepted_error"),
        ({"rule": "sartorius"}, "rule"),
        ({"rule": "usp-41"}, "repeatability"),
        ({"repeatability": Decimal("0.12")}, "repeatability_on"),
        ({"readings": (Decimal(20),) * 10}, "repeatability_on"),
        ({"repeatability_on": MEASURED}, "repeatability"),
        ({"repeatability": Decimal("0.12"), "repeatability_on": date(2099, 1, 1)}, "repeatability_on"),
        ({"readings": (Decimal(20),) * 9, "repeatability_on": MEASURED}, "readings"),
        ({"rule": "usp-41", "repeatability": Decimal(100), "repeatability_on": MEASURED}, "capacity"),
    ],
)
def test_data_that_make_no_balance_are_refused(db: Session, pia: Actor, change: dict[str, object], field: str) -> None:
    before = len(queries.balances(db, clock.today()))
    with pytest.raises(PharmacyError) as refused:
        service.add_balance(db, pia, replace(DATA, **change))
    assert refused.value.field == field
    assert len(queries.balances(db, clock.today())) == before


def test_the_rule_that_the_pharmacist_in_charge_chose_decides_the_least_mass(db: Session, pia: Actor) -> None:
    balance_id = service.add_balance(db, pia, DATA)
    other = replace(DATA, rule="usp-41", repeatability=Decimal("0.12"), repeatability_on=MEASURED)
    service.change_balance(db, pia, Seen(Balance, balance_id, 1), other, "The board asks for it")
    state = queries.balance_state(queries.balance(db, balance_id), clock.today())
    assert state.least == Mass.of("240", "mg")
    assert [(one.rule, one.applies, one.least) for one in state.rules] == [
        (MinimumRule.CLASSIC, False, Mass.of("120", "mg")),
        (MinimumRule.USP41, True, Mass.of("240", "mg")),
    ]
    facts = queries.balance_facts(state.balance)
    assert (facts.rule, facts.repeatability) == (MinimumRule.USP41, Mass.of("0.12", "mg"))
    assert facts.calibrated_until == date(2099, 6, 30)


def test_without_a_repeatability_the_other_rule_says_nothing(db: Session, pia: Actor) -> None:
    balance_id = service.add_balance(db, pia, DATA)
    state = queries.balance_state(queries.balance(db, balance_id), clock.today())
    assert [(one.applies, one.least, one.step is None) for one in state.rules] == [
        (True, Mass.of("120", "mg"), False),
        (False, None, True),
    ]


def test_readings_count_instead_of_what_was_entered_and_stand_in_the_log(db: Session, pia: Actor) -> None:
    texts = ("20.1", "20.0", "19.9", "20.0", "20.1", "19.9", "20.0", "20.0", "20.1", "19.9")
    readings = tuple(Decimal(one) for one in texts)
    given = replace(DATA, repeatability=Decimal(9), repeatability_on=MEASURED, readings=readings)
    balance_id = service.add_balance(db, pia, given)
    assert queries.balance(db, balance_id).repeatability == Decimal("0.0817")
    told = sentences.tell(db, log.about(db, (("balance", str(balance_id)),)))[0]
    assert told.sentence == "Pia Larkspur added balance Bench 2."
    assert ("readings in mg", ", ".join(texts)) in told.facts


def test_two_balances_have_two_names(db: Session, pia: Actor) -> None:
    service.add_balance(db, pia, DATA)
    with pytest.raises(PharmacyError, match="already") as refused:
        service.add_balance(db, pia, replace(DATA, serial="SN-8"))
    assert refused.value.field == "name"


def test_the_same_form_sent_twice_adds_one_balance(db: Session, pia: Actor) -> None:
    assert service.add_balance(db, pia, DATA, "a" * 32) == service.add_balance(db, pia, DATA, "a" * 32)
