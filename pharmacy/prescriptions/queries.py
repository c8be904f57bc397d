"""Reading prescriptions and fills, and what follows from them: directions of a fill, days' supply, refills left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from pharmacy import clock
from pharmacy.domain import directions as taking
from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Directions, after_titration, continued
from pharmacy.domain.errors import EndsSooner
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.syringes import SyringeFacts
from pharmacy.domain.workflow import OPEN, Status
from pharmacy.errors import NotFound
from pharmacy.patients.models import Patient
from pharmacy.prescriptions.models import Amendment, Clarification, Fill, KitContainer, Prescription
from pharmacy.prescriptions.order import Order, oral_syringe

VOID = frozenset({Status.REJECTED, Status.CANCELLED, Status.RETURNED, Status.DESTROYED})
_OPEN = sorted(state.value for state in OPEN)
BEFORE_ACCEPTANCE = frozenset({Status.ENTERED, Status.IN_REVIEW, Status.ON_HOLD})

_WHO = (
    joinedload(Prescription.prescriber),
    joinedload(Prescription.in_kit).joinedload(KitContainer.kit),
    joinedload(Prescription.patient).options(
        selectinload(Patient.sensitivities), selectinload(Patient.conditions), selectinload(Patient.medicines)
    ),
    selectinload(Prescription.fills),
)


def _load(db: Session, wanted: Select[Prescription], order: Any = Prescription.id) -> list[Prescription]:
    """Prescriptions with everything that hangs on them, as they are now; each fill knows its prescription."""
    fresh = wanted.options(*_WHO).order_by(order).execution_options(populate_existing=True)
    rows = list(db.scalars(fresh).unique())
    for row in rows:
        for one in row.fills:
            set_committed_value(one, "prescription", row)
    return rows


def _having(*conditions: ColumnElement[bool]) -> Select[Prescription]:
    """The prescriptions that have such a fill."""
    return select(Prescription).where(Prescription.id.in_(select(Fill.prescription_id).where(*conditions)))


def fill(db: Session, fill_id: int) -> Fill:
    """One fill with its prescription, all fills of that, prescriber and patient with everything that screening needs."""
    for row in _load(db, _having(Fill.id == fill_id)):
        return next(one for one in row.fills if one.id == fill_id)
    raise NotFound("There is no such fill.")


def fill_by_number(db: Session, text: str) -> Fill | None:
    """The fill of that number; of a prescription's number, its newest fill. Blanks around it do not count."""
    given = text.strip().upper().removeprefix("RX").strip()
    if not re.fullmatch(r"[0-9]{1,12}(-[0-9]{2,3})?", given, re.ASCII):
        return None
    if "-" in given:
        found = db.scalar(select(Fill.id).where(Fill.number == given))
    else:
        newest = select(Fill.id).join(Prescription, Prescription.id == Fill.prescription_id)
        found = db.scalar(newest.where(Prescription.number == given).order_by(Fill.ordinal.desc()).limit(1))
    return None if found is None else fill(db, found)


def prescription(db: Session, prescription_id: int) -> Prescription:
    """One prescription with its fills, prescriber and patient."""
    for row in _load(db, select(Prescription).where(Prescription.id == prescription_id)):
        return row
    raise NotFound("There is no such prescription.")


def open_fills(db: Session, limit: int = 200) -> list[Fill]:
    """The fills that somebody still has to do something about, oldest first."""
    wanted = select(Fill.id).where(Fill.status.in_(_OPEN)).order_by(Fill.since, Fill.id).limit(limit)
    return _in_order(db, db.scalars(wanted).all())


def closed_fills(db: Session, limit: int = 30) -> list[Fill]:
    """The fills that were finished last, newest first."""
    wanted = select(Fill.id).where(Fill.status.not_in(_OPEN)).order_by(Fill.since.desc(), Fill.id.desc()).limit(limit)
    return _in_order(db, db.scalars(wanted).all())


def _in_order(db: Session, ids: Sequence[int]) -> list[Fill]:
    loaded = {one.id: one for row in _load(db, _having(Fill.id.in_(ids))) for one in row.fills}
    return [loaded[its_id] for its_id in ids]


