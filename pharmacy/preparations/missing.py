"""What is missing of a fill that was to be prepared: its lot came out short, was taken out of use, or ends too soon. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from pharmacy import clock
from pharmacy.domain.beyond_use import Fits
from pharmacy.domain.workflow import Making, Status
from pharmacy.patients.models import Patient
from pharmacy.preparations import on_hand, queries
from pharmacy.preparations.models import Preparation, PreparationFill
from pharmacy.preparations.supply import outlasts
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.stock.models import Lot
from pharmacy.stock.words import RELEASED


def with_prescription() -> ExecutableOption:
    """Load a fill's prescription with its patient, what she does not bear and else is known of her, all its fills and its kit."""
    loaded = joinedload(Fill.prescription, innerjoin=True)
    known = (selectinload(Patient.sensitivities), selectinload(Patient.conditions), selectinload(Patient.medicines))
    return loaded.options(
        joinedload(Prescription.patient).options(*known),
        selectinload(Prescription.fills),
        joinedload(Prescription.in_kit),
    )


def missing_of(db: Session, one: Fill) -> int:
    """The capsules or mL that the lots on hand are short of; 0 while a lot for the fill is not judged yet."""
    if one.status != Status.TO_PREPARE.value:
        return 0
    offer = on_hand.offer(db, one)
    return 0 if offer.awaited else offer.missing


def short_fills(db: Session) -> list[tuple[Fill, int]]:
    """Every fill whose lots are all judged and do not suffice, oldest first, with what is missing.

    A fill that its own lot suffices for, as nearly all do, costs no statement of its own.
    """
    waits = select(PreparationFill.fill_id).join(Preparation, Preparation.id == PreparationFill.preparation_id)
    wanted = (
        select(Fill)
        .where(
            Fill.status == Status.TO_PREPARE.value, Fill.id.not_in(waits.where(Preparation.status.in_(queries.OPEN)))
        )
        .order_by(Fill.since, Fill.id)
        .options(with_prescription())
    )
    fills = list(db.scalars(wanted).unique())
    own = _of_its_own(db, fills) if fills else {}
    found = [(one, on_hand.offer(db, one).missing) for one in fills if own.get(one.id, 0) < one.quantity]
    return [(one, missing) for one, missing in found if missing]


def _of_its_own(db: Session, fills: Sequence[Fill]) -> dict[int, int]:
    """By fill, what its own lots that may be dispensed hold for it."""
    by_id = {one.id: one for one in fills}
    made = db.execute(
        select(PreparationFill.fill_id, Preparation, Lot)
        .join(Preparation, Preparation.id == PreparationFill.preparation_id)
        .join(Lot, Lot.id == Preparation.lot_id)
        .where(PreparationFill.fill_id.in_(by_id), Preparation.status == Making.RELEASED.value)
    ).all()
    for_whom = queries.fills_of(db, {row.id for _, row, _ in made})
    held: dict[int, int] = {}
    for fill_id, row, lot in made:
        usable = lot.status == RELEASED and lot.use_before >= clock.today()
        if usable and isinstance(outlasts(by_id[fill_id], [lot]), Fits):
            there = queries.left_for(int(lot.available), for_whom.get(row.id, ()), fill_id)
            held[fill_id] = held.get(fill_id, 0) + there
    return held
