"""Signing with the password or the PIN: what fits, what is counted, what locks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from time_machine import Traveller

from pharmacy.accounts import queries, service
from pharmacy.accounts.models import Person, SignInFailure
from pharmacy.accounts.signing import sign
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.errors import PharmacyError
from tests import factories

Entries = Callable[[str], list[dict[str, Any]]]


def refusal(db: Session, actor: Actor, secret: str) -> str:
    with pytest.raises(PharmacyError) as refused:
        sign(db, actor, secret, "release-secret")
    assert refused.value.field == "release-secret"
    db.rollback()
    return refused.value.sentence


def test_password_and_pin_both_sign_and_the_signature_says_which(db: Session, paul: Actor) -> None:
    by_pin, by_password = sign(db, paul, factories.PIN), sign(db, paul, factories.PASSWORD)
    assert (by_pin.person, by_pin.method) == (paul.id, "PIN")
    assert (by_password.person, by_password.method) == (paul.id, "password")


@pytest.mark.parametrize(
    "secret", ["", "2468", "２４６８０１", "246801 ", " 246801", "wrong words here", "\x00", "9" * 400]
)
def test_nothing_else_signs(db: Session, paul: Actor, secret: str) -> None:
    assert refusal(db, paul, secret)


def test_the_pin_of_another_does_not_sign(db: Session, raw: Engine, paul: Actor) -> None:
    factories.change(raw, Person, paul.id, pin_hash=factories.hashed("907416"))
    assert "This is not your PIN; 4 more tries." in refusal(db, paul, factories.PIN)


def test_a_pin_locks_after_five_errors_and_the_password_still_signs(db: Session, paul: Actor, entries: Entries) -> None:
    said = [refusal(db, paul, "000001") for _ in range(5)]
    assert said[0] == "This is not your PIN; 4 more tries."
    assert said[4] == "Your PIN is locked. Sign with your password."
    assert "locked after five errors" in refusal(db, paul, factories.PIN), "not even the right one"
    assert sign(db, paul, factories.PASSWORD).method == "password"
    assert len(entries("signature:refuse")) == 5
    assert queries.person(db, paul.id).pin_failures == 5


def test_a_locked_pin_stays_locked_through_a_sign_in_until_a_new_one_is_set(
    app: Flask, db: Session, raw: Engine, paul: Actor
) -> None:
    factories.change(raw, Person, paul.id, pin_failures=5)
    app.test_client().post("/sign-in", data={"name": "paul", "password": factories.PASSWORD})
    assert "locked" in refusal(db, paul, factories.PIN)
    db.expire_all()
    service.set_own_pin(db, paul, Seen(Person, paul.id), factories.PASSWORD, "907416")
    db.expire_all()
    assert sign(db, paul, "907416").method == "PIN"


def test_signing_in_forgives_a_few_wrong_pins(app: Flask, db: Session, raw: Engine, paul: Actor) -> None:
    factories.change(raw, Person, paul.id, pin_failures=4)
    app.test_client().post("/sign-in", data={"name": "paul", "password": factories.PASSWORD})
    assert queries.person(db, paul.id).pin_failures == 0


def test_without_a_pin_digits_are_a_wrong_password(db: Session, raw: Engine, paul: Actor) -> None:
    factories.change(raw, Person, paul.id, pin_hash=None)
    assert "This is not your password." in refusal(db, paul, factories.PIN)


def test_wrong_passwords_at_a_signature_slow_down_and_lock_the_account(
    db: Session, paul: Actor, time: Traveller
) -> None:
    for _ in range(3):
        assert "This is not your password." in refusal(db, paul, "a wrong guess")
    assert "Too many tries" in refusal(db, paul, factories.PASSWORD)
    time.shift(timedelta(seconds=3))
    assert sign(db, paul, factories.PASSWORD).person == paul.id


def test_the_errors_of_one_person_keep_nobody_else_from_signing(
    db: Session, paul: Actor, pia: Actor, time: Traveller
) -> None:
    for _ in range(4):
        for actor in (paul, pia):
            refusal(db, actor, "a wrong guess")
        time.shift(timedelta(seconds=5))
    refusal(db, pia, "a wrong guess")
    assert sign(db, paul, factories.PASSWORD).person == paul.id
    assert "Too many tries" in refusal(db, pia, factories.PASSWORD)


def test_what_twenty_colleagues_get_wrong_locks_no_machine(db: Session, raw: Engine, paul: Actor) -> None:
    for n in range(25):
        other = Actor.of(100 + n, paul.roles, f"Fern{n} Frond")
        factories.person(raw, other)
        refusal(db, other, "a wrong guess")
    assert sign(db, paul, factories.PASSWORD).person == paul.id


def test_a_closed_account_signs_nothing(db: Session, raw: Engine, paul: Actor) -> None:
    factories.change(raw, Person, paul.id, active=False)
    assert refusal(db, paul, factories.PIN) == "This account is closed."


def test_no_secret_is_kept_in_clear_anywhere(db: Session, raw: Engine, paul: Actor) -> None:
    refusal(db, paul, "000001")
    refusal(db, paul, "a wrong guess")
    with raw.connect() as connection:
        dump = "\n".join(connection.connection.iterdump())
        assert connection.scalars(select(SignInFailure.address)).all() == [f"signed in {paul.id}"]
    for secret in ("000001'", "a wrong guess", factories.PASSWORD, factories.PIN + "'"):
        assert secret not in dump
        assert secret.encode().hex().upper() not in dump.upper()
