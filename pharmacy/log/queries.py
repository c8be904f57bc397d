"""Reading the record: a page of entries by keyset, one entry, and from a lot forward to patients."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from pharmacy import clock
from pharmacy.actions.catalogue import Action
from pharmacy.actions.models import AuditBody, AuditEntry, AuditHead, AuditSubject
from pharmacy.errors import NotFound
from pharmacy.labelling.models import Container
from pharmacy.log.sentences import Raw
from pharmacy.preparations.models import Component, Preparation, Weighing
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.stock.models import Lot

PAGE = 50
Subject = tuple[str, int]
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the log is asked for; None and empty mean all.

    An entry touches, of each tuple in ``subjects``, at least one (kind, id).
    """

    person: int | None = None
    action: Action | None = None
    subjects: tuple[tuple[Subject, ...], ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    without_views: bool = False


_VIEWS = (Action.VIEW.value, Action.SEARCH.value, Action.READ_LOG.value)


def entries(db: Session, filters: Filters, before: int | None = None, limit: int = PAGE) -> list[Raw]:
    """The newest entries that match, below entry ``before``: as quick at the millionth as at the first."""
    wanted = _matching(filters)
    if before is not None:
        wanted = wanted.where(AuditEntry.n < before)
    return _raw(db, wanted.order_by(AuditEntry.n.desc()).limit(limit))


def count(db: Session, filters: Filters) -> tuple[int, bool]:
    """How many match, up to a thousand, and whether there are more."""
    capped = _matching(filters).with_only_columns(AuditEntry.n).limit(COUNTED + 1).subquery()
    found = db.scalar(select(func.count()).select_from(capped)) or 0
    return min(found, COUNTED), found > COUNTED


def _matching(filters: Filters) -> Select[AuditEntry]:
    wanted = select(AuditEntry)
    if filters.person is not None:
        wanted = wanted.where(AuditEntry.actor == filters.person)
    if filters.action is not None:
        wanted = wanted.where(AuditEntry.action == filters.action.value)
    if filters.without_views and filters.action is None:
        wanted = wanted.where(AuditEntry.action.not_in(_VIEWS))
    for these in filters.subjects:
        wanted = wanted.where(exists().where(AuditSubject.entry_id == AuditEntry.id, _any_of(these)))
    if filters.first_day is not None:
        wanted = wanted.where(AuditEntry.at >= _instant(filters.first_day))
    if filters.last_day is not None:
        wanted = wanted.where(AuditEntry.at < _instant(filters.last_day + timedelta(days=1)))
    return wanted


def _any_of(these: Iterable[Subject]) -> ColumnElement[bool]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, subject_id in these:
        by_kind[kind].append(str(subject_id))
    return or_(*(and_(AuditSubject.kind == kind, AuditSubject.subject_id.in_(ids)) for kind, ids in by_kind.items()))


def _instant(day: date) -> str:
    """The first moment of the day at the pharmacy, as the record writes it."""
    noon_there = clock.local(datetime.combine(day, time(12), UTC))
    midnight = datetime.combine(day, time(0), noon_there.tzinfo)
    return midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry(db: Session, n: int) -> Raw:
    """One entry by its number."""
    found = _raw(db, select(AuditEntry).where(AuditEntry.n == n)) if n < 1 << 63 else []
    if not found:
        raise NotFound("There is no such entry.")
    return found[0]


def about(db: Session, these: tuple[Subject, ...]) -> list[Raw]:
    """All entries about any of these subjects, oldest first: however many, because a record that ends early is none."""
    return _raw(db, _matching(Filters(subjects=(these,))).order_by(AuditEntry.n))


def _raw(db: Session, wanted: Select[AuditEntry]) -> list[Raw]:
    rows = db.scalars(wanted).all()
    if not rows:
        return []
    subjects: dict[int, list[tuple[str, str]]] = defaultdict(list)
    ids = [row.id for row in rows]
    for found in db.execute(
        select(AuditSubject.entry_id, AuditSubject.kind, AuditSubject.subject_id).where(AuditSubject.entry_id.in_(ids))
    ):
        subjects[found.entry_id].append((found.kind, found.subject_id))
    digests = [row.body_sha256 for row in rows]
    bodies = {
        body.sha256: _read(body.content) for body in db.scalars(select(AuditBody).where(AuditBody.sha256.in_(digests)))
    }
    return [
        Raw(
            row.n,
            row.at,
            row.actor,
            row.role,
            row.action,
            row.hash,
            row.previous,
            sorted(subjects[row.id]),
            bodies.get(row.body_sha256),
        )
        for row in rows
    ]


def _read(content: bytes) -> Any:
    """The body; one that was altered until it is no JSON is an empty list, which nobody can have written."""
    try:
        return json.loads(content)
    except ValueError:
        return []


def head(db: Session, chain: str) -> tuple[int, str]:
    """How long the chain is, and its last hash: to be noted outside the machine."""
    found = db.execute(select(AuditHead.n, AuditHead.hash).where(AuditHead.chain == chain)).one()
    return found.n, found.hash


def last_verified(db: Session) -> Raw | None:
    """The newest entry that says the record was recomputed."""
    found = entries(db, Filters(action=Action.VERIFY_RECORDS), limit=1)
    return found[0] if found else None


# --- from a lot forward ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a lot went: the lots made from it (at any depth), and the containers filled from any of them."""

    lot: Lot
    made: Sequence[Preparation]
    containers: Sequence[Container]
    fills: dict[int, Fill]


def trace(db: Session, lot_id: int) -> Trace:
    """Follow a lot through the preparations that weighed it, and on through the lots that they became."""
    lot = db.scalar(select(Lot).where(Lot.id == lot_id).options(joinedload(Lot.item)))
    if lot is None:
        raise NotFound("There is no such lot.")
    reached, made, todo = {lot_id}, dict[int, Preparation](), [lot_id]
    while todo:
        for preparation in _made_from(db, todo):
            made[preparation.id] = preparation
        todo = [one.lot_id for one in made.values() if one.lot_id is not None and one.lot_id not in reached]
        reached.update(todo)
    containers = db.scalars(
        select(Container).where(Container.lot_id.in_(reached)).options(joinedload(Container.lot)).order_by(Container.id)
    ).all()
    fills = db.scalars(
        select(Fill)
        .where(Fill.id.in_({one.fill_id for one in containers}))
        .options(
            joinedload(Fill.prescription).joinedload(Prescription.patient),
            joinedload(Fill.prescription).joinedload(Prescription.prescriber),
        )
    ).all()
    return Trace(lot, list(made.values()), containers, {fill.id: fill for fill in fills})


def _made_from(db: Session, lots: Sequence[int]) -> Sequence[Preparation]:
    weighed = select(Weighing.preparation_id).where(Weighing.lot_id.in_(lots))
    planned = select(Component.preparation_id).where(Component.lot_id.in_(lots))
    return db.scalars(
        select(Preparation)
        .where(Preparation.id.in_(weighed) | Preparation.id.in_(planned))
        .options(joinedload(Preparation.lot).joinedload(Lot.item))
        .order_by(Preparation.id)
    ).all()
