"""The verbs of stock: receive, release, quarantine, reject, waste, count. Each is one action with its entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.documents import service as documents
from pharmacy.domain.dates import day_text
from pharmacy.domain.shells import NAMES, size_in
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.stock import movements
from pharmacy.stock.certificates import DRUG_KINDS, SHELL_KIND, CertificateGiven, certificate, checked
from pharmacy.stock.labels import TABLET_KIND, LabelGiven, write_label
from pharmacy.stock.measuring import measure_shells
from pharmacy.stock.models import Lot, StockItem, StockMovement
from pharmacy.stock.movements import give_back, put_made, reject_made, release_made, take, waste
from pharmacy.stock.words import KINDS, MADE_HERE, QUARANTINED, REJECTED, RELEASED, UNITS, last_day_from_receipt

__all__ = (
    "CertificateGiven",
    "LabelGiven",
    "Receipt",
    "add_item",
    "certificate",
    "correct_count",
    "give_back",
    "measure_shells",
    "put_made",
    "quarantine_lot",
    "receive_lot",
    "reject_lot",
    "reject_made",
    "release_lot",
    "release_made",
    "take",
    "waste",
    "waste_lot",
)

_CODE = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery of one lot. ``amount`` is in the item's unit; no ``use_before`` means that no expiry is stated."""

    supplier: str
    number: str
    amount: Decimal
    received_on: date
    use_before: date | None = None
    certificate: CertificateGiven | None = None
    label: LabelGiven | None = None


def add_item(db: Session, actor: Actor, code: str, name: str, kind: str, unit: str, key: str | None = None) -> int:
    """Add an item of which lots will be kept; returns its id."""
    return cast("int", _add_item(db, actor, code, name, kind, unit, key))


@answered
def _add_item(db: Session, actor: Actor, code: str, name: str, kind: str, unit: str, key: str | None) -> Plain:
    with acting(db, actor, Action.ADD_STOCK_ITEM, Seen(StockItem), key=key) as opened:
        if not _CODE.fullmatch(code) or len(code) > 60:
            raise PharmacyError("A code is small letters, digits and hyphens, such as naltrexone-hcl.", "code")
        if not name.strip():
            raise PharmacyError("The item needs a name.", "name")
        if kind not in KINDS:
            raise PharmacyError("Choose one of the kinds.", "kind")
        if unit not in UNITS:
            raise PharmacyError("Choose one of the units.", "unit")
        if kind == TABLET_KIND and unit != "piece":
            raise PharmacyError("Tablets are counted: choose piece.", "unit")
        if kind == SHELL_KIND and not size_in(code):
            raise PharmacyError(f"The code of a shell ends in its size, such as shell-3: {', '.join(NAMES)}.", "code")
        if db.scalar(select(StockItem.id).where(StockItem.code == code)) is not None:
            raise PharmacyError(f"There is an item {code} already.", "code")
        item = StockItem(code=code, name=name.strip(), kind=kind, unit=unit, active=True)
        db.add(item)
        db.flush()
        opened.answer = item.id
    return opened.answer


def receive_lot(db: Session, actor: Actor, item_id: int, receipt: Receipt, key: str | None = None) -> int:
    """Receive a bought lot into quarantine; returns its id.

    A drug needs the numbers of its certificate. A lot without a stated expiry is good for a year from receipt, as the rule book says.
    """
    return cast("int", _receive_lot(db, actor, item_id, receipt, key))


