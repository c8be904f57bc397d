"""The pharmacy's own pages, as a browser sends them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.dates import day_text
from pharmacy.premises import queries
from pharmacy.premises.settings import SETTINGS
from tests import factories

SignIn = Callable[[Actor], FlaskClient]
BALANCE = {
    "name": "Bench 2",
    "serial": "SN-7",
    "readability": "0.1",
    "sensitivity_requirement": "6",
    "accepted_error": "5",
    "capacity": "120000",
    "calibration_due": "30 JUN 2099",
    "active": "y",
    "rule": "classic",
}


def hidden(page: str) -> dict[str, str]:
    """The key and the seen row that the form on this page carries."""
    found = {}
    for name in ("key", "seen_id", "seen_version"):
        tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
        assert tag, name
        value = re.search(r'value="([^"]*)"', tag[0])
        found[name] = value[1] if value else ""
    return found


def post(client: FlaskClient, address: str, **data: object) -> tuple[int, str]:
    """Open the page, fill its form, send it."""
    page = client.get(address).get_data(as_text=True)
    answer = client.post(address, data={**hidden(page), **data})
    return answer.status_code, answer.get_data(as_text=True)


def test_everybody_who_reads_sees_the_settings_and_only_the_pharmacist_in_charge_a_form(
    sign_in: SignIn, ada: Actor, tina: Actor, pia: Actor
) -> None:
    for actor in (ada, tina):
        client = sign_in(actor)
        page = client.get("/pharmacy").get_data(as_text=True)
        assert "Process excess" in page
        assert "Change the identity" not in page
        assert "Change the setting" not in client.get("/pharmacy/settings/process_excess").get_data(as_text=True)
        assert client.get("/pharmacy/identity").status_code == 403
        assert client.get("/pharmacy/balances/new").status_code == 403
    assert "Change the setting" in sign_in(pia).get("/pharmacy/settings/process_excess").get_data(as_text=True)


@pytest.mark.parametrize("key", SETTINGS)
def test_each_setting_has_its_page(sign_in: SignIn, pia: Actor, key: str) -> None:
    shown = sign_in(pia).get(f"/pharmacy/settings/{key}")
    assert shown.status_code == 200
    assert SETTINGS[key].changes.replace("'", "&#39;") in shown.get_data(as_text=True)


def test_a_setting_is_changed_by_the_form_and_its_history_is_shown(
    sign_in: SignIn, db: Session, pia: Actor, ada: Actor
) -> None:
    client = sign_in(pia)
    address = "/pharmacy/settings/process_excess"
    assert post(client, address, value="7.5", reason="Losses <b>were</b> higher")[0] == 302
    assert str(queries.policy(db).process_excess) == "7.5"
    page = sign_in(ada).get(address).get_data(as_text=True)
    assert "Losses &lt;b&gt;were&lt;/b&gt; higher" in page
    assert "Pia Larkspur" in page


def test_a_refused_setting_keeps_what_was_typed(sign_in: SignIn, db: Session, pia: Actor) -> None:
    status, page = post(sign_in(pia), "/pharmacy/settings/process_excess", value="4,5", reason="Less of it")
    assert status == 422
    assert "Write the number with a point" in page
    assert 'value="4,5"' in page
    assert 'value="Less of it"' in page
    assert queries.policy(db).process_excess == 5


def test_a_setting_can_begin_on_a_day_to_come_and_not_on_one_gone(sign_in: SignIn, db: Session, pia: Actor) -> None:
    client, address = sign_in(pia), "/pharmacy/settings/solo_mode"
    yesterday, later = clock.today() - timedelta(days=1), clock.today() + timedelta(days=10)
    status, page = post(client, address, value="yes", effective_from=day_text(yesterday), reason="Alone")
    assert (status, "in the past" in page) == (422, True)
    assert post(client, address, value="yes", effective_from=day_text(later), reason="Alone")[0] == 302
    assert queries.policy(db).solo_mode is False
    assert queries.policy(db, clock.now() + timedelta(days=11)).solo_mode is True
    assert "to come" in client.get(address).get_data(as_text=True)


def test_a_setting_that_does_not_exist_is_not_found(sign_in: SignIn, pia: Actor) -> None:
    assert sign_in(pia).get("/pharmacy/settings/dose_limit").status_code == 404


def test_two_pages_of_settings_cannot_overwrite_each_other(sign_in: SignIn, db: Session, pia: Actor) -> None:
    client, address = sign_in(pia), "/pharmacy/settings/process_excess"
    first, second = (hidden(client.get(address).get_data(as_text=True)) for _ in range(2))
    assert client.post(address, data={**first, "value": "6", "reason": "First"}).status_code == 302
    refused = client.post(address, data={**second, "value": "7", "reason": "Second"})
    assert refused.status_code == 409
    assert "Pia Larkspur" in refused.get_data(as_text=True)
    assert queries.policy(db).process_excess == 6


def test_a_technician_who_posts_a_setting_all_the_same_is_refused(sign_in: SignIn, db: Session, tina: Actor) -> None:
    refused = sign_in(tina).post("/pharmacy/settings/process_excess", data={"value": "6", "reason": "x"})
    assert refused.status_code == 403
    assert "pharmacist in charge" in refused.get_data(as_text=True)
    assert queries.policy(db).process_excess == 5


def test_the_identity_is_changed_with_a_reason(sign_in: SignIn, db: Session, pia: Actor) -> None:
    client = sign_in(pia)
    given = {
        "name": "Quill & Thyme",
        "street": "1 Sample Street",
        "town": "Sampleton",
        "phone": "555-0199",
        "licence": "P-1",
    }
    status, page = post(client, "/pharmacy/identity", **given)
    assert (status, "Say why." in page) == (422, True)
    assert post(client, "/pharmacy/identity", **given, reason="New owner")[0] == 302
    assert "Quill &amp; Thyme" in client.get("/pharmacy").get_data(as_text=True)


def test_a_balance_is_added_and_then_recalibrated(sign_in: SignIn, db: Session, pia: Actor) -> None:
    client = sign_in(pia)
    assert post(client, "/pharmacy/balances/new", **BALANCE)[0] == 302
    row = next(one.balance for one in queries.balances(db, clock.today()) if one.balance.name == "Bench 2")
    address = f"/pharmacy/balances/{row.id}"
    assert post(client, address, **{**BALANCE, "calibration_due": "31 DEC 2099"})[0] == 422
    assert post(client, address, **{**BALANCE, "calibration_due": "31 DEC 2099"}, reason="Calibrated")[0] == 302
    assert "31 DEC 2099" in client.get("/pharmacy").get_data(as_text=True)


READINGS = "20.1\n20.0\n19.9\n20.0\n20.1\n19.9\n20.0\n20.0\n20.1\n19.9"


def test_usp_41_is_chosen_with_ten_readings_and_both_rules_are_shown(
    sign_in: SignIn, db: Session, pia: Actor, tina: Actor
) -> None:
    client = sign_in(pia)
    assert post(client, "/pharmacy/balances/new", **BALANCE)[0] == 302
    row = next(one.balance for one in queries.balances(db, clock.today()) if one.balance.name == "Bench 2")
    address = f"/pharmacy/balances/{row.id}"
    before = client.get(address).get_data(as_text=True)
    assert "sensitivity requirement × 100 % ÷ accepted error" in before
    assert "Needs the repeatability" in before
    given = {**BALANCE, "rule": "usp-41", "readings": READINGS, "repeatability_on": day_text(clock.today())}
    assert post(client, address, **given, reason="Ten weighings of 20 mg")[0] == 302
    after = client.get(address).get_data(as_text=True)
    assert "2 × repeatability ÷ 0.10 %" in after
    assert 'value="0.0817"' in after  # √(0.06 ÷ 9), rounded up
    page = sign_in(tina).get("/pharmacy").get_data(as_text=True)
    assert re.search(r"120.{0,60}mg.*163\.4.{0,60}mg.*applies", page, re.DOTALL)


def test_usp_41_without_a_repeatability_is_refused_at_its_field(sign_in: SignIn, db: Session, pia: Actor) -> None:
    status, page = post(sign_in(pia), "/pharmacy/balances/new", **{**BALANCE, "rule": "usp-41"})
    assert status == 422
    assert re.search(r'id="repeatability-e">.*weigh one small weight 10 times', page, re.DOTALL)
    assert "Bench 2" not in {one.balance.name for one in queries.balances(db, clock.today())}


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        ("20.1 20.0", "there are 2"),
        ("20.1\n4,5\n20", "Reading 2: Write the number with a point"),
        ("1" * 400, "Reading 1: The number is too long"),
        ("20.05 " * 10, "cannot have shown"),
        ("0 " * 10, "must be above 0"),
        ("20 " * 101, "there are 101"),
        ("20.0 " * 3000, "one a line"),
    ],
)
def test_readings_that_are_none_are_refused_at_their_field(
    sign_in: SignIn, db: Session, pia: Actor, readings: str, words: str
) -> None:
    given = {**BALANCE, "readings": readings, "repeatability_on": day_text(clock.today())}
    status, page = post(sign_in(pia), "/pharmacy/balances/new", **given)
    assert status == 422
    assert re.search(rf'id="readings-e">.*{re.escape(words)}', page, re.DOTALL)
    assert 'value="SN-7"' in page
    assert readings.split(maxsplit=1)[0][:300] in page
    assert "Bench 2" not in {one.balance.name for one in queries.balances(db, clock.today())}


@pytest.mark.parametrize("wrong", ["sartorius", "", "usp-41 "])
def test_a_rule_that_is_none_is_refused(sign_in: SignIn, pia: Actor, wrong: str) -> None:
    assert post(sign_in(pia), "/pharmacy/balances/new", **{**BALANCE, "rule": wrong})[0] == 422


def test_nobody_but_the_pharmacist_in_charge_opens_or_sets_the_rule(
    sign_in: SignIn, db: Session, raw: Engine, paul: Actor, tina: Actor, ada: Actor, adam: Actor
) -> None:
    balance_id = factories.balance(raw)
    for actor in (paul, tina, ada, adam):
        client = sign_in(actor)
        address = f"/pharmacy/balances/{balance_id}"
        assert client.get(address).status_code == 403
        assert client.post(address, data={**BALANCE, "rule": "usp-41", "reason": "x"}).status_code == 403
    assert queries.balance(db, balance_id).rule == "classic"


@pytest.mark.parametrize("value", ["", "0", "-1", "1e3", "Infinity", "１", "4,5", "9" * 400])
def test_a_balance_with_an_impossible_number_is_refused_and_nothing_typed_is_lost(
    sign_in: SignIn, db: Session, pia: Actor, value: str
) -> None:
    status, page = post(sign_in(pia), "/pharmacy/balances/new", **{**BALANCE, "readability": value})
    assert status == 422
    assert 'value="SN-7"' in page
    assert [one.balance.name for one in queries.balances(db, clock.today())].count("Bench 2") == 0


def test_an_overdue_balance_is_marked(sign_in: SignIn, tina: Actor, raw: Engine) -> None:
    factories.balance(raw, name="Old one", calibration_due=clock.today() - timedelta(days=1))
    page = sign_in(tina).get("/pharmacy").get_data(as_text=True)
    assert "Overdue" in page


def test_a_balance_that_does_not_exist_is_not_found(sign_in: SignIn, pia: Actor) -> None:
    assert sign_in(pia).get("/pharmacy/balances/999").status_code == 404