def of_patient(db: Session, patient_id: int) -> list[Prescription]:
    """The patient's prescriptions with their fills, newest first."""
    return _load(db, select(Prescription).where(Prescription.patient_id == patient_id), Prescription.id.desc())


def open_fills_of_patient(db: Session, patient_id: int) -> list[Fill]:
    """What a new medicine or condition of the patient has to be checked against."""
    return [one for row in of_patient(db, patient_id) for one in row.fills if Status(one.status) in OPEN]


def other_active(
    db: Session, patient_id: int, but: int | None, today: date, kit: int | None = None
) -> list[Prescription]:
    """The patient's other prescriptions that are not over: one with an open fill, or dispensed and still in date.

    The other containers of the same kit are no other prescriptions.
    """
    wanted = select(Prescription).where(
        Prescription.patient_id == patient_id, Prescription.id != (but or 0), _not_of(kit)
    )
    rows = db.scalars(wanted.options(selectinload(Prescription.fills)).order_by(Prescription.id)).all()
    return [one for one in rows if _is_active(one, today)]


def _not_of(kit: int | None) -> ColumnElement[bool]:
    of_kit = select(KitContainer.prescription_id).where(KitContainer.kit_id == kit)
    return true() if kit is None else Prescription.id.not_in(of_kit)


def last_liquid(db: Session, patient_id: int, but: int | None, kit: int | None = None) -> Fill | None:
    """The oral liquid that was handed to the patient last, another fill than `but` and of another kit than `kit`.

    It knows its prescription.
    """
    wanted = select(Fill.id, Fill.prescription_id).join(Prescription, Prescription.id == Fill.prescription_id)
    its = (
        Prescription.patient_id == patient_id,
        Prescription.form == Form.LIQUID.value,
        Fill.id != (but or 0),
        _not_of(kit),
    )
    handed = wanted.where(*its, Fill.status == Status.HANDED_OVER.value).order_by(Fill.since.desc(), Fill.id.desc())
    found = db.execute(handed.limit(1)).one_or_none()
    if found is None:
        return None
    row = db.get_one(Prescription, found.prescription_id, options=[selectinload(Prescription.fills)])
    one = next(made for made in row.fills if made.id == found.id)
    set_committed_value(one, "prescription", row)
    return one


def _is_active(one: Prescription, today: date) -> bool:
    if any(Status(made.status) in OPEN for made in one.fills):
        return True
    dispensed = any(made.status == Status.HANDED_OVER for made in one.fills)
    return dispensed and one.expires_on >= today


def amendments(db: Session, prescription_id: int) -> Sequence[Amendment]:
    """What was changed after review, newest first."""
    wanted = select(Amendment).where(Amendment.prescription_id == prescription_id).order_by(Amendment.id.desc())
    return db.scalars(wanted).all()


def clarifications(db: Session, fill_ids: Sequence[int]) -> Sequence[Clarification]:
    """The questions that were asked about these fills, newest first."""
    if not fill_ids:
        return []
    wanted = select(Clarification).where(Clarification.fill_id.in_(fill_ids)).order_by(Clarification.id.desc())
    return db.scalars(wanted).all()


def open_clarification(db: Session, fill_id: int) -> Clarification | None:
    """The question that the fill waits for."""
    wanted = select(Clarification).where(Clarification.fill_id == fill_id, Clarification.answered_at.is_(None))
    return db.scalars(wanted.order_by(Clarification.id.desc()).limit(1)).one_or_none()


# --- what follows from the rows; nothing below asks the database -----------------------------------------------------


def order_of(row: Prescription) -> Order:
    """The order as the domain knows it."""
    return Order(
        Form(row.form),
        row.strength,
        Directions.from_json(row.directions),
        row.quantity,
        row.refills,
        row.purpose,
        row.print_purpose,
        row.reason_for_compounding,
    )


def strength_of(row: Prescription) -> Strength:
    return Strength(row.strength, Form(row.form))


def directions_for(one: Fill) -> Directions:
    """What this fill's label says: the whole directions for the first, what is left of them for a later one.

    A titration is never begun again by a refill: after its last step it stays at that step without end.
    """
    row = one.prescription
    whole = Directions.from_json(row.directions)
    if one.ordinal == 0:
        return whole
    return rest_of(whole, supplied_before(one))


