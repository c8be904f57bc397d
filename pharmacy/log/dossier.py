"""One fill's complete record, gathered from every step: what an inspector is handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from pharmacy.accounts import queries as accounts
from pharmacy.dispensing import queries as dispensing
from pharmacy.dispensing.models import Disposal, HandOver
from pharmacy.documents import queries as documents
from pharmacy.domain.directions import Directions, sentence
from pharmacy.labelling import queries as labelling
from pharmacy.labelling.models import Container, Reprint
from pharmacy.log import queries
from pharmacy.log.sentences import Raw, Told, tell
from pharmacy.preparations.models import Component, Preparation, PreparationFill, Weighing
from pharmacy.preparations.record import CompoundingRecord, compounding_record
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Amendment, Clarification, Fill, Prescription
from pharmacy.screening.models import Finding, Screening
from pharmacy.stock.models import Lot
from pharmacy.verification.models import Verification


@dataclass(frozen=True, slots=True)
class Made:
    """One preparation that something of the fill came from, and its compounding record in words."""

    id: int
    status: str
    record: CompoundingRecord


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one fill; ``names`` are people by id, ``pages`` the pictures that its original has."""

    fill: Fill
    prescription: Prescription
    medicine: str
    quantity: str
    days: int
    directions: str
    fill_directions: str
    pages: int
    screening: Screening | None
    findings: Sequence[Finding]
    clarifications: Sequence[Clarification]
    amendments: Sequence[Amendment]
    containers: Sequence[Container]
    reprints: Sequence[Reprint]
    made: Sequence[Made]
    verifications: Sequence[Verification]
    hand_over: HandOver | None
    disposals: Sequence[Disposal]
    entries: Sequence[Told]
    names: Mapping[int, str]


def of_fill(db: Session, fill_id: int) -> Dossier:
    """Gather it: a fixed number of statements, and as many again for each lot made here that went into the fill."""
    fill = prescriptions.fill(db, fill_id)
    order = fill.prescription
    containers = _containers(db, fill_id)
    labels = [label.id for container in containers for label in container.labels]
    preparations = _preparations(db, fill_id, {container.lot_id for container in containers})
    return Dossier(
        fill=fill,
        prescription=order,
        medicine=prescriptions.medicine_text(order),
        quantity=prescriptions.quantity_text(fill),
        days=prescriptions.fill_days(fill),
        directions=sentence(Directions.from_json(order.directions)),
        fill_directions=sentence(prescriptions.directions_for(fill)),
        pages=documents.pages(db, order.original) if order.original else 0,
        screening=db.scalar(
            select(Screening).where(Screening.fill_id == fill_id).order_by(Screening.id.desc()).limit(1)
        ),
        findings=db.scalars(
            select(Finding)
            .where(Finding.fill_id == fill_id)
            .options(selectinload(Finding.decisions))
            .order_by(Finding.id)
        ).all(),
        clarifications=prescriptions.clarifications(db, [fill_id]),
        amendments=prescriptions.amendments(db, order.id),
        containers=containers,
        reprints=labelling.reprints(db, labels),
        made=[Made(one.id, one.status, compounding_record(db, one.id)) for one in preparations],
        verifications=db.scalars(
            select(Verification).where(Verification.fill_id == fill_id).order_by(Verification.id)
        ).all(),
        hand_over=dispensing.hand_over(db, fill_id),
        disposals=dispensing.disposals(db, fill_id),
        entries=tell(db, _entries(db, fill, containers, labels, preparations)),
        names=accounts.names(db, [person.id for person in accounts.people(db)]),
    )


def _containers(db: Session, fill_id: int) -> Sequence[Container]:
    """Withdrawn ones too: what was once filled stays on record."""
    wanted = select(Container).where(Container.fill_id == fill_id).order_by(Container.id)
    return db.scalars(
        wanted.options(joinedload(Container.lot).joinedload(Lot.item), selectinload(Container.labels))
    ).all()


def _preparations(db: Session, fill_id: int, lots: set[int]) -> list[Preparation]:
    """Those made for this fill, those of its containers' lots, and those of the lots made here that went into them."""
    planned_for = select(PreparationFill.preparation_id).where(PreparationFill.fill_id == fill_id)
    found: dict[int, Preparation] = {}
    wanted = select(Preparation).where(or_(Preparation.id.in_(planned_for), Preparation.lot_id.in_(lots)))
    while more := [one for one in db.scalars(wanted.order_by(Preparation.id)) if one.id not in found]:
        found |= {one.id: one for one in more}
        ids = [one.id for one in more]
        weighed = select(Weighing.lot_id).where(Weighing.preparation_id.in_(ids))
        planned = select(Component.lot_id).where(Component.preparation_id.in_(ids))
        wanted = select(Preparation).where(or_(Preparation.lot_id.in_(weighed), Preparation.lot_id.in_(planned)))
    return list(found.values())


def _entries(
    db: Session,
    fill: Fill,
    containers: Sequence[Container],
    labels: Sequence[int],
    preparations: Sequence[Preparation],
) -> list[Raw]:
    """About the fill, its containers, labels and preparations; and of its prescription what is not about another fill."""
    own = {
        ("fill", str(fill.id)),
        *(("preparation", str(one.id)) for one in preparations),
        *(("container", str(one.id)) for one in containers),
        *(("issued_label", str(one)) for one in labels),
    }
    these = (("prescription", fill.prescription_id), *((kind, int(one)) for kind, one in sorted(own)))
    return [
        entry
        for entry in queries.about(db, these)
        if own & set(entry.subjects) or not any(kind == "fill" for kind, _ in entry.subjects)
    ]
