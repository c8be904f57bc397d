"""Signing in: who may, how failures are counted, slowed down and locked, and what the record says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from time_machine import Traveller
from werkzeug.test import TestResponse

from pharmacy import clock
from pharmacy.accounts import queries, secrets, service
from pharmacy.accounts.models import Person, SignInFailure
from pharmacy.actions.catalogue import Actor
from pharmacy.errors import PharmacyError
from tests import factories
from tests.steps.accounts.conftest import text

Entries = Callable[[str], list[dict[str, Any]]]


def try_it(
    client: FlaskClient, name: str = "tina", password: str = "a wrong guess", at: str = "127.0.0.1"
) -> TestResponse:
    return client.post("/sign-in", data={"name": name, "password": password}, environ_base={"REMOTE_ADDR": at})


def right(client: FlaskClient, name: str = "tina", at: str = "127.0.0.1") -> TestResponse:
    return try_it(client, name, factories.PASSWORD, at)


def test_the_right_password_opens_the_queue_and_is_an_entry(app: Flask, tina: Actor, entries: Entries) -> None:
    client = app.test_client()
    answer = right(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    assert [entry["actor"] for entry in entries("session:open")] == [tina.id]


def test_the_name_may_be_typed_in_capitals_and_with_blanks_around_it(app: Flask) -> None:
    assert right(app.test_client(), "  TINA ").status_code == 302


@pytest.mark.parametrize(("name", "password"), [("tina", ""), ("", "a password"), ("   ", "a password")])
def test_a_missing_name_or_password_is_asked_for_and_counts_as_no_failure(
    app: Flask, raw: Engine, name: str, password: str
) -> None:
    answer = try_it(app.test_client(), name, password)
    assert answer.status_code == 422
    assert "Type" in text(answer)
    with Session(raw) as db:
        assert db.scalars(select(SignInFailure)).all() == []


def test_a_wrong_password_says_neither_that_the_name_exists_nor_that_it_does_not(app: Flask) -> None:
    client = app.test_client()
    known, unknown = try_it(client), try_it(client, "nobody-here")
    assert (known.status_code, unknown.status_code) == (422, 422)
    said = "Name and password do not belong together. 4 more tries, then a wait of 5 minutes."
    assert (said in text(known), said in text(unknown)) == (True, True)


def test_an_unknown_name_takes_as_long_because_a_hash_is_checked_all_the_same(
    app: Flask, dear_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = type(secrets._hasher).verify

    def noting(hasher: object, stored: str, secret: str) -> bool:
        checked.append(stored)
        return verify(hasher, stored, secret)

    monkeypatch.setattr(type(secrets._hasher), "verify", noting)
    try_it(app.test_client(), "nobody-here")
    assert len(checked) == 1
    assert checked[0].startswith("$argon2id$v=19$m=65536")


def test_what_was_typed_as_a_name_is_stored_nowhere_for_it_may_be_a_password(app: Flask, raw: Engine) -> None:
    try_it(app.test_client(), "my secret password")
    with raw.connect() as connection:
        dump = "\n".join(connection.connection.iterdump())
        rows = connection.execute(select(SignInFailure.account)).all()
    assert "my secret password" not in dump
    assert bytes("my secret password", "utf-8").hex() not in dump.lower()
    assert rows[0].account.startswith("unknown ")


def test_failures_slow_down_from_the_third_and_lock_from_the_fifth(app: Flask, time: Traveller) -> None:
    client = app.test_client()
    for _ in range(3):
        assert "do not belong together" in text(try_it(client))
    assert "Too many tries. Wait 3 seconds" in text(try_it(client))
    time.shift(2)
    assert "do not belong together" in text(try_it(client))
    time.shift(3)
    assert "Too many tries" in text(try_it(client)), "after the fourth it is four seconds"
    time.shift(1)
    assert "Wait 5 minutes" in text(try_it(client))
    time.shift(4 * 60)
    assert "Too many tries. Wait 61 seconds" in text(right(client)), "even the right password is not looked at"
    time.shift(60)
    assert right(client).status_code == 302


def test_a_locked_account_does_not_lock_others(app: Flask) -> None:
    client = app.test_client()
    for _ in range(3):
        try_it(client)
    assert right(client, "paul").status_code == 302
    assert right(client, "tina").status_code == 422


def test_an_account_is_locked_from_every_address(app: Flask) -> None:
    client = app.test_client()
    for n in range(3):
        try_it(client, at=f"192.0.2.{n}")
    assert "Too many tries" in text(right(client, at="198.51.100.7"))


def test_an_address_that_tries_twenty_names_is_locked_for_ten_minutes(app: Flask, time: Traveller) -> None:
    client = app.test_client()
    for n in range(20):
        assert "do not belong together" in text(try_it(client, f"guess-{n}", at="192.0.2.1"))
    assert "Too many tries. Wait 11 minutes" in text(right(client, at="192.0.2.1"))
    assert right(client, "paul", at="192.0.2.2").status_code == 302
    time.shift(timedelta(minutes=10))
    assert right(client, at="192.0.2.1").status_code == 302


def test_signing_in_forgets_the_failures_of_the_account_alone(app: Flask, raw: Engine, paul: Actor) -> None:
    client = app.test_client()
    try_it(client, "tina")
    try_it(client, "paul")
    right(client, "tina")
    with Session(raw) as db:
        assert db.scalars(select(SignInFailure.account)).all() == [f"person {paul.id}"]


def test_a_failure_is_an_entry_about_the_person(app: Flask, raw: Engine, tina: Actor, entries: Entries) -> None:
    try_it(app.test_client())
    (entry,) = entries("session:refuse")
    assert entry["actor"] == 0
    assert "a wrong guess" not in str(entry)


def test_a_closed_account_is_refused_like_a_wrong_password(app: Flask, raw: Engine, tina: Actor) -> None:
    factories.change(raw, Person, tina.id, active=False)
    assert "do not belong together" in text(right(app.test_client()))


def test_a_person_without_a_role_is_told_who_gives_one_and_it_is_recorded(app: Flask, entries: Entries) -> None:
    client = app.test_client()
    answer = right(client, "nora")
    assert "You have no role here yet; the pharmacy's administrator gives one." in text(answer)
    assert client.get("/").status_code == 302
    (entry,) = entries("session:refuse")
    assert entry["context"] == {"because": "no role"}


def test_an_old_hash_is_made_anew_at_the_next_sign_in(app: Flask, raw: Engine, tina: Actor, dear_hashes: None) -> None:
    right(app.test_client())
    with Session(raw) as db:
        stored = db.get_one(Person, tina.id).password_hash
    assert stored != factories.hashed(factories.PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536"), "64 MiB"
    assert secrets.matches(stored, factories.PASSWORD)


def test_the_record_keeps_of_a_hash_only_its_digest(
    app: Flask, raw: Engine, tina: Actor, entries: Entries, dear_hashes: None
) -> None:
    right(app.test_client())
    (entry,) = entries("session:open")
    assert "argon2id" not in str(entry)
    assert "password_hash" in str(entry)


@pytest.mark.parametrize("name", ["x" * 5000, "O’Brien <b>", "Ωμέγα", "' OR 1=1 --", "\u202egnol"])
def test_no_name_however_strange_breaks_the_page_or_passes(app: Flask, name: str) -> None:
    answer = try_it(app.test_client(), name)
    assert answer.status_code == 422
    assert "<b>" not in answer.get_data(as_text=True).split("<main")[1]


@pytest.mark.parametrize(
    ("failed", "wait"),
    [
        ((), 0),
        ((0,), 0),
        ((5, 3), 0),
        ((9, 5, 0), 2),
        ((9, 5, 1), 1),
        ((9, 5, 2), 0),
        ((9, 5, 3, 0), 4),
        ((9, 5, 3, 2, 0), 300),
    ],
)
def test_the_wait_doubles_and_then_is_a_lock(failed: tuple[int, ...], wait: int) -> None:
    now = clock.now()
    times = [now - timedelta(seconds=ago) for ago in failed]
    assert service.wait_before_next(times, now, service.LOCK_AFTER, service.LOCK_FOR) == timedelta(seconds=wait)


# --- passwords and PINs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "at least 10"),
        ("nine chrs", "at least 10"),
        ("x" * 201, "at most 200"),
        ("hazel is my name", "too easy"),
        ("I am HAZEL again", "too easy"),
        ("abababababab", "too easy"),
        ("1234567890", "taken for a PIN"),
    ],
)
def test_a_poor_password_is_refused_with_the_reason(password: str, said: str) -> None:
    with pytest.raises(PharmacyError, match=said):
        secrets.check_password(password, "Hazel")


@pytest.mark.parametrize(
    "password", ["four plain words here", "пароль из слов", "密码密码密码一二三四五六", "1234567890 and more"]
)
def test_a_long_password_of_any_script_is_good(password: str) -> None:
    secrets.check_password(password, "hazel")
    secrets.check_password(password, "e")  # one letter stands in any word


@pytest.mark.parametrize(
    "pin",
    [
        "",
        "12345",
        "1234567890123",
        "１２３４５６",
        "12345a",
        "123456",
        "654321",
        "111111",
        "121212",
        "-12345",
        "246 801",
    ],
)
def test_a_poor_pin_is_refused(pin: str) -> None:
    with pytest.raises(PharmacyError, match="PIN"):
        secrets.check_pin(pin)


@pytest.mark.parametrize("pin", ["246801", "135790", "907416", "123457", "135798642013"])
def test_six_to_twelve_digits_that_are_no_ladder_are_a_pin(pin: str) -> None:
    secrets.check_pin(pin)


def test_a_made_up_password_never_holds_the_name_of_whom_it_is_for() -> None:
    made = [secrets.random_password("Hazel") for _ in range(300)]
    assert len(set(made)) == 300
    for password in made:
        secrets.check_password(password, "hazel")


def test_a_password_matches_itself_alone_and_nothing_matches_none() -> None:
    stored = factories.hashed("four plain words")
    assert secrets.matches(stored, "four plain words")
    assert not secrets.matches(stored, "four plain words ")
    assert not secrets.matches(None, "nobody has this password")
    assert not secrets.matches("no hash", "four plain words")


def test_the_account_of_a_known_name_is_the_person_whatever_was_typed(db: Session, tina: Actor) -> None:
    found = queries.by_sign_in_name(db, " Tina")
    assert queries.account_key("anything", found) == f"person {tina.id}"