def rest_of(whole: Directions, supplied: Decimal) -> Directions:
    """The directions that are left when this quantity of them has been supplied."""
    if len(whole.steps) == 1:
        return whole
    try:
        return continued(whole, taking.days_supply(whole, supplied) + 1)
    except EndsSooner:
        return after_titration(whole)


def supplied_before(one: Fill) -> Decimal:
    """Capsules or mL in the fills before this one that were not void."""
    earlier = [
        made for made in one.prescription.fills if made.ordinal < one.ordinal and Status(made.status) not in VOID
    ]
    return Decimal(sum(made.quantity for made in earlier))


def days_supply(row: Prescription, quantity: int | None = None) -> int:
    """How many whole days the quantity (the prescription's own, unless given) lasts from its first day on."""
    return taking.days_supply(Directions.from_json(row.directions), row.quantity if quantity is None else quantity)


def fill_days(one: Fill) -> int:
    """How many whole days this fill lasts, by its own directions."""
    return taking.days_supply(directions_for(one), one.quantity)


def syringe_of(one: Fill, made: tuple[Decimal, ...] = ()) -> SyringeFacts | None:
    """The oral syringe that goes with the fill; None for capsules. A PharmacyError says that none measures its doses.

    ``made``: the concentrations made here, of which one may do.
    """
    strength = strength_of(one.prescription)
    return None if strength.form is Form.CAPSULE else oral_syringe(directions_for(one), strength, made)


def quantity_text(one: Fill) -> str:
    """``30 capsules``, ``150 mL``."""
    return Form(one.prescription.form).amount_text(one.quantity)


def medicine_text(row: Prescription) -> str:
    """``naltrexone HCl 4.5 mg capsule``."""
    return f"naltrexone{NBSP}HCl {strength_of(row).text()}"


def is_rest(one: Fill, row: Prescription | None = None) -> bool:
    """Whether the fill completes the one before it, of which part was owed; it is no refill."""
    fills = (row or one.prescription).fills
    earlier = [made for made in fills if made.ordinal < one.ordinal and Status(made.status) not in VOID]
    return bool(earlier) and earlier[-1].owed > 0


def refills_left(row: Prescription) -> int:
    """Refills that may still be started. Void fills (rejected, cancelled, returned) do not use one up."""
    used = sum(1 for made in row.fills if Status(made.status) not in VOID and not is_rest(made, row))
    return row.refills + 1 - max(used, 1)


def next_quantity(row: Prescription) -> int:
    """What the next fill holds: what is owed; or a refill's quantity once the prescription was filled; or all of it."""
    if owed := owed_now(row):
        return owed
    filled = any(Status(made.status) not in VOID for made in row.fills)
    return row.refill_quantity if filled and row.refill_quantity else row.quantity


def owed_now(row: Prescription) -> int:
    """What the last fill that stands left owing, and no later fill has made good."""
    standing = [made for made in row.fills if Status(made.status) not in VOID]
    return standing[-1].owed if standing else 0


def can_refill(_db: Session, row: Prescription) -> str | None:
    """Why no further fill can be started today, in one sentence; None when one can."""
    states = [Status(made.status) for made in row.fills]
    if Status.REJECTED in states:
        return "The prescription was rejected."
    if any(state in OPEN for state in states):
        return "A fill of this prescription is still open."
    if row.expires_on < clock.today():
        return f"The prescription expired on {day_text(row.expires_on)}."
    if all(state in VOID for state in states) or owed_now(row):
        return None
    if row.kit_id is not None and row.refill_quantity is None:
        return "The last dose of the kit takes none of this strength."
    if refills_left(row) < 1:
        return "No refills are left." if row.refills else "It was prescribed without refills."
    return None


def was_reviewed(db: Session, row: Prescription) -> bool:
    """Whether any fill of it ever passed its review: from then on a change is an amendment."""
    if any(made.accepted_at is not None or Status(made.status) not in BEFORE_ACCEPTANCE | VOID for made in row.fills):
        return True
    return db.scalar(select(Amendment.id).where(Amendment.prescription_id == row.id).limit(1)) is not None
