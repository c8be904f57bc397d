"""The verbs of packing: fill containers from released lots, reduce a fill to what fits, take containers back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import Status
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.labelling import queries
from pharmacy.labelling.models import Container
from pharmacy.preparations import queries as preparations
from pharmacy.preparations.on_hand import made_as, products, why_not_of
from pharmacy.preparations.supply import check_outlasts
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions import service as prescribing
from pharmacy.prescriptions.models import Fill
from pharmacy.stock import queries as stock_queries
from pharmacy.stock import service as stock
from pharmacy.stock.models import Lot
from pharmacy.stock.movements import check_in_date
from pharmacy.stock.words import RELEASED

MOST_CONTAINERS = 9
PUT_BACK = "put back into its lot:"
Packed = tuple[int, int]  # which lot, and how many capsules or mL of it in one container


@answered
def pack_fill(
    db: Session, actor: Actor, seen: Seen[Fill], containers: tuple[Packed, ...], key: str | None = None
) -> Plain:
    """Fill the containers, each from one released lot of the product that keeps until the supply ends.

    Containers that the fill has from before an amendment are emptied first, on record. The answer is the containers' ids.
    """
    with acting(db, actor, Action.PACK_FILL, seen, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        _check_amounts(one, containers)
        lots = {lot_id: stock_queries.lot(db, lot_id) for lot_id, _ in containers}
        check_lots(db, one, lots.values())
        _check_on_hand(one, lots.values(), containers)
        if queries.containers(db, one.id):
            void_labels_within(opened, one, "packed again")
            withdraw_containers_within(opened, one, "packed again after a change")
        with_it = prescriptions.syringe_of(one)
        syringe = with_it.words() if with_it else None
        packed = [_pack(opened, one, number, given, syringe) for number, given in enumerate(containers, 1)]
        _prepared(opened, one, lots)
        opened.answer = [container.id for container in packed]
    return opened.answer


def _check_amounts(one: Fill, containers: Sequence[Packed]) -> None:
    form = Form(one.prescription.form)
    if not containers:
        raise PharmacyError("Say how much is taken from which lot.")
    if one.prescription.kit_id is not None and len(containers) > 1:
        raise PharmacyError("A kit has one container for each strength: take all of it from one lot.")
    if len(containers) > MOST_CONTAINERS:
        raise PharmacyError(f"A fill is packed into at most {MOST_CONTAINERS} containers.")
    for lot_id, quantity in containers:
        if quantity < 1:
            raise PharmacyError("A container holds at least 1.", f"lot_{lot_id}")
    total = sum(quantity for _, quantity in containers)
    if total != one.quantity:
        verb = "is" if total == 1 else "are"
        raise Mismatch(f"{form.amount_text(total)} {verb} chosen; the fill is for {form.amount_text(one.quantity)}.")


def _check_on_hand(one: Fill, lots: Iterable[Lot], containers: Sequence[Packed]) -> None:
    """All that is chosen from one lot is there; the taking itself checks once more, container by container."""
    form = Form(one.prescription.form)
    for lot in lots:
        chosen = sum(quantity for lot_id, quantity in containers if lot_id == lot.id)
        if chosen > lot.available:
            held = form.amount_text(lot.available)
            raise PharmacyError(
                f"Lot {lot.number} holds {held}; {form.amount_text(chosen)} are chosen.", f"lot_{lot.id}"
            )


def check_lots(db: Session, one: Fill, lots: Iterable[Lot]) -> None:
    """Each lot is released, in date, of the product that was prescribed, and keeps until the supply ends."""
    lots = list(lots)
    kept_as, unsuited = products(db, one), why_not_of(db, one, lots)
    for lot in lots:
        field = f"lot_{lot.id}"
        if lot.item_id not in kept_as:
            medicine = prescriptions.medicine_text(one.prescription)
            raise Mismatch(f"Lot {lot.number} is {lot.item.name}; the fill is for {medicine}.", field)
        if lot.status != RELEASED:
            raise NotReady(f"Lot {lot.number} is {lot.status}; only a released lot is dispensed.", field)
        if lot.id in unsuited:
            raise Mismatch(f"Lot {lot.number} cannot be used. {unsuited[lot.id]}", field)
        check_in_date(lot, clock.today())
        check_outlasts(one, lot, field)


def _pack(opened: Opened[Any], one: Fill, ordinal: int, given: Packed, syringe: str | None) -> Container:
    lot_id, quantity = given
    row = Container(
        fill_id=one.id,
        lot_id=lot_id,
        ordinal=ordinal,
        quantity=quantity,
        syringe=syringe,
        packed_by=opened.actor.id,
        packed_at=clock.now(),
        withdrawn="",
    )
    opened.db.add(row)
    opened.db.flush()
    stock.take(opened, stock_queries.lot(opened.db, lot_id), Decimal(quantity), "used", "container", row.id)
    return row


def _prepared(opened: Opened[Any], one: Fill, lot_ids: Iterable[int]) -> None:
    """The fill is prepared: by whoever packed it, and by the makers of a lot that was made for this very fill."""
    one.add_maker(opened.actor.id)
    made = made_as(opened.db, lot_ids)
    for_whom = preparations.fills_of(opened.db, [row.id for row in made.values()])
    for row in made.values():
        if any(whom.fill_id == one.id for whom in for_whom.get(row.id, ())):
            for maker in row.made_by:
                one.add_maker(maker)
    one.become(Status.PREPARED, clock.now())
    about(opened, one)


def about(opened: Opened[Any], one: Fill) -> None:
    """Let the entry be found under the fill, its prescription and its patient."""
    opened.concerns("fill", one.id)
    opened.concerns("prescription", one.prescription_id)
    opened.concerns("patient", one.prescription.patient_id)


@answered
def keep_containers(db: Session, actor: Actor, seen: Seen[Fill], key: str | None = None) -> Plain:
    """Use the containers as they are, after an amendment that changed neither medicine nor quantity."""
    with acting(db, actor, Action.PACK_FILL, seen, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        rows = queries.containers(db, one.id)
        check_containers(db, one, rows)
        for row in rows:
            opened.concerns("container", row.id)
            opened.concerns("lot", row.lot_id)
        opened.context["kept"] = [row.id for row in rows]
        _prepared(opened, one, {row.lot_id for row in rows})
        opened.answer = [row.id for row in rows]
    return opened.answer


def check_containers(db: Session, one: Fill, rows: Sequence[Container]) -> None:
    """The containers hold all of the fill, of lots that may still be dispensed for it."""
    if not rows:
        raise NotReady("Nothing is packed for this fill yet.")
    form, total = Form(one.prescription.form), sum(row.quantity for row in rows)
    if total != one.quantity:
        raise Mismatch(
            f"The containers hold {form.amount_text(total)}; the fill is for {form.amount_text(one.quantity)}."
        )
    check_lots(db, one, [row.lot for row in rows])


def why_not_kept(db: Session, one: Fill, rows: Sequence[Container]) -> str | None:
    """Why the containers cannot be used as they are; None when they can."""
    try:
        check_containers(db, one, rows)
    except PharmacyError as refused:
        return refused.sentence
    return None


@answered
def reduce_fill(
    db: Session, actor: Actor, seen: Seen[Fill], quantity: int, reason: str, key: str | None = None
) -> Plain:
    """Cut the fill to the quantity that its beyond-use date allows; the rest is owed to the patient.

    What was packed already is emptied on record and the fill is packed anew.
    """
    with acting(db, actor, Action.REDUCE_FILL, seen, reason=reason, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        if one.prescription.kit_id is not None:
            raise NotReady("A container of a kit is taken by the days of the kit: it cannot be supplied in part.")
        if not 0 < quantity < one.quantity:
            raise PharmacyError(f"The smaller quantity is from 1 to {one.quantity - 1}.", "quantity")
        one.owed, one.quantity = one.owed + one.quantity - quantity, quantity
        if Status(one.status) in {Status.PREPARED, Status.LABELLED}:
            void_labels_within(opened, one, opened.reason)
            withdraw_containers_within(opened, one, opened.reason)
            one.become(Status.ACCEPTED, clock.now())
        about(opened, one)
        opened.answer = one.id
    return opened.answer


@answered
def unpack_fill(db: Session, actor: Actor, seen: Seen[Fill], reason: str, key: str | None = None) -> Plain:
    """Take out again what was packed by mistake, before any label was issued: it goes back into the lots it came from.

    What was labelled once never goes back to stock: that is reduced, cancelled or sent back, and written off.
    """
    with acting(db, actor, Action.UNPACK_FILL, seen, reason=reason, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        rows = queries.containers(db, one.id)
        if any(row.labels for row in rows):
            raise NotReady(
                "It was labelled before: what was labelled does not go back to stock. Cancel or reduce the fill."
            )
        for row in rows:
            stock.give_back(opened, row.lot, Decimal(row.quantity), "container", row.id, opened.reason)
            row.withdrawn = f"{PUT_BACK} {opened.reason}"
            opened.concerns("container", row.id)
        one.become(Status.ACCEPTED, clock.now())
        about(opened, one)
        opened.answer = one.id
    return opened.answer


@answered
def cancel_packed(db: Session, actor: Actor, seen: Seen[Fill], reason: str, key: str | None = None) -> Plain:
    """Cancel a fill that was packed or labelled: its labels become void and its containers are emptied, in one action."""
    return prescribing.cancel_fill(db, actor, seen, reason, key, also=empty_within)


# --- inside an action that another step has opened -------------------------------------------------------------------


def void_labels_within(opened: Opened[Any], fill: Fill, reason: str) -> int:
    """Make every valid label of the fill void, inside the open action; says how many there were."""
    count = 0
    for row in queries.containers(opened.db, fill.id):
        for label in row.labels:
            if label.status == queries.VALID:
                label.status, label.void_reason = queries.VOID, reason
                count += 1
    return count


def withdraw_containers_within(opened: Opened[Any], fill: Fill, reason: str) -> int:
    """Empty every container of the fill, inside the open action: come back to the lot, and wasted. Says how many."""
    rows = queries.containers(opened.db, fill.id)
    for row in rows:
        amount = Decimal(row.quantity)
        lot = stock.give_back(opened, row.lot, amount, "container", row.id, reason)
        if lot.status != "rejected":  # what comes back to a rejected lot is wasted with its coming
            stock.waste(opened, lot, amount, reason, "container", row.id)
        row.withdrawn = reason
        opened.concerns("container", row.id)
    return len(rows)


def empty_within(opened: Opened[Any], fill: Fill) -> None:
    """The hook of a cancellation: labels void, containers emptied, for the action's own reason."""
    void_labels_within(opened, fill, opened.reason)
    withdraw_containers_within(opened, fill, opened.reason)


def void_within(opened: Opened[Any], fill: Fill) -> None:
    """The hook of an amendment: the labels are void; whether the containers may stay is asked when the fill is accepted."""
    void_labels_within(opened, fill, opened.reason)
