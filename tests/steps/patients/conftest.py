"""People who exist on paper only, and short ways to add them and to record what they take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.patients import queries, service
from pharmacy.patients.data import MedicineEntry, PatientData, PrescriberData
from pharmacy.patients.models import MedicineTaken, Patient

FERGUS = PatientData(
    family_name="Bramblewick",
    given_name="Fergus",
    born=date(1971, 5, 14),
    sex="male",
    street="3 Hedge Row",
    town="Sampleton, IL 00000",
    phone="(555) 555-0142",
    pregnancy="does not apply",
    lactation="does not apply",
)
FABLE = PrescriberData(
    family_name="Fable",
    given_name="Cosmo",
    credentials="MD",
    npi="1234567893",
    licence="MD-00077",
    licence_state="IL",
    phone="555-555-0166",
)


def seen(db: Session, patient_id: int) -> Seen[Patient]:
    """The patient as a page opened now shows her."""
    return Seen(Patient, patient_id, queries.patient(db, patient_id).version)


def seen_medicine(row: MedicineTaken) -> Seen[MedicineTaken]:
    return Seen(MedicineTaken, row.id, row.version)


@pytest.fixture
def add(db: Session, tina: Actor) -> Callable[..., int]:
    """``add(given_name="Odile")`` is a new patient who is Fergus otherwise."""

    def added(**changes: Any) -> int:
        return cast("int", service.add_patient(db, tina, replace(FERGUS, **changes)))

    return added


@pytest.fixture
def fergus(add: Callable[..., int]) -> int:
    """Fergus Bramblewick, whom nobody has asked yet."""
    return add()


@pytest.fixture
def told(db: Session, tina: Actor) -> Callable[..., list[MedicineTaken]]:
    """``told(fergus, "ibuprofen", …)`` records the whole list as Tina hears it now; nothing told means that he takes none."""

    def recorded(patient_id: int, *entries: str | MedicineEntry) -> list[MedicineTaken]:
        rows = tuple(MedicineEntry(one) if isinstance(one, str) else one for one in entries)
        service.record_medicines(db, tina, seen(db, patient_id), rows, none=not rows)
        return queries.taken(queries.patient(db, patient_id))

    return recorded
