"""The verbs of intake: enter, change, amend, start a refill. Each is one action with one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor, Role
from pharmacy.actions.record import Plain
from pharmacy.documents import service as documents
from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import OPEN, Status
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.formulary import queries as formulary
from pharmacy.patients import queries as patients
from pharmacy.patients.models import Prescriber
from pharmacy.premises import queries as premises
from pharmacy.premises import service as premises_service
from pharmacy.prescriptions import queries
from pharmacy.prescriptions.models import Amendment, Fill, Prescription
from pharmacy.prescriptions.order import CameBy, Order, Receipt, check_made
from pharmacy.prescriptions.screen import screen_fill

Hook = Callable[[Opened[Any], Fill], None]
NUMBERS = "prescription"  # the counter: six digits from 100001 on


def made_here(db: Session, form: Form) -> tuple[Decimal, ...]:
    """The strengths that an approved formula makes in that form, smallest first."""
    return tuple(sorted({one.record.strength for one in formulary.approved(db) if one.record.kind == form.value}))


@answered
def enter_prescription(
    db: Session,
    actor: Actor,
    patient_id: int,
    prescriber_id: int,
    receipt: Receipt,
    order: Order,
    key: str | None = None,
) -> Plain:
    """Enter a prescription with its original and its first fill, ``number-00``; the answer is the fill's id.

    A telephone order is taken by a pharmacist, and that is whoever is signed in.
    """
    received = receive(db, actor, patient_id, prescriber_id, receipt)
    made = made_here(db, order.form)
    order.check(made)
    check_made(order.stated, made)
    with acting(db, actor, Action.ENTER_PRESCRIPTION, Seen(Prescription), key=key) as opened:
        first = enter_within(opened, received, order)
        opened.answer = first.id
    return first.id


@dataclass(frozen=True, slots=True)
class Received:
    """An order that was received as it must be: from whom, for whom, how, and until when it is good."""

    patient_id: int
    prescriber_id: int
    receipt: Receipt
    valid_days: int
    media_type: str


def receive(db: Session, actor: Actor, patient_id: int, prescriber_id: int, receipt: Receipt) -> Received:
    """Check how an order came, before anything is written; raises a PharmacyError at the field that cannot be."""
    days = premises.policy(db).prescription_valid_days
    receipt.check(clock.today(), days)
    by_telephone = receipt.came_by is CameBy.TELEPHONE
    if by_telephone and Role.PHARMACIST not in actor.roles:
        raise PharmacyError("A telephone order is taken, and entered, by a pharmacist.", "came_by")
    media_type = "" if by_telephone else documents.check_upload(receipt.original or b"")
    patient = patients.patient(db, patient_id)
    if patient.born > receipt.written_on:
        raise Mismatch("The prescription was written before the patient was born.", "written_on")
    _active_prescriber(db, prescriber_id)
    return Received(patient_id, prescriber_id, receipt, days, media_type)


def enter_within(opened: Opened[Any], received: Received, order: Order, **columns: Any) -> Fill:
    """Write one order with its first fill, inside the open action; the fill's id is there."""
    db, receipt = opened.db, received.receipt
    by_telephone = receipt.came_by is CameBy.TELEPHONE
    row = Prescription(
        number=str(premises_service.next_number(opened, NUMBERS)),
        patient_id=received.patient_id,
        prescriber_id=received.prescriber_id,
        written_on=receipt.written_on,
        expires_on=receipt.written_on + timedelta(days=received.valid_days),
        came_by=receipt.came_by.value,
        original=None if by_telephone else documents.keep(opened, receipt.original or b"", received.media_type),
        caller=receipt.caller if by_telephone else "",
        taken_by=opened.actor.id if by_telephone else None,
        read_back=by_telephone and receipt.read_back,
        entered_by=opened.actor.id,
        entered_at=clock.now(),
        **columns,
        **_columns(order),
    )
    db.add(row)
    db.flush()
    first = _new_fill(row, 0, order.quantity)
    db.add(first)
    db.flush()
    opened.concerns("patient", received.patient_id)
    opened.concerns("prescriber", received.prescriber_id)
    return first


def _active_prescriber(db: Session, prescriber_id: int) -> Prescriber:
    found = patients.prescriber(db, prescriber_id)
    if not found.active:
        raise PharmacyError(f"{found.full_name} no longer prescribes; choose another.", "prescriber")
    return found


def _columns(order: Order) -> dict[str, Any]:
    return {
        "form": order.form.value,
        "strength": order.strength,
        "directions": order.directions.to_json(),
        "quantity": order.quantity,
        "refills": order.refills,
        "purpose": order.purpose,
        "print_purpose": order.print_purpose and bool(order.purpose),
        "reason_for_compounding": order.reason_for_compounding,
    }


def _new_fill(row: Prescription, ordinal: int, quantity: int) -> Fill:
    return Fill(
        number=f"{row.number}-{ordinal:02}",
        prescription_id=row.id,
        ordinal=ordinal,
        status=Status.ENTERED.value,
        since=clock.now(),
        quantity=quantity,
        owed=0,
        made_by=[],
    )


