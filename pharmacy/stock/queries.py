"""The reads of stock: what is on hand, what may be chosen, and what happened to a lot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Float, cast, or_, select
from sqlalchemy.orm import Session, joinedload

from pharmacy.accounts.models import Person
from pharmacy.errors import NotFound
from pharmacy.stock.certificates import certificate, lot_facts
from pharmacy.stock.models import Lot, StockItem, StockMovement
from pharmacy.stock.words import QUARANTINED, RELEASED

__all__ = (
    "ItemOnShelf",
    "Moved",
    "certificate",
    "in_quarantine",
    "item",
    "item_by_code",
    "items",
    "lot",
    "lot_facts",
    "lots_of",
    "movements",
    "selectable_lots",
    "shelf",
)

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class ItemOnShelf:
    """An item with what is left of its lots: sums in its unit, and the lots to be looked at."""

    item: StockItem
    on_hand: Decimal
    quarantined: Decimal
    next_expiry: date | None
    expiring: tuple[Lot, ...]
    expired: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement with who made it, and what the lot held after it."""

    kind: str
    at: datetime
    who: str
    quarantined_change: Decimal
    available_change: Decimal
    quarantined: Decimal
    available: Decimal
    for_kind: str
    for_id: int | None
    reason: str


def items(db: Session) -> list[StockItem]:
    """Every item in use, by name."""
    return list(db.scalars(select(StockItem).where(StockItem.active).order_by(StockItem.name)))


def item(db: Session, item_id: int) -> StockItem:
    found = db.get(StockItem, item_id)
    if found is None:
        raise NotFound("There is no such item.")
    return found


def item_by_code(db: Session, code: str) -> StockItem | None:
    return db.scalar(select(StockItem).where(StockItem.code == code))


def lot(db: Session, lot_id: int) -> Lot:
    """The lot, its item loaded."""
    found = db.scalar(select(Lot).where(Lot.id == lot_id).options(joinedload(Lot.item, innerjoin=True)))
    if found is None:
        raise NotFound("There is no such lot.")
    return found


def lots_of(db: Session, item_id: int) -> list[Lot]:
    """Every lot of an item, what ends last first; their item loaded."""
    wanted = select(Lot).where(Lot.item_id == item_id).options(joinedload(Lot.item, innerjoin=True))
    return list(db.scalars(wanted.order_by(Lot.use_before.desc(), Lot.id.desc())))


def selectable_lots(db: Session, item_code: str, on: date, at_least: Decimal = NOTHING) -> list[Lot]:
    """The lots that may be chosen on that day: released, in date, something left; first-expiring first.

    ``at_least`` leaves out lots that hold less. Quarantined and expired lots are never among them.
    """
    wanted = (
        select(Lot)
        .join(Lot.item)
        .where(StockItem.code == item_code, Lot.status == RELEASED, Lot.use_before >= on)
        .where(cast(Lot.available, Float) > 0)  # spares used-up lots; the exact comparison follows
        .options(joinedload(Lot.item, innerjoin=True))
        .order_by(Lot.use_before, Lot.received_on, Lot.id)
    )
    return [found for found in db.scalars(wanted) if found.available > 0 and found.available >= at_least]


def in_quarantine(db: Session) -> list[Lot]:
    """Bought lots that wait for the pharmacist in charge, first received first; their item loaded."""
    wanted = select(Lot).where(Lot.status == QUARANTINED, Lot.origin == "bought", cast(Lot.quarantined, Float) > 0)
    return list(db.scalars(wanted.options(joinedload(Lot.item, innerjoin=True)).order_by(Lot.received_on, Lot.id)))


def shelf(db: Session, today: date, soon_days: int) -> list[ItemOnShelf]:
    """Every item with its sums; lots that end within ``soon_days`` or have ended and are not yet written off."""
    held = or_(cast(Lot.available, Float) > 0, cast(Lot.quarantined, Float) > 0)
    by_item: dict[int, list[Lot]] = {}
    for found in db.scalars(select(Lot).where(held).order_by(Lot.use_before, Lot.id)):
        by_item.setdefault(found.item_id, []).append(found)
    return [_on_shelf(one, by_item.get(one.id, []), today, soon_days) for one in items(db)]


def _on_shelf(one: StockItem, lots: list[Lot], today: date, soon_days: int) -> ItemOnShelf:
    soon = today + timedelta(days=soon_days)
    in_date = [found for found in lots if found.use_before >= today]
    return ItemOnShelf(
        one,
        sum((found.available for found in lots), NOTHING),
        sum((found.quarantined for found in lots), NOTHING),
        in_date[0].use_before if in_date else None,
        tuple(found for found in in_date if found.use_before <= soon),
        tuple(found for found in lots if found.use_before < today),
    )


def movements(db: Session, lot_id: int) -> list[Moved]:
    """What happened to a lot, oldest first, with what it held after each."""
    wanted = (
        select(StockMovement, Person.full_name)
        .join(Person, Person.id == StockMovement.person_id)
        .where(StockMovement.lot_id == lot_id)
        .order_by(StockMovement.id)
    )
    told, quarantined, available = [], NOTHING, NOTHING
    for row, who in db.execute(wanted):
        quarantined, available = quarantined + row.quarantined_change, available + row.available_change
        told.append(
            Moved(
                row.kind,
                row.at,
                who,
                row.quarantined_change,
                row.available_change,
                quarantined,
                available,
                row.for_kind,
                row.for_id,
                row.reason,
            )
        )
    return told