@answered
def _receive_lot(db: Session, actor: Actor, item_id: int, receipt: Receipt, key: str | None) -> Plain:
    with acting(db, actor, Action.RECEIVE_LOT, Seen(Lot), key=key) as opened:
        item = db.get(StockItem, item_id)
        if item is None or not item.active:
            raise PharmacyError("There is no such item.", "item")
        _check_receipt(db, item, receipt)
        lot = Lot(
            item_id=item.id,
            number=receipt.number.strip(),
            origin="bought",
            status=QUARANTINED,
            supplier=receipt.supplier.strip(),
            received_on=receipt.received_on,
            use_before=receipt.use_before or last_day_from_receipt(receipt.received_on),
            expiry_from_receipt=receipt.use_before is None,
            quarantined=Decimal(0),
            available=Decimal(0),
        )
        _write_certificate(opened, lot, item, receipt.certificate)
        write_label(lot, item, receipt.label or LabelGiven())
        db.add(lot)
        lot = movements.fresh(opened, lot)
        movements.change(opened, lot, "received", quarantined=receipt.amount)
        opened.answer = lot.id
    return opened.answer


def _check_receipt(db: Session, item: StockItem, receipt: Receipt) -> None:
    if item.kind in MADE_HERE:
        raise PharmacyError(f"{item.name} is made here; its lots come from their compounding records.", "item")
    if not receipt.supplier.strip():
        raise PharmacyError("Say who supplied it.", "supplier")
    if not receipt.number.strip():
        raise PharmacyError("Write the lot number as the supplier printed it.", "number")
    movements.check_amount(item, receipt.amount)
    if receipt.received_on > clock.today():
        raise PharmacyError("The day of receipt lies in the future.", "received_on")
    last = receipt.use_before or last_day_from_receipt(receipt.received_on)
    if last < clock.today():
        raise PharmacyError(f"Its last day was {day_text(last)}: an expired lot is not taken in.", "expiry")
    same = select(Lot.id).where(Lot.item_id == item.id, Lot.number == receipt.number.strip())
    if db.scalar(same) is not None:
        raise PharmacyError(f"Lot {receipt.number.strip()} of {item.name} is here already.", "number")


def _write_certificate(opened: Opened[Lot], lot: Lot, item: StockItem, given: CertificateGiven | None) -> None:
    """Put the certificate's numbers (and file) on the lot; of a drug they are asked for and checked."""
    if item.kind in DRUG_KINDS or (given is not None and given.assay is not None):
        proved = checked(given or CertificateGiven())
        lot.assay, lot.assay_basis = proved.assay, proved.basis.value
        lot.water, lot.solvents = proved.water, proved.solvents
    if given is not None and given.content:
        lot.certificate = documents.keep(opened, given.content, given.media_type)
        opened.db.flush()  # the document's row must stand before the lot's points to it


def release_lot(
    db: Session,
    actor: Actor,
    seen: Seen[Lot],
    reason: str,
    key: str | None = None,
    certificate_read: CertificateGiven | None = None,
    label_read: LabelGiven | None = None,
) -> None:
    """Release a lot from quarantine: the pharmacist in charge compared it with its certificate.

    ``certificate_read`` and ``label_read`` put right what was entered wrongly; the entry keeps was and now. A lot
    made here is released with its compounding record first; only when it was quarantined afterwards, here.
    """
    _release_lot(db, actor, seen, reason, key, certificate_read, label_read)


@answered
def _release_lot(
    db: Session,
    actor: Actor,
    seen: Seen[Lot],
    reason: str,
    key: str | None,
    given: CertificateGiven | None,
    label: LabelGiven | None,
) -> Plain:
    with acting(db, actor, Action.RELEASE_LOT, seen, reason=reason, key=key) as opened:
        lot = movements.fresh(opened, opened.subject)
        movements.check_in_date(lot, clock.today())
        if lot.origin == "made" and not _was_released(db, lot):
            raise NotReady(f"Lot {lot.number} was made here: it is released with its compounding record.")
        if given is not None and lot.origin == "bought":
            _write_certificate(opened, lot, lot.item, given)
        if label is not None and lot.origin == "bought":
            write_label(lot, lot.item, label)
        if lot.item.kind in DRUG_KINDS:
            certificate(lot)
        lot.status = RELEASED
        movements.change(
            opened,
            lot,
            "released",
            quarantined=-lot.quarantined,
            available=lot.quarantined,
            reason=opened.reason,
        )
        opened.answer = lot.id
    return opened.answer


