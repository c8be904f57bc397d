"""The verbs of the pharmacy itself: identity, policy, numbers, balances, working alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor, Solo
from pharmacy.actions.record import Plain
from pharmacy.errors import PharmacyError
from pharmacy.premises import policy as settings
from pharmacy.premises import queries
from pharmacy.premises.models import Balance, Counter, Pharmacy, Setting


@dataclass(frozen=True, slots=True)
class Identity:
    """The pharmacy as it stands on labels."""

    name: str
    street: str
    town: str
    phone: str
    licence: str


@dataclass(frozen=True, slots=True)
class BalanceGiven:
    """A balance as typed; masses in mg, the accepted error in per cent."""

    name: str
    serial: str
    readability: Decimal
    sensitivity_requirement: Decimal
    accepted_error: Decimal
    capacity: Decimal
    calibration_due: date
    active: bool = True


def set_up_within(opened: Opened[Any], identity: Identity, *, demonstration: bool) -> Pharmacy:
    """Add the one pharmacy in an action that is open already."""
    if not queries.is_empty(opened.db):
        raise PharmacyError("The pharmacy is set up already.")
    row = Pharmacy(
        site=opened.actor.site, name=identity.name, street=identity.street, town=identity.town, phone=identity.phone,
        licence=identity.licence, timezone="", demonstration=demonstration,
    )  # fmt: skip
    opened.db.add(row)
    opened.db.flush()
    return row


@answered
def change_pharmacy(
    db: Session, actor: Actor, seen: Seen[Pharmacy], identity: Identity, reason: str, key: str
) -> Plain:
    """Change what stands on labels from now on; labels that were issued stay as they were."""
    with acting(db, actor, Action.CHANGE_PHARMACY, seen, reason=reason, key=key) as opened:
        row = opened.subject
        row.name, row.street, row.town = identity.name, identity.street, identity.town
        row.phone, row.licence = identity.phone, identity.licence
        opened.answer = row.id
    return opened.answer


@answered
def set_policy(
    db: Session, actor: Actor, setting: str, value: str, reason: str, key: str, effective_from: datetime | None = None
) -> Plain:
    """Set one setting from an instant on (now, unless given; never before now)."""
    with acting(db, actor, Action.SET_POLICY, Seen(Setting), reason=reason, key=key) as opened:
        now = clock.now()
        if effective_from is not None and effective_from < now:
            raise PharmacyError("A policy cannot begin in the past.", "effective_from")
        row = Setting(
            key=setting, value=settings.check(setting, value), effective_from=effective_from or now, reason=opened.reason,
            set_by=actor.id, set_at=now,
        )  # fmt: skip
        db.add(row)
        opened.context["setting"] = setting
        db.flush()
        opened.answer = row.id
    return opened.answer


def next_number(opened: Opened[Any], name: str, first: int = 1) -> int:
    """The next number of this kind, in an action that is open already: given out once, never again."""
    row = opened.db.get(Counter, name, with_for_update=True)
    if row is None:
        row = Counter(name=name, last=first - 1)
        opened.db.add(row)
    row.last += 1
    opened.db.flush()
    return row.last


def solo(db: Session, reason: str) -> Solo | None:
    """Leave to check one's own work, where the policy allows working alone; None where no reason is given."""
    if not reason.strip():
        return None
    if not queries.policy(db).solo_mode:
        raise PharmacyError("Working alone is not switched on; another pharmacist checks this.", "solo_reason")
    return Solo(reason.strip())


@answered
def add_balance(db: Session, actor: Actor, given: BalanceGiven, key: str) -> Plain:
    """Add a balance to weigh on."""
    with acting(db, actor, Action.ADD_BALANCE, Seen(Balance), key=key) as opened:
        _check_balance(db, given, None)
        row = Balance(**_columns(given))
        db.add(row)
        db.flush()
        opened.answer = row.id
    return opened.answer


@answered
def change_balance(db: Session, actor: Actor, seen: Seen[Balance], given: BalanceGiven, reason: str, key: str) -> Plain:
    """Change a balance: a new calibration, another accepted error, out of use. Worksheets made before stay."""
    with acting(db, actor, Action.CHANGE_BALANCE, seen, reason=reason, key=key) as opened:
        _check_balance(db, given, opened.subject.id)
        for name, value in _columns(given).items():
            setattr(opened.subject, name, value)
        opened.answer = opened.subject.id
    return opened.answer


def _columns(given: BalanceGiven) -> dict[str, Any]:
    return {name: getattr(given, name) for name in BalanceGiven.__slots__}


def _check_balance(db: Session, given: BalanceGiven, but: int | None) -> None:
    if any(row.name == given.name and row.id != but for row in queries.balances(db)):
        raise PharmacyError("There is a balance of this name already.", "name")
    if not 0 < given.accepted_error <= 10:
        raise PharmacyError("The accepted error is above 0 and at most 10 %.", "accepted_error")
    if given.readability <= 0 or given.sensitivity_requirement < given.readability:
        raise PharmacyError("The sensitivity requirement is not below the readability.", "sensitivity_requirement")
    if given.capacity <= given.sensitivity_requirement:
        raise PharmacyError("The capacity is above the sensitivity requirement.", "capacity")
