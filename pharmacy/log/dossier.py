"""One fill's complete record, gathered from every step: what an inspector is handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from pharmacy.accounts import queries as accounts
from pharmacy.dispensing.models import Disposal, HandOver
from pharmacy.errors import NotFound
from pharmacy.formulary.models import FormulaVersion
from pharmacy.labelling.models import Container, IssuedLabel
from pharmacy.log import queries
from pharmacy.log.sentences import Told, tell
from pharmacy.patients.models import Patient
from pharmacy.preparations.models import Preparation, QualityCheck, Weighing
from pharmacy.prescriptions.models import Amendment, Clarification, Fill, Prescription
from pharmacy.screening.models import Finding, Screening
from pharmacy.stock.models import Lot, StockItem
from pharmacy.verification.models import Verification


@dataclass(frozen=True, slots=True)
class Made:
    """One preparation with its rows."""

    preparation: Preparation
    weighings: Sequence[Weighing]
    checks: Sequence[QualityCheck]
    lots: Mapping[int, Lot]
    items: Mapping[int, StockItem]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one fill; ``names`` are people by id."""

    fill: Fill
    prescription: Prescription
    patient: Patient
    screening: Screening | None
    findings: Sequence[Finding]
    clarifications: Sequence[Clarification]
    amendments: Sequence[Amendment]
    containers: Sequence[Container]
    made: Sequence[Made]
    verifications: Sequence[Verification]
    hand_over: HandOver | None
    disposals: Sequence[Disposal]
    entries: Sequence[Told]
    names: Mapping[int, str]


def of_fill(db: Session, fill_id: int) -> Dossier:
    """Gather it; about a dozen statements whatever its size."""
    fill = db.scalar(
        select(Fill)
        .where(Fill.id == fill_id)
        .options(
            joinedload(Fill.prescription).joinedload(Prescription.prescriber),
            joinedload(Fill.prescription)
            .joinedload(Prescription.patient)
            .options(
                selectinload(Patient.sensitivities), selectinload(Patient.conditions), selectinload(Patient.medicines)
            ),
        )
    )
    if fill is None:
        raise NotFound("There is no such fill.")
    containers = db.scalars(
        select(Container)
        .where(Container.fill_id == fill_id)
        .options(joinedload(Container.lot).joinedload(Lot.item), selectinload(Container.labels))
        .order_by(Container.id)
    ).all()
    findings = db.scalars(
        select(Finding).where(Finding.fill_id == fill_id).options(selectinload(Finding.decisions)).order_by(Finding.id)
    ).all()
    return Dossier(
        fill=fill,
        prescription=fill.prescription,
        patient=fill.prescription.patient,
        screening=db.scalar(
            select(Screening).where(Screening.fill_id == fill_id).order_by(Screening.id.desc()).limit(1)
        ),
        findings=findings,
        clarifications=db.scalars(
            select(Clarification).where(Clarification.fill_id == fill_id).order_by(Clarification.id)
        ).all(),
        amendments=db.scalars(
            select(Amendment).where(Amendment.prescription_id == fill.prescription_id).order_by(Amendment.id)
        ).all(),
        containers=containers,
        made=_made(db, {container.lot_id for container in containers}),
        verifications=db.scalars(
            select(Verification).where(Verification.fill_id == fill_id).order_by(Verification.id)
        ).all(),
        hand_over=db.scalar(select(HandOver).where(HandOver.fill_id == fill_id)),
        disposals=db.scalars(select(Disposal).where(Disposal.fill_id == fill_id).order_by(Disposal.id)).all(),
        entries=tell(db, queries.about(db, "fill", fill_id)),
        names=accounts.names(db, [person.id for person in accounts.people(db)]),
    )


def _made(db: Session, lot_ids: set[int]) -> list[Made]:
    """The preparations of these lots, and of the lots made here that went into them."""
    made: list[Made] = []
    todo, seen = set(lot_ids), set[int]()
    while todo:
        found = db.scalars(
            select(Preparation)
            .where(Preparation.lot_id.in_(todo))
            .options(
                joinedload(Preparation.formula_version).joinedload(FormulaVersion.record), joinedload(Preparation.lot)
            )
        ).all()
        seen |= todo
        todo = set()
        for preparation in found:
            weighings = db.scalars(
                select(Weighing).where(Weighing.preparation_id == preparation.id).order_by(Weighing.id)
            ).all()
            used = {row.lot_id for row in weighings if row.lot_id is not None}
            lots = db.scalars(select(Lot).where(Lot.id.in_(used)).options(joinedload(Lot.item))).all()
            checks = db.scalars(
                select(QualityCheck).where(QualityCheck.preparation_id == preparation.id).order_by(QualityCheck.id)
            ).all()
            made.append(
                Made(preparation, weighings, checks, {lot.id: lot for lot in lots}, {lot.id: lot.item for lot in lots})
            )
            todo |= {lot.id for lot in lots if lot.origin == "made"} - seen
    return made


def valid_label(container: Container) -> IssuedLabel | None:
    """The label that counts, if one was issued."""
    return next((label for label in reversed(container.labels) if label.status == "valid"), None)
