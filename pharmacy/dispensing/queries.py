"""How fills left the pharmacy; the points of the talk; until when what was handed over lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pharmacy.accounts import queries as accounts
from pharmacy.accounts.models import Person
from pharmacy.actions.catalogue import Role
from pharmacy.dispensing.models import Disposal, HandOver
from pharmacy.prescriptions.models import Fill
from pharmacy.rules.findings import Level
from pharmacy.screening import queries as screening
from pharmacy.screening.models import Finding


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the talk, with the rules that ask for it."""

    words: str
    rules: tuple[str, ...]


def points(db: Session, fill_id: int) -> tuple[Point, ...]:
    """What the findings of the fill bring to the talk: each point once, those of the most serious finding first."""
    found: dict[str, list[str]] = {}
    for row in sorted(screening.findings(db, fill_id), key=lambda one: -Level(one.level).rank):
        for words in screening.told(row).counselling:
            rules = found.setdefault(words, [])
            if row.rule_id not in rules:
                rules.append(row.rule_id)
    return tuple(Point(words, tuple(rules)) for words, rules in found.items())


def supply_in_hand_until(db: Session, prescription_id: int) -> date | None:
    """The last day that is covered by what was handed over of this prescription, as it was recorded; None if nothing was."""
    return db.scalar(
        select(func.max(HandOver.last_day_of_supply))
        .join(Fill, Fill.id == HandOver.fill_id)
        .where(Fill.prescription_id == prescription_id)
    )


def hand_over(db: Session, fill_id: int) -> HandOver | None:
    """Who got the fill, and how; None while nobody did."""
    return db.scalar(select(HandOver).where(HandOver.fill_id == fill_id))


def disposals(db: Session, fill_id: int) -> Sequence[Disposal]:
    """What became of a fill that was not handed over, in order."""
    return db.scalars(select(Disposal).where(Disposal.fill_id == fill_id).order_by(Disposal.id)).all()


def pharmacists(db: Session) -> list[Person]:
    """Who may counsel: active pharmacists, by name."""
    return [one for one in accounts.people(db) if one.active and Role.PHARMACIST in one.to_actor().roles]


def staff(db: Session) -> list[Person]:
    """Who may pack a parcel: active pharmacists and technicians, by name."""
    clinical = {Role.PHARMACIST, Role.TECHNICIAN}
    return [one for one in accounts.people(db) if one.active and clinical & one.to_actor().roles]


def waits_until(db: Session, fill_id: int) -> tuple[Finding, str] | None:
    """The finding of which it was decided to wait, with its day in words, as long as it holds.

    A finding no longer holds from that day on: the rules are run again on the day of hand-over, and it is cleared.
    """
    for row in screening.findings(db, fill_id):
        if row.status == screening.DECIDED and row.decisions and row.decisions[-1].outcome == "wait":
            return row, screening.told(row).fact("earliest_start")
    return None
