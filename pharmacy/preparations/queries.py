"""Reading preparations: one with all that was recorded of it, lists, and who waits for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import NOT_MADE, Making, Status
from pharmacy.errors import NotFound
from pharmacy.formulary.models import FormulaVersion
from pharmacy.patients.models import Patient
from pharmacy.preparations.models import Component, Preparation, PreparationFill, QualityCheck, Weighing
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.stock.models import Lot
from pharmacy.stock.words import amount_text

OPEN = (Making.PLANNED.value, Making.IN_PROGRESS.value, Making.FINISHED.value)


@dataclass(frozen=True, slots=True)
class ForWhom:
    """A fill that a lot is made for. ``quantity``: how much of the fill was planned in this lot."""

    fill_id: int
    number: str
    quantity: int
    status: str
    patient: str
    patient_id: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A preparation as lists show it."""

    id: int
    number: str
    drug: str
    strength: str
    form: str
    amount: str
    status: str
    since: datetime
    made_by: tuple[int, ...]
    fills: tuple[ForWhom, ...]
    for_stock: Decimal


def _loaded() -> Select[Preparation]:
    return select(Preparation).options(
        joinedload(Preparation.formula_version, innerjoin=True).joinedload(FormulaVersion.record, innerjoin=True),
        joinedload(Preparation.lot).joinedload(Lot.item),
    )


def preparation(db: Session, preparation_id: int) -> Preparation:
    """One preparation with its formula's record and, from the finish on, its lot."""
    wanted = _loaded().where(Preparation.id == preparation_id).execution_options(populate_existing=True)
    found = db.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("There is no such preparation.")
    return found


def for_lot(db: Session, lot_id: int) -> Preparation | None:
    """The preparation that made this lot; None for a bought one."""
    return db.scalars(_loaded().where(Preparation.lot_id == lot_id)).one_or_none()


def for_fill(db: Session, fill_id: int) -> Preparation | None:
    """The newest preparation for this fill that was neither rejected nor given up."""
    return next((one for one in all_for_fill(db, fill_id) if one.status not in NOT_MADE), None)


def all_for_fill(db: Session, fill_id: int) -> Sequence[Preparation]:
    """Every preparation that was ever planned for this fill, newest first."""
    wanted = (
        _loaded()
        .join(PreparationFill, PreparationFill.preparation_id == Preparation.id)
        .where(PreparationFill.fill_id == fill_id)
        .order_by(Preparation.id.desc())
    )
    return db.scalars(wanted).all()


def open_preparations(db: Session) -> Sequence[Preparation]:
    """Planned, in progress or waiting for release, oldest first."""
    return db.scalars(_loaded().where(Preparation.status.in_(OPEN)).order_by(Preparation.since, Preparation.id)).all()


def waiting_for_release(db: Session) -> Sequence[Preparation]:
    """Finished lots that a pharmacist has to judge, oldest first."""
    wanted = _loaded().where(Preparation.status == Making.FINISHED.value)
    return db.scalars(wanted.order_by(Preparation.since, Preparation.id)).all()


def judged_lately(db: Session, limit: int = 20) -> Sequence[Preparation]:
    """Released, rejected and given up ones, newest first."""
    wanted = _loaded().where(Preparation.status.not_in(OPEN))
    return db.scalars(wanted.order_by(Preparation.since.desc(), Preparation.id.desc()).limit(limit)).all()


def fills_of(db: Session, preparation_ids: Iterable[int]) -> dict[int, tuple[ForWhom, ...]]:
    """The fills of these preparations, by preparation, in their order."""
    wanted = (
        select(PreparationFill.preparation_id, PreparationFill.quantity, Fill, Patient)
        .join(Fill, Fill.id == PreparationFill.fill_id)
        .join(Prescription, Prescription.id == Fill.prescription_id)
        .join(Patient, Patient.id == Prescription.patient_id)
        .where(PreparationFill.preparation_id.in_(list(preparation_ids)))
        .order_by(PreparationFill.id)
    )
    found: dict[int, list[ForWhom]] = {}
    for preparation_id, planned, fill, patient in db.execute(wanted):
        name = f"{patient.given_name} {patient.family_name}"
        quantity = fill.quantity if planned is None else planned
        one = ForWhom(fill.id, fill.number, quantity, fill.status, name, patient.id)
        found.setdefault(preparation_id, []).append(one)
    return {key: tuple(fills) for key, fills in found.items()}


