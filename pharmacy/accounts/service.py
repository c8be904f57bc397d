"""People: adding, changing, signing in and out, secrets, and forms held for those whose session had ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries, secrets
from pharmacy.accounts.models import HeldForm, Person, PersonRole, SignInFailure
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import PROGRAM, Action, Actor, Role
from pharmacy.actions.record import Plain
from pharmacy.errors import PharmacyError

LONGEST_NAME = 200
LOCK_AFTER, LOCK_FOR = 5, timedelta(minutes=5)
ADDRESS_AFTER, ADDRESS_FOR = 20, timedelta(minutes=10)


class SignInRefused(PharmacyError):
    """Name and password do not belong together, or it is too early to try again."""


def wait_before_next(failed: Sequence[datetime], now: datetime, lock_after: int, lock_for: timedelta) -> timedelta:
    """How long the next try must wait: doubling from the third failure, then a lock (failures in time order)."""
    if len(failed) < 3:
        return timedelta(0)
    pause = lock_for if len(failed) >= lock_after else timedelta(seconds=2 ** (len(failed) - 2))
    return max(failed[-1] + pause - now, timedelta(0))


@answered
def add_person(
    db: Session,
    actor: Actor,
    full_name: str,
    sign_in_name: str,
    password: str,
    roles: Iterable[Role],
    key: str | None = None,
    *,
    credentials: str = "",
    temporary: bool = True,
) -> Plain:
    """Add someone who works here; the first password is temporary unless said otherwise. Answers the id."""
    hashed = secrets.hashed(password)
    with acting(db, actor, Action.ADD_PERSON, Seen(Person), key=key) as opened:
        secrets.check_password(password, sign_in_name)
        person = add_person_within(opened, full_name, sign_in_name, hashed, roles, credentials, temporary=temporary)
        opened.answer = person.id
    return opened.answer


def add_person_within(
    opened: Opened[Person],
    full_name: str,
    sign_in_name: str,
    password_hash: str,
    roles: Iterable[Role],
    credentials: str = "",
    *,
    temporary: bool,
) -> Person:
    """Add the row in an action that is open already."""
    db, name, full_name = opened.db, sign_in_name.strip().casefold(), full_name.strip()
    for given, field in ((full_name, "full_name"), (name, "sign_in_name")):
        if not given or not given.isprintable() or len(given) > LONGEST_NAME:
            raise PharmacyError(f"A name has 1 to {LONGEST_NAME} visible characters.", field)
    if queries.by_sign_in_name(db, name):
        raise PharmacyError("Someone signs in with this name already.", "sign_in_name")
    person = Person(
        full_name=full_name,
        sign_in_name=name,
        credentials=credentials,
        password_hash=password_hash,
        password_is_temporary=temporary,
        roles=[PersonRole(role=role.value) for role in sorted(set(roles))],
    )
    db.add(person)
    db.flush()
    if len(_holders(db, Role.PHARMACIST_IN_CHARGE)) > 1:
        raise PharmacyError(
            "There is a pharmacist in charge already. Add the person as a pharmacist, then hand the role over.", "roles"
        )
    opened.concerns("person", person.id)
    return person


@answered
def change_person(
    db: Session, actor: Actor, seen: Seen[Person], roles: Iterable[Role], active: bool, reason: str, key: str
) -> Plain:
    """Give and take roles, let someone go or come back. An administrator and the one pharmacist in charge stay.

    Whoever is made pharmacist in charge takes the role over from the present one, who stays a pharmacist.
    """
    with acting(db, actor, Action.CHANGE_PERSON, seen, reason=reason, key=key) as opened:
        person, wanted = opened.subject, set(roles)
        had = {Role(row.role) for row in person.roles}
        person.roles = [row for row in person.roles if Role(row.role) in wanted] + [
            PersonRole(role=role.value) for role in sorted(wanted - had)
        ]
        if person.active and not active:
            person.session_epoch += 1
        person.active = active
        db.flush()
        if active and Role.PHARMACIST_IN_CHARGE in wanted:
            _take_over(opened, person)
        for role in (Role.ADMINISTRATOR, Role.PHARMACIST_IN_CHARGE):
            if role in had and not _holders(db, role):
                raise PharmacyError(f"Somebody must stay {role}.", "roles")
        opened.answer = person.id
    return opened.answer


def _take_over(opened: Opened[Person], successor: Person) -> None:
    """There is one pharmacist in charge: the predecessor becomes a pharmacist like others, in the same entry."""
    for person_id in _holders(opened.db, Role.PHARMACIST_IN_CHARGE):
        if person_id == successor.id:
            continue
        before = queries.person(opened.db, person_id)
        kept = [row for row in before.roles if row.role != Role.PHARMACIST_IN_CHARGE.value]
        if not any(row.role == Role.PHARMACIST.value for row in kept):
            kept.append(PersonRole(role=Role.PHARMACIST.value))
        before.roles = kept
        opened.concerns("person", person_id)
    opened.db.flush()


def _holders(db: Session, role: Role) -> Sequence[int]:
    return db.scalars(
        select(Person.id).join(PersonRole).where(PersonRole.role == role.value, Person.active.is_(True))
    ).all()


def reset_password(db: Session, actor: Actor, seen: Seen[Person], reason: str) -> str:
    """A new temporary password, told once; it also unlocks the PIN's owner to set another."""
    password = secrets.random_password(queries.person(db, int(seen.id or 0)).sign_in_name)
    hashed = secrets.hashed(password)
    with acting(db, actor, Action.RESET_SECRET, seen, reason=reason) as opened:
        person = opened.subject
        person.password_hash, person.password_is_temporary = hashed, True
        person.pin_hash, person.pin_failures = None, 0
        person.session_epoch += 1
    return password


