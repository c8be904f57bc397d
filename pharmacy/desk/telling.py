"""A patient's whole story, in the order in which it happened: orders, fills, what left the pharmacy, what else is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries as accounts
from pharmacy.dispensing.models import HandOver
from pharmacy.domain.directions import Directions, sentence
from pharmacy.patients import queries as patients
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.prescriptions.words import age


@dataclass(frozen=True, slots=True)
class Ordered:
    """One prescription in words, with its fills in order and who got them."""

    row: Prescription
    medicine: str
    directions: str
    fills: Sequence[tuple[Fill, str, HandOver | None]]


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, newest order first; ``supplied_until`` is the last day that what was handed over lasts."""

    patient: Patient
    age: int
    orders: Sequence[Ordered]
    taken: Sequence[MedicineTaken]
    no_longer: Sequence[MedicineTaken]
    supplied_until: date | None
    names: Mapping[int, str]


def of_patient(db: Session, patient_id: int) -> Story:
    """Read it, with the same few statements however long it is; NotFound if there is no such patient."""
    patient = patients.patient(db, patient_id)
    orders = prescriptions.of_patient(db, patient_id)
    ids = [fill.id for order in orders for fill in order.fills]
    given = {row.fill_id: row for row in db.scalars(select(HandOver).where(HandOver.fill_id.in_(ids)))}
    medicines = sorted(patient.medicines, key=lambda one: one.asked_at, reverse=True)
    return Story(
        patient=patient,
        age=age(patient.born, clock.today()),
        orders=[
            Ordered(
                order,
                prescriptions.medicine_text(order),
                sentence(Directions.from_json(order.directions)),
                [(fill, prescriptions.quantity_text(fill), given.get(fill.id)) for fill in order.fills],
            )
            for order in orders
        ],
        taken=[one for one in medicines if not one.removed],
        no_longer=[one for one in medicines if one.removed],
        supplied_until=max((row.last_day_of_supply for row in given.values()), default=None),
        names=accounts.names(db, {one.asked_by for one in medicines} | {row.person_id for row in given.values()}),
    )
