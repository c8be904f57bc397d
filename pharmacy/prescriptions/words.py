"""What pages say of a fill and its patient, in the shapes that the templates' parts take."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pharmacy import clock
from pharmacy.domain.strength import DRUG
from pharmacy.patients.models import Patient
from pharmacy.prescriptions import queries
from pharmacy.prescriptions.models import Fill, Prescription


def age(born: date, on: date) -> int:
    """Whole years; someone born on 29 FEB is a year older on 01 MAR."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def patient_facts(patient: Patient, on: date) -> dict[str, Any]:
    """The patient as the strip above a page shows her. Sensitivities are loaded."""
    return {
        "id": patient.id,
        "name": patient.full_name,
        "born": patient.born,
        "age": age(patient.born, on),
        "allergies": [one.words for one in patient.sensitivities],
        "phone": patient.phone,
        "medicines": None
        if patient.history_asked_at is None
        else len([one for one in patient.medicines if not one.removed]),
    }


def subject_fill(one: Fill, row: Prescription | None = None) -> dict[str, Any]:
    """The fill as the strip above a page shows it."""
    of = row or one.prescription
    strength = queries.strength_of(of)
    return {
        "drug": DRUG,
        "strength": strength.amount_text(),
        "form": strength.form.words,
        "quantity": strength.form.amount_text(one.quantity),
        "days": queries.days_supply(of, one.quantity) if row else queries.fill_days(one),
        "number": one.number,
        "status": one.status,
    }


def waited(since: datetime, now: datetime) -> str:
    """``1 h 42 min``; days from the second on."""
    minutes = max(int((now - since).total_seconds()) // 60, 0)
    if minutes >= 48 * 60:
        return f"{minutes // 1440} days"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def fill_row(one: Fill, counts: dict[str, int], now: datetime) -> dict[str, Any]:
    """One row of a list of fills."""
    shown = subject_fill(one)
    here, today = clock.local(one.since), clock.local(now).date()
    return {
        **shown,
        "id": one.id,
        "prescription_id": one.prescription_id,
        "since": waited(one.since, now),
        "at": f"{here:%H:%M} today" if here.date() == today else f"{here:%d %b}".upper(),
        "patient": one.prescription.patient.full_name,
        "born": one.prescription.patient.born,
        "counts": counts,
    }