def set_own_password(db: Session, actor: Actor, seen: Seen[Person], present: str, new: str) -> None:
    """Choose a new password; all other sessions of the person end."""
    _check_present(db, actor, present)
    secrets.check_password(new, queries.person(db, actor.id).sign_in_name, "new_password")
    if new == present:
        raise PharmacyError("Choose another password than the present one.", "new_password")
    hashed = secrets.hashed(new)
    with acting(db, actor, Action.SET_OWN_SECRET, seen) as opened:
        opened.subject.password_hash, opened.subject.password_is_temporary = hashed, False
        opened.subject.session_epoch += 1


def set_own_pin(db: Session, actor: Actor, seen: Seen[Person], present: str, pin: str) -> None:
    """Choose a PIN to sign with; the password is asked for, and errors are forgotten."""
    _check_present(db, actor, present)
    secrets.check_pin(pin)
    hashed = secrets.hashed(pin)
    with acting(db, actor, Action.SET_OWN_SECRET, seen) as opened:
        opened.subject.pin_hash, opened.subject.pin_failures = hashed, 0


def _check_present(db: Session, actor: Actor, present: str) -> None:
    """The present password again, with errors counted: the session may have been left open on the counter."""
    person = queries.person(db, actor.id)
    account, address = queries.account_key(person.sign_in_name, person), own_address(actor)
    check_wait(db, account, address)
    if not secrets.matches(person.password_hash, present):
        left = record_failure(db, account, address, person)
        raise PharmacyError(f"This is not your present password. {left}", "password")


def own_address(actor: Actor) -> str:
    """What errors made while signed in are counted under, beside the account: no machine is to blame for them."""
    return f"signed in {actor.id}"


def has_password(db: Session, person_id: int, password: str) -> bool:
    """Whether this is the person's password: it is not, where a repeated form made up another."""
    return secrets.matches(queries.person(db, person_id).password_hash, password)


# --- signing in ------------------------------------------------------------------------------------------------------


