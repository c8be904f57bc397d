"""What moves a lot, inside an action that is already open. Each row of movement says by how much both columns changed.

Every function reads the lot again under the write lock before it reckons, so that two people who take from one lot at
once never take more than is there; what would fall below zero is refused with a sentence.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from pharmacy import clock
from pharmacy.actions.acting import Opened
from pharmacy.domain.dates import day_text
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.stock.models import Lot, StockItem, StockMovement
from pharmacy.stock.words import QUARANTINED, REJECTED, RELEASED, amount_text

MOVEMENTS = frozenset(
    {"received", "made", "released", "quarantined", "used", "given back", "wasted", "corrected", "rejected"}
)
NOTHING = Decimal(0)


def fresh(opened: Opened[Any], lot: Lot) -> Lot:
    """The lot as it is now, under the write lock, its item loaded."""
    opened.db.flush()
    statement = select(Lot).where(Lot.id == lot.id).options(joinedload(Lot.item, innerjoin=True))
    locked = statement.with_for_update(of=Lot).execution_options(populate_existing=True)
    return opened.db.scalars(locked).one()


def check_amount(item: StockItem, amount: Decimal, field: str = "amount", *, may_be_none: bool = False) -> None:
    """An amount that a lot of this item can have: above 0 (or 0 where that is meant), whole where pieces are counted."""
    if not amount.is_finite() or amount < 0 or (amount == 0 and not may_be_none):
        raise PharmacyError("The amount must be above 0.", field)
    if item.unit == "piece" and amount != amount.to_integral_value():
        raise PharmacyError("Pieces are counted: write a whole number.", field)


def check_in_date(lot: Lot, on: date) -> None:
    """The lot may still be used on that day; the last day itself is still good."""
    if lot.use_before < on:
        what = "beyond-use date" if lot.origin == "made" else "expiry"
        raise NotReady(f"Lot {lot.number} of {lot.item.name} is past its {what}, {day_text(lot.use_before)}.")


def change(
    opened: Opened[Any],
    lot: Lot,
    kind: str,
    *,
    quarantined: Decimal = NOTHING,
    available: Decimal = NOTHING,
    reason: str = "",
    for_kind: str = "",
    for_id: int | None = None,
    field: str = "amount",
) -> None:
    """Write one movement and both columns; refused where one of them would fall below zero."""
    if kind not in MOVEMENTS:
        raise ValueError(f"{kind} is no kind of movement")
    for held, moved in ((lot.quarantined, quarantined), (lot.available, available)):
        if held + moved < 0:
            raise PharmacyError(
                f"Lot {lot.number} of {lot.item.name} holds {amount_text(held, lot.item.unit)}; "
                f"{amount_text(-moved, lot.item.unit)} were asked for.",
                field,
            )
    lot.quarantined, lot.available = lot.quarantined + quarantined, lot.available + available
    opened.db.add(
        StockMovement(
            lot_id=lot.id,
            kind=kind,
            quarantined_change=quarantined,
            available_change=available,
            reason=reason,
            for_kind=for_kind,
            for_id=for_id,
            person_id=opened.actor.id,
            at=clock.now(),
        )
    )
    opened.concerns("lot", lot.id)
    opened.concerns("stock_item", lot.item_id)


def take(
    opened: Opened[Any], lot: Lot, amount: Decimal, kind: str, for_kind: str, for_id: int, reason: str = ""
) -> Lot:
    """Take from a released lot that is in date; refused below zero, from quarantine, past its last day."""
    lot = fresh(opened, lot)
    check_amount(lot.item, amount)
    if lot.status != RELEASED:
        raise NotReady(f"Lot {lot.number} of {lot.item.name} is {lot.status}; nothing is taken from it.")
    check_in_date(lot, clock.today())
    change(opened, lot, kind, available=-amount, reason=reason, for_kind=for_kind, for_id=for_id)
    return lot


def give_back(opened: Opened[Any], lot: Lot, amount: Decimal, for_kind: str, for_id: int, reason: str = "") -> Lot:
    """Put back what was taken for this, to where the lot now stands; never more than was taken.

    What comes back to a rejected lot is on record as come back and wasted.
    """
    lot = fresh(opened, lot)
    check_amount(lot.item, amount)
    rows = opened.db.execute(
        select(StockMovement.quarantined_change, StockMovement.available_change).where(
            StockMovement.lot_id == lot.id,
            StockMovement.for_kind == for_kind,
            StockMovement.for_id == for_id,
            StockMovement.kind.in_(("used", "given back")),
        )
    )
    out = -sum((row[0] + row[1] for row in rows), NOTHING)
    if amount > out:
        raise Mismatch(
            f"{amount_text(out, lot.item.unit)} of lot {lot.number} went out for this; "
            f"{amount_text(amount, lot.item.unit)} cannot come back.",
            "amount",
        )
    column = "available" if lot.status == RELEASED else "quarantined"
    what = {"reason": reason, "for_kind": for_kind, "for_id": for_id}
    change(opened, lot, "given back", **{column: amount}, **what)  # type: ignore[arg-type]
    if lot.status == REJECTED:
        change(opened, lot, "wasted", quarantined=-amount, reason="the lot was rejected")
    return lot


def waste(
    opened: Opened[Any], lot: Lot, amount: Decimal, reason: str, for_kind: str = "", for_id: int | None = None
) -> Lot:
    """Write off what was spilled, destroyed or used up in vain, whatever the lot's state or date."""
    lot = fresh(opened, lot)
    check_amount(lot.item, amount)
    column = "available" if lot.status == RELEASED else "quarantined"
    what = {"reason": reason, "for_kind": for_kind, "for_id": for_id}
    change(opened, lot, "wasted", **{column: -amount}, **what)  # type: ignore[arg-type]
    return lot


