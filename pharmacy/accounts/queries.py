"""Reading people and what was tried in their name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts.models import HeldForm, Person, PersonRole, SignInFailure
from pharmacy.actions.catalogue import Role
from pharmacy.actions.models import Submission
from pharmacy.errors import NotFound

COUNTED = timedelta(minutes=15)
KEPT = timedelta(hours=24)


def person(db: Session, person_id: int) -> Person:
    """One person with roles."""
    found = db.get(Person, person_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def by_sign_in_name(db: Session, name: str) -> Person | None:
    """The person who signs in with this name; case does not count."""
    return db.scalar(select(Person).where(Person.sign_in_name == name.strip().casefold()))


def people(db: Session) -> Sequence[Person]:
    """Everybody, those who work here now first."""
    return db.scalars(select(Person).order_by(Person.active.desc(), Person.full_name)).all()


def working_as(db: Session, roles: Iterable[Role]) -> dict[int, str]:
    """Full names by id of those who work here now and have one of the roles, by name."""
    held = select(PersonRole.person_id).where(PersonRole.role.in_([role.value for role in roles]))
    wanted = select(Person.id, Person.full_name).where(Person.active, Person.id.in_(held))
    return {row.id: row.full_name for row in db.execute(wanted.order_by(Person.full_name, Person.id))}


def names(db: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Full names by id; 0 is the program itself."""
    wanted = {row_id for row_id in ids if row_id}
    found = db.execute(select(Person.id, Person.full_name).where(Person.id.in_(wanted))).all() if wanted else []
    return {0: "the program"} | {row.id: row.full_name for row in found}


def failures(db: Session, account: str, address: str) -> tuple[list[datetime], list[datetime]]:
    """When sign-in failed lately: for the account, and from the address."""
    since = clock.now() - COUNTED
    rows = db.execute(
        select(SignInFailure.account, SignInFailure.address, SignInFailure.at)
        .where((SignInFailure.account == account) | (SignInFailure.address == address), SignInFailure.at > since)
        .order_by(SignInFailure.at)
    ).all()
    return [row.at for row in rows if row.account == account], [row.at for row in rows if row.address == address]


def account_key(name: str, found: Person | None) -> str:
    """What failures are counted under: never the typed words, which may be a password in the wrong field."""
    return f"person {found.id}" if found else "unknown " + hashlib.sha256(name.casefold().encode()).hexdigest()[:16]


def session_key(session_id: str) -> str:
    """The one-time key under which a session ends."""
    return f"session {session_id}"


def has_ended(db: Session, session_id: str) -> bool:
    """Whether the person signed out of this session: a cookie that somebody kept must not open it again."""
    return db.scalar(select(Submission.key).where(Submission.key == session_key(session_id))) is not None


def held_form(db: Session, person_id: int, form_id: int | None = None) -> HeldForm | None:
    """The newest form that waits for this person (or the one asked for)."""
    wanted = select(HeldForm).where(HeldForm.person_id == person_id, HeldForm.held_at > clock.now() - KEPT)
    if form_id is not None:
        wanted = wanted.where(HeldForm.id == form_id)
    return db.scalar(wanted.order_by(HeldForm.id.desc()).limit(1))
