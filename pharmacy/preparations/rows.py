"""What the verbs read of a preparation's rows under the lock, and under what its entries are found."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Opened
from pharmacy.preparations.models import Component, Preparation, PreparationFill, QualityCheck, Weighing
from pharmacy.prescriptions.models import Fill, Prescription

PREPARATION = "preparation"


def concern(opened: Opened[Preparation], preparation: Preparation) -> None:
    """Let the entry be found under the preparation, its lots, its formula, its fills, prescriptions and patients."""
    db = opened.db
    opened.concerns(PREPARATION, preparation.id)
    opened.concerns("formula_version", preparation.formula_version_id)
    of_this = select(Component.lot_id).where(Component.preparation_id == preparation.id)
    for lot_id in db.scalars(of_this).unique():
        opened.concerns("lot", lot_id)
    if preparation.lot_id is not None:
        opened.concerns("lot", preparation.lot_id)
    whose = (
        select(Fill.id, Prescription.id, Prescription.patient_id)
        .join(PreparationFill, PreparationFill.fill_id == Fill.id)
        .join(Prescription, Prescription.id == Fill.prescription_id)
        .where(PreparationFill.preparation_id == preparation.id)
    )
    for fill_id, prescription_id, patient_id in db.execute(whose):
        opened.concerns("fill", fill_id)
        opened.concerns("prescription", prescription_id)
        opened.concerns("patient", patient_id)


def recorded_of(db: Session, preparation_id: int) -> dict[str, Decimal]:
    """The last reading of each line."""
    rows = select(Weighing.line, Weighing.amount).where(Weighing.preparation_id == preparation_id).order_by(Weighing.id)
    return {line: amount for line, amount in db.execute(rows)}  # noqa: C416  a later row replaces an earlier one


def components_of(db: Session, preparation_id: int) -> dict[str, int]:
    """Lot id by line of the plan."""
    rows = select(Component.line, Component.lot_id).where(Component.preparation_id == preparation_id)
    return {line: lot_id for line, lot_id in db.execute(rows)}  # noqa: C416  rows are not pairs to the type checker


def checks_of(db: Session, preparation_id: int) -> dict[str, QualityCheck]:
    """The last observation of each trait."""
    rows = select(QualityCheck).where(QualityCheck.preparation_id == preparation_id).order_by(QualityCheck.id)
    return {one.name: one for one in db.scalars(rows)}
