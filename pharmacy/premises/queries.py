"""Reading the pharmacy, its policy at an instant, and its balances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries as accounts
from pharmacy.domain.balance import BalanceFacts, MinimumRule, least_shown, minimum_step, minimum_weighable
from pharmacy.domain.dates import day_text
from pharmacy.domain.errors import BalanceLacksData
from pharmacy.domain.quantity import Mass
from pharmacy.domain.second_check.pencil import followed
from pharmacy.domain.worksheet import WorksheetStep
from pharmacy.errors import NotFound, NotReady
from pharmacy.premises.models import Balance, Pharmacy, Setting
from pharmacy.premises.settings import SETTINGS, Policy, SettingKind, policy_of

__all__ = (
    "BalanceState", "Change", "LeastByRule", "Policy", "SettingState", "balance", "balance_facts", "balance_state", "balances", "history", "is_empty",
    "overdue_balances",
    "policy", "setting_kind", "settings", "the_pharmacy", "usable_balance", "usable_balances",
)  # fmt: skip


def the_pharmacy(db: Session) -> Pharmacy | None:
    """The one pharmacy of this installation, once it is set up."""
    return db.scalars(select(Pharmacy).order_by(Pharmacy.id).limit(1)).one_or_none()


def is_empty(db: Session) -> bool:
    """Whether nobody has set the pharmacy up yet."""
    return db.scalar(select(Pharmacy.id).limit(1)) is None


# --- policy ----------------------------------------------------------------------------------------------------------


def policy(db: Session, at: datetime | None = None) -> Policy:
    """The settings in effect at that instant (now, unless given)."""
    in_effect = (
        select(Setting.key, Setting.value)
        .where(Setting.effective_from <= (at or clock.now()))
        .order_by(Setting.effective_from, Setting.id)
    )
    return policy_of({row.key: row.value for row in db.execute(in_effect)})


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one setting: the value in words, from when, who set it, when and why."""

    id: int
    value: str
    effective_from: datetime
    who: str
    at: datetime
    reason: str
    is_to_come: bool


@dataclass(frozen=True, slots=True)
class SettingState:
    """A setting as it stands: its value in words, whether that is the default, and all changes, newest first."""

    kind: SettingKind
    value: str
    stored: str
    is_default: bool
    changes: tuple[Change, ...]

    @property
    def in_effect(self) -> Change | None:
        """The change that made it what it is."""
        return next((change for change in self.changes if not change.is_to_come), None)

    @property
    def to_come(self) -> tuple[Change, ...]:
        """The changes that will take effect, soonest first."""
        return tuple(change for change in reversed(self.changes) if change.is_to_come)


def setting_kind(key: str) -> SettingKind:
    """The setting of that key; raises :class:`NotFound`."""
    if key not in SETTINGS:
        raise NotFound("There is no such setting.")
    return SETTINGS[key]


def history(db: Session) -> dict[str, tuple[Change, ...]]:
    """All changes by key; of each setting, the one that takes effect last comes first."""
    now = clock.now()
    rows = db.scalars(select(Setting).order_by(Setting.effective_from.desc(), Setting.id.desc())).all()
    names = accounts.names(db, {row.set_by for row in rows})
    found: dict[str, list[Change]] = defaultdict(list)
    for row in rows:
        if row.key in SETTINGS:
            words = _words(SETTINGS[row.key], row.value)
            later = row.effective_from > now
            found[row.key].append(
                Change(row.id, words, row.effective_from, names[row.set_by], row.set_at, row.reason, later)
            )
    return {key: tuple(changes) for key, changes in found.items()}


def _words(kind: SettingKind, stored: str) -> str:
    return kind.text(getattr(policy_of({kind.key: stored}), kind.key))


def settings(db: Session) -> dict[str, SettingState]:
    """Every setting of the catalogue as it stands now, in the catalogue's order."""
    changes, now = history(db), policy(db)
    return {
        key: SettingState(
            kind,
            kind.text(getattr(now, key)),
            kind.stored(getattr(now, key)),
            getattr(now, key) == kind.default,
            changes.get(key, ()),
        )
        for key, kind in SETTINGS.items()
    }


# --- balances --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeastByRule:
    """The least that a balance weighs by one rule, or nothing where that rule has no data; and whether the rule applies."""

    rule: MinimumRule
    applies: bool
    least: Mass | None
    step: WorksheetStep | None


@dataclass(frozen=True, slots=True)
class BalanceState:
    """A balance on one day: whether its calibration is overdue, and the least it can weigh by its own rule and by each."""

    balance: Balance
    overdue: bool
    least: Mass
    rules: tuple[LeastByRule, ...]


def balance(db: Session, balance_id: int) -> Balance:
    """One balance; raises :class:`NotFound`."""
    found = db.scalars(select(Balance).where(Balance.id == balance_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such balance.")
    return found


def balance_facts(row: Balance) -> BalanceFacts:
    """The balance as the calculation knows it. Masses are kept in mg."""
    return BalanceFacts(
        row.name,
        Mass.of(row.readability, "mg"),
        Mass.of(row.sensitivity_requirement, "mg"),
        row.accepted_error,
        Mass.of(row.capacity, "mg"),
        MinimumRule(row.rule or MinimumRule.CLASSIC),
        None if row.repeatability is None else Mass.of(row.repeatability, "mg"),
        row.calibration_due,
    )


def is_overdue(row: Balance, on: date) -> bool:
    """Whether the calibration was due before that day. On the day itself the balance is still good."""
    return row.calibration_due < on


def balances(db: Session, on: date) -> list[BalanceState]:
    """Every balance, those in use first, each with its mark."""
    rows = db.scalars(select(Balance).order_by(Balance.active.desc(), Balance.name)).all()
    return [balance_state(row, on) for row in rows]


def balance_state(row: Balance, on: date) -> BalanceState:
    """One balance with its marks, and what each of the two rules would let it weigh."""
    facts = balance_facts(row)
    least = minimum_weighable(facts)
    return BalanceState(row, is_overdue(row, on), least, tuple(_by_rule(facts, rule) for rule in MinimumRule))


def _by_rule(facts: BalanceFacts, rule: MinimumRule) -> LeastByRule:
    try:
        (step,) = followed([minimum_step(facts, rule)])
        return LeastByRule(rule, rule is facts.rule, least_shown(facts, rule), step)
    except BalanceLacksData:
        return LeastByRule(rule, False, None, None)


def usable_balances(db: Session, on: date) -> Sequence[Balance]:
    """The balances that may be weighed on that day: in use, and their calibration not overdue."""
    wanted = select(Balance).where(Balance.active, Balance.calibration_due >= on).order_by(Balance.name)
    return db.scalars(wanted).all()


def overdue_balances(db: Session, on: date) -> Sequence[Balance]:
    """The balances in use whose calibration was due before that day."""
    wanted = select(Balance).where(Balance.active, Balance.calibration_due < on).order_by(Balance.name)
    return db.scalars(wanted).all()


def usable_balance(db: Session, balance_id: int, on: date) -> Balance:
    """The balance, if it may be weighed on that day; a :class:`NotReady` says why not."""
    found = balance(db, balance_id)
    if not found.active:
        raise NotReady(f"Balance {found.name} is not in use.", "balance_id")
    if is_overdue(found, on):
        raise NotReady(
            f"Balance {found.name} was due for calibration on {day_text(found.calibration_due)}: it may not be used.",
            "balance_id",
        )
    return found
