"""Reading the pharmacy: identity, the policy in effect, balances."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.domain.quantity import Mass
from pharmacy.domain.weighing import BalanceFacts
from pharmacy.errors import NotFound
from pharmacy.premises.models import Balance, Pharmacy, Setting
from pharmacy.premises.policy import Policy, read


def the_pharmacy(db: Session) -> Pharmacy | None:
    """The one pharmacy of this installation, once it is set up."""
    return db.scalar(select(Pharmacy).limit(1))


def is_empty(db: Session) -> bool:
    """Whether nobody has set the pharmacy up yet."""
    return db.scalar(select(Pharmacy.id).limit(1)) is None


def policy(db: Session, at: datetime | None = None) -> Policy:
    """The settings in effect at an instant (now, unless given)."""
    wanted = select(Setting.key, Setting.value).where(Setting.effective_from <= (at or clock.now()))
    return read({row.key: row.value for row in db.execute(wanted.order_by(Setting.effective_from, Setting.id))})


def history(db: Session, key: str | None = None) -> Sequence[Setting]:
    """Every value that was ever set (of one setting), newest first."""
    wanted = select(Setting).order_by(Setting.id.desc())
    return db.scalars(wanted.where(Setting.key == key) if key else wanted).all()


def balance(db: Session, balance_id: int) -> Balance:
    """One balance."""
    found = db.get(Balance, balance_id)
    if found is None:
        raise NotFound("There is no such balance.")
    return found


def balances(db: Session) -> Sequence[Balance]:
    """All balances, those in use first."""
    return db.scalars(select(Balance).order_by(Balance.active.desc(), Balance.name)).all()


def usable_balances(db: Session, on: date) -> Sequence[Balance]:
    """Balances in use whose calibration is not overdue on that day."""
    wanted = select(Balance).where(Balance.active.is_(True), Balance.calibration_due >= on)
    return db.scalars(wanted.order_by(Balance.readability, Balance.name)).all()


def balance_facts(row: Balance) -> BalanceFacts:
    """The balance as the arithmetic knows it."""
    return BalanceFacts(
        row.name,
        Mass.of(row.readability, "mg"),
        Mass.of(row.sensitivity_requirement, "mg"),
        row.accepted_error,
        Mass.of(row.capacity, "mg"),
    )