def sign_in(db: Session, name: str, password: str, address: str) -> Person:
    """Who this is, if the password fits; else SignInRefused says how long to wait. Both are recorded."""
    found = queries.by_sign_in_name(db, name)
    account = queries.account_key(name, found)
    check_wait(db, account, address)
    if not secrets.matches(found.password_hash if found else None, password) or found is None or not found.active:
        left = record_failure(db, account, address, found)
        raise SignInRefused(f"Name and password do not belong together. {left}", "password")
    rehashed = secrets.hashed(password) if secrets.wants_new_hash(found.password_hash) else None
    actor = found.to_actor()
    if not actor.roles:
        with acting(db, PROGRAM, Action.REFUSE_SIGN_IN, Seen(Person, found.id)) as opened:
            opened.context["because"] = "no role"
        raise SignInRefused("You have no role here yet; the pharmacy's administrator gives one.", "password")
    with acting(db, actor, Action.SIGN_IN, Seen(Person, found.id)) as opened:
        if rehashed:
            opened.subject.password_hash = rehashed
        if opened.subject.pin_failures < secrets.PIN_ERRORS and opened.subject.pin_failures:
            opened.subject.pin_failures = 0
        for failure in db.scalars(select(SignInFailure).where(SignInFailure.account == account)):
            db.delete(failure)
    return queries.person(db, found.id)


def check_wait(db: Session, account: str, address: str) -> None:
    """Refuse without looking at the password while account or address must wait."""
    by_account, by_address = queries.failures(db, account, address)
    now = clock.now()
    wait = max(
        wait_before_next(by_account, now, LOCK_AFTER, LOCK_FOR),
        wait_before_next(by_address[ADDRESS_AFTER - 3 :], now, 3, ADDRESS_FOR),
    )
    if wait:
        seconds = int(wait.total_seconds()) + 1
        told = f"{seconds} seconds" if seconds < 90 else f"{-(-seconds // 60)} minutes"
        raise SignInRefused(f"Too many tries. Wait {told}, then try again.", "password")


def record_failure(db: Session, account: str, address: str, found: Person | None) -> str:
    """Count a failed try, and say what is left."""
    with acting(db, PROGRAM, Action.REFUSE_SIGN_IN, Seen(SignInFailure)) as opened:
        db.add(SignInFailure(account=account, address=address, at=clock.now()))
        if found:
            opened.concerns("person", found.id)
    left = LOCK_AFTER - len(queries.failures(db, account, address)[0])
    minutes = LOCK_FOR // timedelta(minutes=1)
    return f"{left} more tries, then a wait of {minutes} minutes." if left > 0 else f"Wait {minutes} minutes."


@answered
def sign_out(db: Session, actor: Actor, session_id: str) -> Plain:
    """The end of this session, on record and for good; the person's sessions on other machines go on."""
    with acting(db, actor, Action.SIGN_OUT, Seen(Person, actor.id), key=queries.session_key(session_id)):
        return None


# --- forms that were posted after the session had ended --------------------------------------------------------------


def hold_form(db: Session, person_id: int, path: str, content: str) -> None:
    """Keep what was posted until the same person has signed in again: once, and for a day."""
    same = (HeldForm.person_id == person_id) & (HeldForm.path == path) & (HeldForm.content == content)
    with acting(db, PROGRAM, Action.HOLD_FORM, Seen(HeldForm)) as opened:
        for old in db.scalars(select(HeldForm).where(same | (HeldForm.held_at <= clock.now() - queries.KEPT))):
            db.delete(old)
        db.add(HeldForm(person_id=person_id, path=path, content=content, held_at=clock.now()))
        opened.concerns("person", person_id)


def return_form(db: Session, actor: Actor, form_id: int) -> None:
    """The form was sent or given up: it need not be held any longer. Where nothing is held, nothing is recorded."""
    if queries.held_form(db, actor.id, form_id) is None:
        return
    with acting(db, actor, Action.RETURN_FORM, Seen(HeldForm)) as opened:
        for form in db.scalars(select(HeldForm).where(HeldForm.id == form_id, HeldForm.person_id == actor.id)):
            db.delete(form)
        opened.concerns("person", actor.id)
