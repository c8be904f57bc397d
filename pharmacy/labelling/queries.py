"""Reading containers, the labels that were issued for them, and the very bytes of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from pharmacy import clock
from pharmacy.documents import queries as documents
from pharmacy.domain.dates import day_text
from pharmacy.errors import NotFound
from pharmacy.labelling.models import Container, IssuedLabel, Reprint
from pharmacy.stock.models import Lot
from pharmacy.stock.words import RELEASED

VALID, VOID = "valid", "void"
JUST_ISSUED = timedelta(minutes=15)  # so long after issue, or after a reason was given, the file may be printed


def _containers(fill_id: int) -> Select[Container]:
    loaded = (joinedload(Container.lot, innerjoin=True).joinedload(Lot.item, innerjoin=True),)
    wanted = select(Container).where(Container.fill_id == fill_id).options(*loaded, selectinload(Container.labels))
    return wanted.order_by(Container.ordinal, Container.id).execution_options(populate_existing=True)


def containers(db: Session, fill_id: int) -> Sequence[Container]:
    """The fill's containers as they are packed now, 1 of 2 first; each with its lot, its item and all its labels."""
    return db.scalars(_containers(fill_id).where(Container.withdrawn == "")).all()


def withdrawn(db: Session, fill_id: int) -> Sequence[Container]:
    """The containers of the fill that were emptied, on record."""
    return db.scalars(_containers(fill_id).where(Container.withdrawn != "")).all()


def valid_label(container: Container) -> IssuedLabel | None:
    """The one label of the container that counts; None before it is issued, or when it was voided."""
    return next((label for label in reversed(container.labels) if label.status == VALID), None)


def _labels() -> Select[IssuedLabel]:
    lot = joinedload(IssuedLabel.container, innerjoin=True).joinedload(Container.lot, innerjoin=True)
    return select(IssuedLabel).options(lot.joinedload(Lot.item, innerjoin=True))


def label(db: Session, label_id: int) -> IssuedLabel:
    """One label with its container and lot."""
    wanted = _labels().where(IssuedLabel.id == label_id).execution_options(populate_existing=True)
    found = db.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("There is no such label.")
    return found


def labels(db: Session, fill_id: int) -> Sequence[IssuedLabel]:
    """Every label that was ever issued for the fill, newest first."""
    wanted = _labels().join(Container, Container.id == IssuedLabel.container_id).where(Container.fill_id == fill_id)
    return db.scalars(wanted.order_by(IssuedLabel.id.desc()).execution_options(populate_existing=True)).all()


def reprints(db: Session, label_ids: Iterable[int]) -> Sequence[Reprint]:
    """When these labels were sent to the printer once more, newest first."""
    wanted = select(Reprint).where(Reprint.label_id.in_(list(label_ids))).order_by(Reprint.id.desc())
    return db.scalars(wanted).all()


def issued_so_far(db: Session, fill_id: int) -> dict[int, int]:
    """How many labels were issued for container 1, 2, … of the fill, void ones among them: what a serial counts on."""
    counted = (
        select(Container.ordinal, func.count(IssuedLabel.id))
        .join(IssuedLabel, IssuedLabel.container_id == Container.id)
        .where(Container.fill_id == fill_id)
        .group_by(Container.ordinal)
    )
    return {ordinal: count for ordinal, count in db.execute(counted)}  # noqa: C416  rows are not pairs to mypy


def stored(db: Session, row: IssuedLabel) -> bytes:
    """The PDF as it was issued."""
    return documents.content(db, row.document)[0]


def why_not_printed(row: IssuedLabel) -> str | None:
    """Why these bytes are not to be printed again, in one sentence; None when they may be. Container and lot loaded."""
    container, lot = row.container, row.container.lot
    if row.status == VOID:
        return f"Label {row.serial} is void: {row.void_reason.rstrip('.')}."
    if container.withdrawn:
        return f"The container of label {row.serial} was emptied."
    if lot.status != RELEASED:
        return f"Lot {lot.number} is {lot.status}: its label is not printed."
    if lot.use_before < clock.today():
        return f"Lot {lot.number} was to be used until {day_text(lot.use_before)}: its label is not printed."
    return None


def may_be_printed_now(db: Session, row: IssuedLabel, now: datetime) -> bool:
    """Whether it was just issued, or a reason to print it again was just given: a later print asks for a reason."""
    last = db.scalar(select(func.max(Reprint.at)).where(Reprint.label_id == row.id))
    since = max(row.issued_at, last) if isinstance(last, datetime) else row.issued_at
    return row.issued_at <= now <= since + JUST_ISSUED
