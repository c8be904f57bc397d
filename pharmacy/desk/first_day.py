"""Setting the pharmacy up: once, by whoever reads the console."""

from __future__ import annotations

import hmac
from pathlib import Path

from sqlalchemy.orm import Session

from pharmacy.accounts import secrets
from pharmacy.accounts import service as accounts
from pharmacy.accounts.models import Person
from pharmacy.actions.acting import Seen, acting
from pharmacy.actions.catalogue import PROGRAM, Action, Role
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.premises import queries as premises
from pharmacy.premises.service import Identity, set_up_within


def check_open(db: Session) -> None:
    """The page exists only until there is a pharmacy."""
    if not premises.is_empty(db):
        raise NotFound("The pharmacy is set up.")


def set_up(
    db: Session, data: Path, code: str, address: str, identity: Identity, me: tuple[str, str, str], password: str
) -> int:
    """Make the pharmacy and its pharmacist in charge, who is also its first administrator.

    ``me`` is full name, credentials and the name to sign in with. The code goes with it; wrong codes are counted.
    """
    check_open(db)
    accounts.check_wait(db, "first code", address)
    path = data / "first-code"
    known = path.read_text().strip() if path.exists() else ""
    if not known or not hmac.compare_digest(known.encode(), code.strip().upper().encode()):
        accounts.record_failure(db, "first code", address, None)
        raise PharmacyError("This is not the code that the console printed last.", "code")
    full_name, credentials, sign_in_name = me
    secrets.check_password(password, sign_in_name)
    hashed = secrets.hashed(password)
    with acting(db, PROGRAM, Action.SET_UP, Seen(Person)) as opened:
        check_open(db)
        set_up_within(opened, identity, demonstration=False)
        roles = [Role.PHARMACIST_IN_CHARGE, Role.ADMINISTRATOR]
        person = accounts.add_person_within(
            opened, full_name, sign_in_name, hashed, roles, credentials, temporary=False
        )
    path.unlink(missing_ok=True)
    return person.id