@answered
def change_prescription(
    db: Session, actor: Actor, seen: Seen[Prescription], prescriber_id: int, order: Order, key: str | None = None
) -> Plain:
    """Correct what was entered, before any fill passed its review; fills already in review are screened again."""
    made = made_here(db, order.form)
    order.check(made)
    check_made(order.stated, made)
    _active_prescriber(db, prescriber_id)
    with acting(db, actor, Action.CHANGE_PRESCRIPTION, seen, key=key) as opened:
        row = queries.prescription(db, opened.subject.id)
        _alone(row)
        if queries.was_reviewed(db, row):
            raise NotReady("It has passed its review: a change is an amendment, with who authorised it.")
        if not any(Status(one.status) in OPEN for one in row.fills):
            raise NotReady("No fill of it is open; there is nothing to change.")
        _write(opened, row, prescriber_id, order)
        opened.answer = row.id
    return row.id


@answered
def amend_prescription(
    db: Session,
    actor: Actor,
    seen: Seen[Prescription],
    order: Order,
    authorised_by: str,
    reason: str,
    key: str | None = None,
    *,
    prescriber_id: int | None = None,
    also: Hook | None = None,
) -> Plain:
    """Change a reviewed prescription on the prescriber's word: was, now, who authorised it, and why.

    Each open fill goes back to review and is screened again; `also` is called with each of them, so that a later step
    voids its labels and takes back its containers. The answer is the list of those fills' ids.
    """
    order.check(made_here(db, order.form))
    if not authorised_by:
        raise PharmacyError("Say who authorised the change.", "authorised_by")
    with acting(db, actor, Action.AMEND_PRESCRIPTION, seen, reason=reason, key=key) as opened:
        row = queries.prescription(db, opened.subject.id)
        _alone(row)
        if not queries.was_reviewed(db, row):
            raise NotReady("It has not passed its review yet: correct the entry instead.")
        if row.strength != order.strength or row.form != order.form.value:
            check_made(order.stated, made_here(db, order.form))
        new_prescriber = _active_prescriber(db, prescriber_id or row.prescriber_id)
        changes = _was_now(row, order, new_prescriber)
        if not changes:
            raise PharmacyError("Nothing is changed.")
        fills = [one for one in row.fills if Status(one.status) in OPEN]
        for one in fills:
            if also is not None:
                also(opened, one)
            _return_to_review(one)
        db.add(
            Amendment(
                prescription_id=row.id,
                changes=changes,
                authorised_by=authorised_by,
                reason=reason,
                made_by=actor.id,
                made_at=clock.now(),
            )
        )
        _write(opened, row, new_prescriber.id, order)
        opened.answer = [one.id for one in fills]
    return opened.answer


def _alone(row: Prescription) -> None:
    """A container of a kit is not changed by itself: its days would no longer be those of the others."""
    if row.kit_id is not None:
        raise NotReady("It is one container of a kit: cancel the fills of the kit, and enter it anew.")


def _was_now(row: Prescription, order: Order, new_prescriber: Prescriber) -> dict[str, list[str]]:
    was = {**queries.order_of(row).words(), "prescriber": row.prescriber.full_name}
    now = {**order.words(), "prescriber": new_prescriber.full_name}
    return {name: [was[name], now[name]] for name in was if was[name] != now[name]}


def _return_to_review(one: Fill) -> None:
    """A fill on hold keeps waiting for its answer; one that was not yet in review comes there anyway."""
    if Status(one.status) not in queries.BEFORE_ACCEPTANCE:
        one.become(Status.IN_REVIEW, clock.now())
    one.accepted_by = one.accepted_at = None


def _write(opened: Opened[Any], row: Prescription, prescriber_id: int, order: Order) -> None:
    """Put the order into the row, its quantity into the open fills that hold it whole, and screen these again."""
    db, was = opened.db, row.quantity
    columns = {**_columns(order), "prescriber_id": prescriber_id}
    if any(getattr(row, name) != columns[name] for name in ("form", "strength", "directions")):
        columns["refill_quantity"] = None  # it was reckoned from what is no longer so
    for name, value in columns.items():
        if getattr(row, name) != value:  # what stays as it was is not in the record
            setattr(row, name, value)
    fills = [one for one in row.fills if Status(one.status) in OPEN]
    for one in fills:
        if one.quantity + one.owed == was and was != order.quantity and not queries.is_rest(one, row):
            one.quantity, one.owed = order.quantity, 0
    db.flush()
    opened.concerns("patient", row.patient_id)
    opened.concerns("prescriber", prescriber_id)
    for one in fills:
        opened.concerns("fill", one.id)
        if one.status != Status.ENTERED:
            screen_fill(opened, one.id)


@answered
def start_refill(db: Session, actor: Actor, seen: Seen[Prescription], key: str | None = None) -> Plain:
    """Start the next fill; it goes to review at once and every finding of it is to be decided anew.

    What the last fill left owing comes first and uses up no refill. The answer is the fill's id.
    """
    with acting(db, actor, Action.START_REFILL, seen, key=key) as opened:
        row = queries.prescription(db, opened.subject.id)
        why_not = queries.can_refill(db, row)
        if why_not:
            raise NotReady(why_not)
        ordinal = max(one.ordinal for one in row.fills) + 1
        one = _new_fill(row, ordinal, queries.next_quantity(row))
        one.formula_id = max(row.fills, key=lambda former: former.ordinal).formula_id  # as it was chosen before
        db.add(one)
        db.flush()
        one.become(Status.IN_REVIEW, clock.now())
        db.flush()
        db.expire(row, ["fills"])
        opened.concerns("patient", row.patient_id)
        screen_fill(opened, one.id)
        opened.answer = one.id
    return one.id
