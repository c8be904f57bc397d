"""Signing an act with the password or the PIN: the only maker of signatures."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries, secrets, service
from pharmacy.accounts.models import Person
from pharmacy.actions.acting import Seen, acting
from pharmacy.actions.catalogue import PROGRAM, Action, Actor, Signature
from pharmacy.errors import PharmacyError


def sign(db: Session, actor: Actor, secret: str, field: str = "secret") -> Signature:
    """The signature of the person for the act that follows; what does not fit is counted and refused.

    Digits alone are taken for the PIN where there is one. A PIN locks after five errors: then the password signs, and a
    new PIN is set under one's own account.
    """
    person = queries.person(db, actor.id)
    if not person.active:
        raise PharmacyError("This account is closed.", field)
    if not secret:
        raise PharmacyError("Sign with your password or PIN.", field)
    if person.pin_hash and secret.isascii() and secret.isdigit() and len(secret) <= secrets.LONGEST_PIN:
        if person.pin_failures >= secrets.PIN_ERRORS:
            raise PharmacyError("Your PIN is locked after five errors. Sign with your password.", field)
        if secrets.matches(person.pin_hash, secret):
            return Signature(actor.id, "PIN", clock.now())
        with acting(db, PROGRAM, Action.REFUSE_SIGNATURE, Seen(Person, person.id)) as opened:
            opened.subject.pin_failures += 1
            left = secrets.PIN_ERRORS - opened.subject.pin_failures
        raise PharmacyError(
            f"This is not your PIN; {left} more tries." if left else "Your PIN is locked. Sign with your password.",
            field,
        )
    account, address = queries.account_key(person.sign_in_name, person), service.own_address(actor)
    _check_wait(db, account, address, field)
    if secrets.matches(person.password_hash, secret):
        return Signature(actor.id, "password", clock.now())
    left_words = service.record_failure(db, account, address, person)
    raise PharmacyError(f"This is not your password. {left_words}", field)


def _check_wait(db: Session, account: str, address: str, field: str) -> None:
    try:
        service.check_wait(db, account, address)
    except service.SignInRefused as refused:
        raise PharmacyError(refused.sentence, field) from None