def still_waiting(fills: Iterable[ForWhom], but: int) -> list[ForWhom]:
    """Those of the fills that a lot is made for which are not packed yet, without the one that is looked at."""
    return [one for one in fills if one.fill_id != but and one.status == Status.TO_PREPARE.value]


def left_for(held: int, fills: Sequence[ForWhom], fill_id: int) -> int:
    """What a lot that holds so much has for a fill: where it came out short, the fills are served in their order.

    Beyond what was planned for it a fill gets what the others leave; so does one that the lot was not made for.
    """
    place = next((n for n, one in enumerate(fills) if one.fill_id == fill_id), None)
    share = 0 if place is None else fills[place].quantity
    before = sum(one.quantity for one in still_waiting(fills[:place], fill_id))
    after = 0 if place is None else sum(one.quantity for one in still_waiting(fills[place:], fill_id))
    rest = max(held - before, 0)
    return max(min(share, rest), rest - after)


def listed(db: Session, rows: Sequence[Preparation]) -> list[Listed]:
    """The rows as lists show them, with the fills that they are for."""
    fills = fills_of(db, [one.id for one in rows])
    return [
        Listed(
            one.id,
            one.number,
            *medicine(one),
            made_text(one),
            one.status,
            one.since,
            tuple(one.made_by),
            fills.get(one.id, ()),
            one.for_stock,
        )
        for one in rows
    ]


def medicine(one: Preparation) -> tuple[str, str, str]:
    """Drug, strength and form of what is made: ("naltrexone HCl", "4.5 mg", "capsule")."""
    record = one.formula_version.record
    if record.kind == "trituration":
        share = amount_text(record.strength, "mg")
        return "naltrexone HCl", f"{share}/g", "trituration"
    form = Form(record.kind)
    return "naltrexone HCl", f"{amount_text(record.strength, form.strength_unit)}", form.words


def unit_of(one: Preparation) -> str:
    """The unit of amount and yield: piece, mL or mg."""
    return {"capsule": "piece", "liquid": "mL"}.get(one.formula_version.record.kind, "mg")


def made_text(one: Preparation, amount: Decimal | None = None) -> str:
    """``100 capsules``, ``150 mL``, ``20 g``: what is to come out, or the amount given."""
    shown = one.amount if amount is None else amount
    if one.formula_version.record.kind == "capsule":
        return Form.CAPSULE.amount_text(shown)
    return amount_text(shown, unit_of(one))


def weighings(db: Session, preparation_id: int) -> Sequence[Weighing]:
    """Every reading in its order; of one line the last counts."""
    wanted = select(Weighing).where(Weighing.preparation_id == preparation_id).order_by(Weighing.id)
    return db.scalars(wanted).all()


def checks(db: Session, preparation_id: int) -> Sequence[QualityCheck]:
    """Every check in its order; of one trait the last counts."""
    wanted = select(QualityCheck).where(QualityCheck.preparation_id == preparation_id).order_by(QualityCheck.id)
    return db.scalars(wanted).all()


def lots_of(db: Session, preparation_id: int) -> dict[str, Lot]:
    """The planned lot of each line, its item loaded."""
    wanted = (
        select(Component.line, Lot)
        .join(Lot, Lot.id == Component.lot_id)
        .where(Component.preparation_id == preparation_id)
        .options(joinedload(Lot.item, innerjoin=True))
        .order_by(Component.id)
    )
    return {line: lot for line, lot in db.execute(wanted)}  # noqa: C416  rows are not pairs to the type checker
