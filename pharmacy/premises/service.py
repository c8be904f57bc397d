"""The verbs about the pharmacy itself: its identity, policy, and numbers that never repeat; its balances stand apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor, Solo
from pharmacy.actions.record import Plain
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.premises import queries
from pharmacy.premises.balances import BalanceData, add_balance, change_balance
from pharmacy.premises.models import Counter, Pharmacy, Setting
from pharmacy.premises.settings import SETTINGS, check_together, policy_of

__all__ = (
    "BalanceData", "Identity", "add_balance", "beginning_of", "change_balance", "change_pharmacy", "next_number",
    "set_policy", "set_up_within", "solo",
)  # fmt: skip

FIRST_NUMBER = {"prescription": 100001}  # six digits from the first day, so that a number is told from a count
FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Identity:
    """What the pharmacy is called and where it is: it stands on every label and record."""

    name: str
    street: str
    town: str
    phone: str
    licence: str
    timezone: str = ""

    def check(self) -> None:
        """Raise a :class:`PharmacyError` at the first field that is missing."""
        asked = (
            ("name", "name"),
            ("street", "street"),
            ("town", "town"),
            ("phone", "telephone number"),
            ("licence", "licence number"),
        )
        for field, words in asked:
            if not getattr(self, field).strip():
                raise PharmacyError(f"The pharmacy’s {words} is asked for.", field)
        if len(re.sub(r"[^0-9]", "", self.phone)) < 7:
            raise PharmacyError("A telephone number has at least seven digits.", "phone")


def set_up_within(opened: Opened[Any], identity: Identity, demonstration: bool) -> Pharmacy:
    """Make the one pharmacy in an action that is open already; a second one is refused."""
    identity.check()
    if not queries.is_empty(opened.db):
        raise PharmacyError("The pharmacy is set up already.")
    pharmacy = Pharmacy(site=opened.actor.site, demonstration=demonstration, **_columns(identity))
    opened.db.add(pharmacy)
    opened.db.flush()
    return pharmacy


@answered
def change_pharmacy(
    db: Session, actor: Actor, seen: Seen[Pharmacy], identity: Identity, reason: str, key: str | None = None
) -> Plain:
    """Change what the pharmacy is called or where it is. What was issued keeps what it said."""
    identity.check()
    with acting(db, actor, Action.CHANGE_PHARMACY, seen, reason=reason, key=key) as opened:
        for name, value in _columns(identity).items():
            setattr(opened.subject, name, value)
        opened.answer = opened.subject.id
    return opened.answer


def _columns(identity: Identity) -> dict[str, str]:
    return {one.name: getattr(identity, one.name).strip() for one in fields(identity)}


@answered
def set_policy(
    db: Session,
    actor: Actor,
    seen: Seen[Pharmacy],
    name: str,
    value: str,
    reason: str,
    key: str | None = None,
    *,
    effective_from: datetime | None = None,
) -> Plain:
    """Set one setting of the catalogue from an instant on (now, unless given); the answer is the change's id.

    What was in effect stays on record with its own time, so that the policy of any earlier instant can be read.
    """
    kind = queries.setting_kind(name)
    wanted = kind.read(value)
    stored = kind.stored(wanted)
    with acting(db, actor, Action.SET_POLICY, seen, reason=reason, key=key) as opened:
        now = clock.now()
        begins = effective_from or now
        if begins < now - timedelta(minutes=1):
            raise PharmacyError("A setting cannot take effect in the past.", "effective_from")
        if begins > now + FURTHEST:
            raise PharmacyError("A setting takes effect within a year.", "effective_from")
        others = queries.policy(db, begins)
        if getattr(others, name) == wanted:
            raise PharmacyError(f"It is {kind.text(getattr(others, name))} already.", "value")
        values = {one: SETTINGS[one].stored(getattr(others, one)) for one in SETTINGS}
        check_together(policy_of(values | {name: stored}))
        row = Setting(key=name, value=stored, effective_from=begins, reason=opened.reason, set_by=actor.id, set_at=now)
        db.add(row)
        db.flush()
        opened.context["setting"] = {"key": name, "value": stored}
        opened.concerns("setting", name)
        opened.answer = row.id
    return opened.answer


def beginning_of(day: date) -> datetime | None:
    """The first instant of a day to come on the pharmacy's wall clock; None, which means now, for today."""
    if day == clock.today():
        return None
    zone = clock.local(clock.now()).tzinfo
    midnight = datetime.combine(day, time())
    # the machine's own zone comes as today's offset, which need not be that of the day
    return midnight.replace(tzinfo=zone) if isinstance(zone, ZoneInfo) else midnight.astimezone()


def solo(db: Session, reason: str, *, own: bool = False) -> Solo | None:
    """What lets one check own work alone, for one act and with its reason; None where no reason is given.

    `own`: the work is known to be one's own. In solo mode its reason is then asked for at its field.
    """
    if not reason.strip():
        if own and queries.policy(db).solo_mode:
            raise PharmacyError("It is your own work: say why you check it alone.", "solo_reason")
        return None
    if not queries.policy(db).solo_mode:
        raise NotReady("Solo mode is off: another pharmacist checks.", "solo_reason")
    return Solo(reason.strip())


def next_number(opened: Opened[Any], name: str) -> int:
    """The next number of that kind, within an open action. A number given out and rolled back was never given out."""
    counter = opened.db.scalars(select(Counter).where(Counter.name == name).with_for_update()).one_or_none()
    if counter is None:
        counter = Counter(name=name, last=FIRST_NUMBER.get(name, 1) - 1)
        opened.db.add(counter)
    counter.last += 1
    opened.db.flush()
    return counter.last
