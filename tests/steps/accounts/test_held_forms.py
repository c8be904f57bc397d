"""What was typed when a session had ended: held for the same person, never lost, never shown to another."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from time_machine import Traveller

from pharmacy.accounts import service
from pharmacy.accounts.models import HeldForm, Person
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.patients.models import Patient
from pharmacy.prescriptions.models import Prescription
from tests import factories
from tests.steps.accounts.conftest import text

SignIn = Callable[[Actor], FlaskClient]
Entries = Callable[[str], list[dict[str, Any]]]
KEY = "0123456789abcdef" * 2
IDLE = timedelta(minutes=15, seconds=1)
TYPED = {
    "key": KEY,
    "patient": "Ж <b>Moss</b>",
    "quantity": "84",
    "purpose": 'the "old" pain\nsecond line',
    "steps-0-amount": "1",
}


def forms(raw: Engine) -> list[HeldForm]:
    with Session(raw) as db:
        return list(db.scalars(select(HeldForm).order_by(HeldForm.id)))


def enter_again(client: FlaskClient, actor: Actor) -> str:
    answer = client.post("/sign-in", data={"name": factories.sign_in_name(actor), "password": factories.PASSWORD})
    assert answer.status_code == 302
    return answer.headers["Location"]


@pytest.fixture
def lapsed(sign_in: SignIn, tina: Actor, time: Traveller) -> FlaskClient:
    """Tina came back from lunch and pressed the button."""
    client = sign_in(tina)
    client.get("/prescriptions/new")
    time.shift(IDLE)
    answer = client.post("/prescriptions/new", data=TYPED)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    return client


def test_the_sign_in_page_says_that_it_is_kept_and_shows_nothing_of_it(lapsed: FlaskClient) -> None:
    page = text(lapsed.get("/sign-in"))
    assert "What you had typed is kept" in page
    assert "Moss" not in page


def test_it_waits_for_the_same_person_as_it_was_typed(lapsed: FlaskClient, tina: Actor) -> None:
    assert enter_again(lapsed, tina) == "/resume"
    page = lapsed.get("/resume").get_data(as_text=True)
    assert "Ж &lt;b&gt;Moss&lt;/b&gt;" in page
    assert 'href="/prescriptions/new?held=1"' in page
    back = lapsed.get("/prescriptions/new?held=1").get_data(as_text=True)
    assert 'value="84"' in back
    assert 'name="held_id" type="hidden" value="1"' in back
    assert f'name="key" type="hidden" value="{KEY}"' in back


def test_nothing_of_it_is_in_the_browser(lapsed: FlaskClient) -> None:
    with lapsed.session_transaction() as cookie:
        kept = {name: str(value) for name, value in cookie.items()}
    assert not any("Moss" in value for value in kept.values())
    assert "84" not in kept.values()
    assert set(kept) <= {"_flashes", "_fresh", "_id", "_user_id", "csrf_token", "lapsed", "seen", "session_id"}, (
        "what is new is told here"
    )


def test_another_who_signs_in_on_this_machine_never_sees_it(
    lapsed: FlaskClient, paul: Actor, tina: Actor, raw: Engine
) -> None:
    assert enter_again(lapsed, paul) == "/"
    assert lapsed.get("/resume").headers["Location"] == "/"
    assert "84" not in text(lapsed.get("/prescriptions/new?held=1")).split("<main")[1]
    assert "Moss" not in text(lapsed.get("/prescriptions/new?held=1"))
    lapsed.post("/resume/1/discard")
    assert len(forms(raw)) == 1, "and cannot throw it away"
    lapsed.post("/change-user")
    assert enter_again(lapsed, tina) == "/resume"


def test_given_up_it_is_gone(lapsed: FlaskClient, tina: Actor, raw: Engine, entries: Entries) -> None:
    enter_again(lapsed, tina)
    assert lapsed.post("/resume/1/discard").headers["Location"] == "/resume"
    assert lapsed.get("/resume").headers["Location"] == "/"
    assert forms(raw) == []
    assert len(entries("form:return")) == 1


def sent_as_it_is(client: FlaskClient) -> dict[str, str]:
    """The hidden fields of the form behind "Send it as it is"."""
    page = client.get("/resume").get_data(as_text=True)
    form = next(part for part in page.split("<form")[1:] if "Send it as it is" in part)
    return dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))


@pytest.fixture
def unsent_patient(sign_in: SignIn, tina: Actor, time: Traveller) -> FlaskClient:
    """A new patient whose form was posted after the session had ended."""
    client = sign_in(tina)
    time.shift(IDLE)
    typed = {
        "key": KEY, "family_name": "Moss", "given_name": "Rose", "born": "14 MAY 1971", "sex": "female", "street": "3 Hedge Row",
        "town": "Sampleton, IL 00000", "phone": "555-0142", "language": "English", "none_known": "y",
    }  # fmt: skip
    assert client.post("/patients/new", data=typed).headers["Location"] == "/sign-in"
    return client


def test_sent_as_it_is_it_acts_once_and_is_gone(unsent_patient: FlaskClient, tina: Actor, raw: Engine) -> None:
    client = unsent_patient
    assert enter_again(client, tina) == "/resume"
    assert "Open the page with it" not in text(client.get("/resume")), "that page does not bring it back"
    sent = sent_as_it_is(client)
    answer = client.post("/patients/new", data=sent)
    assert answer.status_code == 302, text(answer)
    assert forms(raw) == []
    assert client.get("/resume").headers["Location"] == "/"
    client.post("/patients/new", data=sent)
    with Session(raw) as db:
        assert [row.family_name for row in db.scalars(select(Patient))] == ["Moss"]


def test_refused_when_sent_it_stays_held_and_stands_in_the_page(lapsed: FlaskClient, tina: Actor, raw: Engine) -> None:
    enter_again(lapsed, tina)
    answer = lapsed.post("/prescriptions/new", data=sent_as_it_is(lapsed))
    assert answer.status_code == 422
    assert 'value="84"' in answer.get_data(as_text=True)
    assert len(forms(raw)) == 1
    with Session(raw) as db:
        assert db.scalars(select(Prescription)).all() == []


def test_a_form_with_a_file_keeps_its_words(sign_in: SignIn, tina: Actor, time: Traveller, raw: Engine) -> None:
    client = sign_in(tina)
    time.shift(IDLE)
    sent = {**TYPED, "original": (BytesIO(b"%PDF-1.4 a scan"), "scan.pdf")}
    client.post("/prescriptions/new", data=sent, content_type="multipart/form-data")
    (form,) = forms(raw)
    assert "Ж <b>Moss</b>" in form.content
    assert "%PDF" not in form.content
    enter_again(client, tina)
    page = text(client.get("/resume"))
    assert "chosen files are not kept: add them again" in page
    assert 'value="84"' in client.get("/prescriptions/new?held=1").get_data(as_text=True)


def test_secrets_and_tokens_are_never_held(sign_in: SignIn, paul: Actor, time: Traveller, raw: Engine) -> None:
    client = sign_in(paul)
    time.shift(IDLE)
    secrets = dict.fromkeys(
        ("password", "pin", "secret", "approve-secret", "new_password", "again", "csrf_token"), "hush"
    )
    client.post("/fills/1/verification", data={**secrets, "note": "kept"})
    (form,) = forms(raw)
    assert ("hush" in form.content, "kept" in form.content) == (False, True)


@pytest.mark.parametrize("path", ["/account", "/account/pin", "/sign-out", "/change-user"])
def test_forms_of_secrets_alone_and_ways_out_are_not_held(
    sign_in: SignIn, tina: Actor, time: Traveller, raw: Engine, path: str
) -> None:
    client = sign_in(tina)
    time.shift(IDLE)
    assert client.post(path, data={"password": "x", "pin": "y", "key": KEY}).headers["Location"] == "/sign-in"
    assert forms(raw) == []


@pytest.mark.parametrize("path", ["/prescriptions/preview", "/patients/suggest"])
def test_a_preview_in_the_background_answers_401_and_takes_nothing_from_the_form_that_follows(
    sign_in: SignIn, tina: Actor, time: Traveller, raw: Engine, path: str
) -> None:
    client = sign_in(tina)
    time.shift(IDLE)
    for _ in range(2):
        answer = client.post(path, data={**TYPED, "q": "moss"}, headers={"X-Requested-With": "fetch"})
        assert (answer.status_code, answer.get_data()) == (401, b"")
    assert forms(raw) == []
    client.post("/prescriptions/new", data=TYPED)
    assert len(forms(raw)) == 1


def test_pressed_twice_it_is_held_once(lapsed: FlaskClient, tina: Actor, raw: Engine) -> None:
    lapsed.post("/prescriptions/new", data=TYPED)
    assert len(forms(raw)) == 1
    lapsed.post("/prescriptions/new", data={**TYPED, "quantity": "85"})
    assert len(forms(raw)) == 2
    enter_again(lapsed, tina)
    assert "<dd>85</dd>" in text(lapsed.get("/resume")), "the newest first"
    lapsed.post("/resume/3/discard")
    assert "<dd>84</dd>" in text(lapsed.get("/resume"))


def test_after_a_day_it_is_not_offered_and_with_the_next_one_it_is_destroyed(
    lapsed: FlaskClient, tina: Actor, time: Traveller, raw: Engine
) -> None:
    time.shift(timedelta(hours=24))
    assert enter_again(lapsed, tina) == "/"
    time.shift(IDLE)
    lapsed.post("/patients/new", data={"family_name": "Reed"})
    assert [form.path for form in forms(raw)] == ["/patients/new"]


def test_a_session_that_a_new_password_ended_loses_nothing_either(
    sign_in: SignIn, db: Session, tina: Actor, raw: Engine
) -> None:
    client = sign_in(tina)
    factories.change(raw, Person, tina.id, session_epoch=1)
    assert client.post("/prescriptions/new", data=TYPED).headers["Location"] == "/sign-in"
    assert [form.person_id for form in forms(raw)] == [tina.id]


def test_nobodys_post_is_held_for_nobody(app: Flask, sign_in: SignIn, tina: Actor, raw: Engine) -> None:
    app.test_client().post("/prescriptions/new", data=TYPED)
    client = sign_in(tina)
    kept = client.get_cookie("triturate")
    assert kept
    client.post("/sign-out")
    client.post("/prescriptions/new", data=TYPED)
    client.set_cookie("triturate", kept.value)
    client.post("/prescriptions/new", data=TYPED)
    assert forms(raw) == []


def test_a_temporary_password_is_changed_before_the_form_comes_back(
    lapsed: FlaskClient, db: Session, adam: Actor, tina: Actor
) -> None:
    password = service.reset_password(db, adam, Seen(Person, tina.id), "Forgot it")
    answer = lapsed.post("/sign-in", data={"name": "tina", "password": password})
    assert answer.headers["Location"] == "/account"
    assert lapsed.get("/resume").headers["Location"] == "/account"
    sent = {"password": password, "new_password": "a password of her own", "again": "a password of her own"}
    assert lapsed.post("/account", data=sent).headers["Location"] == "/resume"
    assert "Ж" in text(lapsed.get("/resume"))


def test_the_record_says_that_a_form_was_held_but_not_what_was_in_it(lapsed: FlaskClient, entries: Entries) -> None:
    (entry,) = entries("form:hold")
    assert "Moss" not in str(entry)
    assert entry["actor"] == 0


@pytest.mark.parametrize("asked", ["0", "2", "-1", "x", "１", "9" * 400, ""])
def test_a_number_of_no_held_form_opens_an_empty_page(lapsed: FlaskClient, tina: Actor, asked: str) -> None:
    enter_again(lapsed, tina)
    answer = lapsed.get(f"/prescriptions/new?held={asked}")
    assert answer.status_code == 200
    assert "Moss" not in text(answer)
