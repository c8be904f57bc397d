"""The session: it ends by itself, by signing out, by a new password; and the cookie that carries it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from time_machine import Traveller

from pharmacy import clock
from pharmacy.accounts import service
from pharmacy.accounts.models import Person
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.premises.models import Setting
from tests import factories
from tests.steps.accounts.conftest import text

SignIn = Callable[[Actor], FlaskClient]
Entries = Callable[[str], list[dict[str, Any]]]
COOKIE = "triturate"


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    return found.value if found else ""


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_a_session_ends_after_fifteen_idle_minutes_and_not_before(
    sign_in: SignIn, tina: Actor, time: Traveller
) -> None:
    client = sign_in(tina)
    for _ in range(3):
        time.shift(15 * 60)
        assert is_in(client), "each page begins the minutes anew"
    time.shift(15 * 60 + 1)
    answer = client.get("/account")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert not is_in(client)


def test_the_idle_time_is_a_setting(sign_in: SignIn, raw: Engine, tina: Actor, time: Traveller) -> None:
    factories.put(
        raw, Setting, key="idle_minutes", value="5", reason="Busy counter", effective_from=clock.now(), set_at=clock.now(), set_by=3
    )  # fmt: skip
    client = sign_in(tina)
    time.shift(5 * 60 + 1)
    assert not is_in(client)


@pytest.mark.parametrize("where", ["/sign-out", "/change-user"])
def test_signing_out_ends_the_session_for_good_even_for_a_cookie_that_was_kept(
    where: str, app: Flask, sign_in: SignIn, tina: Actor, entries: Entries
) -> None:
    client = sign_in(tina)
    kept = cookie(client)
    answer = client.post(where)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert not is_in(client)
    thief = app.test_client()
    thief.set_cookie(COOKIE, kept)
    assert not is_in(thief)
    assert [entry["actor"] for entry in entries("session:close")] == [tina.id]


def test_signing_out_leaves_the_persons_other_machine_signed_in(sign_in: SignIn, tina: Actor) -> None:
    here, there = sign_in(tina), sign_in(tina)
    here.post("/sign-out")
    assert (is_in(here), is_in(there)) == (False, True)


def test_signing_out_twice_is_one_entry(app: Flask, sign_in: SignIn, tina: Actor, entries: Entries) -> None:
    client = sign_in(tina)
    again = app.test_client()
    again.set_cookie(COOKIE, cookie(client))
    client.post("/sign-out")
    assert again.post("/sign-out").status_code == 302
    assert len(entries("session:close")) == 1


def test_after_a_change_of_user_the_next_one_is_nobody_else(sign_in: SignIn, tina: Actor, paul: Actor) -> None:
    client = sign_in(tina)
    client.post("/change-user")
    client.post("/sign-in", data={"name": "paul", "password": factories.PASSWORD})
    page = text(client.get("/account"))
    assert ("Paul Sorrel" in page, "Tina Mallow" in page) == (True, False)


def test_the_buttons_to_leave_are_no_links_that_a_page_elsewhere_could_open(sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    assert client.get("/sign-out").status_code == 405
    assert client.get("/change-user").status_code == 405
    assert is_in(client)


def test_signing_in_makes_a_new_session_in_which_nothing_planted_stays(app: Flask, tina: Actor) -> None:
    client = app.test_client()
    with client.session_transaction() as planted:
        planted["session_id"], planted["csrf_token"], planted["planted"] = "0" * 32, "known to the thief", "yes"
    before = cookie(client)
    client.post("/sign-in", data={"name": "tina", "password": factories.PASSWORD})
    assert cookie(client) != before
    with client.session_transaction() as now:
        assert "planted" not in now
        assert now["session_id"] != "0" * 32
        assert now.get("csrf_token") != "known to the thief"


def test_two_sign_ins_are_two_sessions(app: Flask, sign_in: SignIn, tina: Actor) -> None:
    ids = set()
    for client in (sign_in(tina), sign_in(tina)):
        with client.session_transaction() as now:
            ids.add(now["session_id"])
    assert len(ids) == 2


def test_a_cookie_that_was_touched_opens_nothing(app: Flask, sign_in: SignIn, tina: Actor) -> None:
    value = cookie(sign_in(tina))
    client = app.test_client()
    client.set_cookie(COOKIE, value[:-2] + ("AA" if value[-2:] != "AA" else "BB"))
    assert not is_in(client)


@pytest.mark.parametrize("user_id", ["1", "1:", "x:y", "1:7", "999:0", "-1:0", "", ":"])
def test_a_session_that_names_nobody_is_no_session(app: Flask, sign_in: SignIn, tina: Actor, user_id: str) -> None:
    client = sign_in(tina)
    with client.session_transaction() as now:
        now["_user_id"] = user_id
    assert not is_in(client)


def test_a_new_password_ends_all_other_sessions_of_the_person(sign_in: SignIn, tina: Actor, paul: Actor) -> None:
    here, there, others = sign_in(tina), sign_in(tina), sign_in(paul)
    sent = {"password": factories.PASSWORD, "new_password": "another plain password", "again": "another plain password"}
    assert here.post("/account", data=sent).status_code == 302
    assert (is_in(here), is_in(there), is_in(others)) == (True, False, True)


def test_closing_an_account_ends_its_sessions_at_once(sign_in: SignIn, db: Session, adam: Actor, tina: Actor) -> None:
    client = sign_in(tina)
    service.change_person(db, adam, Seen(Person, tina.id), [*tina.roles], False, "Has left", "a" * 32)
    assert not is_in(client)


def test_rights_follow_the_person_not_the_session(sign_in: SignIn, db: Session, adam: Actor, tina: Actor) -> None:
    client = sign_in(tina)
    assert client.get("/prescriptions/new").status_code == 200
    service.change_person(db, adam, Seen(Person, tina.id), [*adam.roles], True, "Moved to the office", "a" * 32)
    assert client.get("/prescriptions/new").status_code == 403
    assert client.get("/people").status_code == 200


# --- cookie, headers, CSRF --------------------------------------------------------------------------------------------


def set_cookie_of(app: Flask, base_url: str) -> str:
    answer = app.test_client().post(
        "/sign-in", data={"name": "tina", "password": factories.PASSWORD}, base_url=base_url
    )
    return "; ".join(answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    ("base_url", "secure"),
    [
        ("http://localhost:8000", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:8000", False),
        ("http://[::1]", False),
        ("https://localhost", True),
        ("http://pharmacy.example:8000", True),
        ("https://pharmacy.example", True),
        ("http://127.0.0.1.example", True),
    ],
)
def test_the_cookie_is_secure_except_on_this_very_machine(app: Flask, base_url: str, secure: bool) -> None:
    sent = set_cookie_of(app, base_url)
    assert "HttpOnly" in sent
    assert "SameSite=Strict" in sent
    assert ("Secure" in sent) is secure


PATHS = ["/", "/sign-in", "/account", "/no/such/page", "/healthz", "/people", "/static/triturate.css", "/patients/999"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_guards_of_the_browser(sign_in: SignIn, tina: Actor, path: str) -> None:
    with sign_in(tina).get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    if not path.startswith("/static"):
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/people/new", "/prescriptions/new", "/find", "/patients/new"]
)
def test_a_post_without_the_token_is_refused_and_shows_what_was_typed(app: Flask, path: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post(path, data={"family_name": "Ж <b>Moss</b>", "password": "hush hush hush"})
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert "Ж &lt;b&gt;Moss&lt;/b&gt;" in page
    assert "hush" not in page
    assert "the form is too old or came from elsewhere" in text(answer).lower()


def test_with_the_pages_own_token_the_form_passes(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', client.get("/sign-in").get_data(as_text=True))
    assert token
    sent = {"name": "tina", "password": factories.PASSWORD, "csrf_token": token[1]}
    assert client.post("/sign-in", data=sent).status_code == 302


# --- errors -----------------------------------------------------------------------------------------------------------


def test_a_role_that_may_not_gets_a_page_that_says_who_may_and_the_attempt_changes_nothing(
    sign_in: SignIn, tina: Actor, raw: Engine
) -> None:
    answer = sign_in(tina).post("/people/new", data={"full_name": "Rose Thorn", "sign_in_name": "rose"})
    page = text(answer)
    assert answer.status_code == 403
    assert "administrator" in page
    assert "You are signed in as <strong>Tina Mallow" in page
    assert "Rose Thorn" in page, "what was typed is shown again"
    with Session(raw) as db:
        assert db.scalar(select(Person).where(Person.sign_in_name == "rose")) is None


@pytest.mark.parametrize("path", ["/people/999", "/patients/999", "/no/such/page"])
def test_what_is_not_there_is_a_404(sign_in: SignIn, adam: Actor, tina: Actor, path: str) -> None:
    answer = sign_in(adam if path.startswith("/people") else tina).get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in text(answer)


def test_the_wrong_kind_of_request_is_answered_in_words(sign_in: SignIn, tina: Actor) -> None:
    answer = sign_in(tina).delete("/account")
    assert answer.status_code == 405
    assert "<h1>" in text(answer)


def test_no_page_but_the_open_ones_is_shown_to_a_stranger(app: Flask, raw: Engine) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in {"static", "bootstrap.static", "healthz", "accounts.sign_in", "desk.set_up"}:
            continue
        method = "get" if "GET" in (rule.methods or ()) else "post"
        address = re.sub(
            r"<(?:int:)?[a-z_0-9]+>", "1", re.sub(r"<(?:any|string|path|regex)[^>]*:[a-z_0-9]+>", "x", rule.rule)
        )
        answer = getattr(client, method)(address)
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/sign-in"), rule
    with Session(raw) as db:
        assert db.scalars(select(AuditEntry)).all() == []