def _was_released(db: Session, lot: Lot) -> bool:
    once = select(StockMovement.id).where(StockMovement.lot_id == lot.id, StockMovement.kind == "released")
    return db.scalar(once.limit(1)) is not None


def quarantine_lot(db: Session, actor: Actor, seen: Seen[Lot], reason: str, key: str | None = None) -> None:
    """Put all that is left of a released lot back into quarantine: anyone at the bench may stop a lot."""
    _quarantine_lot(db, actor, seen, reason, key)


@answered
def _quarantine_lot(db: Session, actor: Actor, seen: Seen[Lot], reason: str, key: str | None) -> Plain:
    with acting(db, actor, Action.QUARANTINE_LOT, seen, reason=reason, key=key) as opened:
        lot = movements.fresh(opened, opened.subject)
        lot.status = QUARANTINED
        movements.change(
            opened,
            lot,
            "quarantined",
            quarantined=lot.available,
            available=-lot.available,
            reason=opened.reason,
        )
        opened.answer = lot.id
    return opened.answer


def reject_lot(db: Session, actor: Actor, seen: Seen[Lot], reason: str, key: str | None = None) -> None:
    """Reject a quarantined lot for good: all that is left of it is destroyed or sent back."""
    _reject_lot(db, actor, seen, reason, key)


@answered
def _reject_lot(db: Session, actor: Actor, seen: Seen[Lot], reason: str, key: str | None) -> Plain:
    with acting(db, actor, Action.REJECT_LOT, seen, reason=reason, key=key) as opened:
        lot = movements.fresh(opened, opened.subject)
        if lot.origin == "made" and not _was_released(db, lot):
            raise NotReady(f"Lot {lot.number} was made here: it is rejected with its compounding record.")
        lot.status = REJECTED
        movements.change(opened, lot, "rejected", quarantined=-lot.quarantined, reason=opened.reason)
        opened.answer = lot.id
    return opened.answer


def waste_lot(db: Session, actor: Actor, seen: Seen[Lot], amount: Decimal, reason: str, key: str | None = None) -> None:
    """Write off some of a lot: spilled, taken for a test, past its date."""
    _waste_lot(db, actor, seen, amount, reason, key)


@answered
def _waste_lot(db: Session, actor: Actor, seen: Seen[Lot], amount: Decimal, reason: str, key: str | None) -> Plain:
    with acting(db, actor, Action.WASTE_LOT, seen, reason=reason, key=key) as opened:
        opened.answer = movements.waste(opened, opened.subject, amount, opened.reason).id
    return opened.answer


def correct_count(
    db: Session, actor: Actor, seen: Seen[Lot], counted: Decimal, reason: str, key: str | None = None
) -> None:
    """Set what the lot holds to what was counted or weighed; the difference is on record with its reason."""
    _correct_count(db, actor, seen, counted, reason, key)


@answered
def _correct_count(db: Session, actor: Actor, seen: Seen[Lot], counted: Decimal, reason: str, key: str | None) -> Plain:
    with acting(db, actor, Action.CORRECT_COUNT, seen, reason=reason, key=key) as opened:
        lot = movements.fresh(opened, opened.subject)
        if lot.status == REJECTED:
            raise NotReady(f"Lot {lot.number} is rejected; nothing of it is here to be counted.")
        movements.check_amount(lot.item, counted, "counted", may_be_none=True)
        column = "available" if lot.status == RELEASED else "quarantined"
        difference = counted - cast("Decimal", getattr(lot, column))
        if not difference:
            raise PharmacyError("That is what the record says already.", "counted")
        movements.change(opened, lot, "corrected", **{column: difference}, reason=opened.reason)  # type: ignore[arg-type]
        opened.answer = lot.id
    return opened.answer