def put_made(
    opened: Opened[Any],
    item_id: int,
    number: str,
    amount: Decimal,
    compounded_on: date,
    use_before: date,
    drug_fraction: Fraction | str | None = None,
    drug_fraction_error: Decimal | None = None,
) -> Lot:
    """A lot made here, in quarantine until a pharmacist releases it. ``amount`` is the yield, in the item's unit."""
    item = opened.db.get_one(StockItem, item_id)
    check_amount(item, amount, "yield_amount", may_be_none=True)
    lot = Lot(
        item_id=item.id,
        number=number,
        origin="made",
        status=QUARANTINED,
        received_on=compounded_on,
        use_before=use_before,
        quarantined=NOTHING,
        available=NOTHING,
        drug_fraction=None if drug_fraction is None else str(Fraction(drug_fraction)),
        drug_fraction_error=drug_fraction_error,
    )
    opened.db.add(lot)
    lot = fresh(opened, lot)
    change(opened, lot, "made", quarantined=amount)
    return lot


def release_made(opened: Opened[Any], lot: Lot) -> Lot:
    """Release all of a lot made here; refused past its beyond-use date."""
    lot = fresh(opened, lot)
    _check_made_and_waiting(lot)
    check_in_date(lot, clock.today())
    lot.status = RELEASED
    change(opened, lot, "released", quarantined=-lot.quarantined, available=lot.quarantined)
    return lot


def reject_made(opened: Opened[Any], lot: Lot, reason: str) -> Lot:
    """Reject a lot made here: all of it is destroyed, on record."""
    lot = fresh(opened, lot)
    _check_made_and_waiting(lot)
    lot.status = REJECTED
    change(opened, lot, "rejected", quarantined=-lot.quarantined, reason=reason)
    return lot


def _check_made_and_waiting(lot: Lot) -> None:
    if lot.origin != "made" or lot.status != QUARANTINED:
        raise NotReady(f"Lot {lot.number} of {lot.item.name} is {lot.status}, {lot.origin}: it is not waiting here.")
