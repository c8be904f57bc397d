"""Gather what the rules look at for one fill, and let screening write what they find."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened
from pharmacy.domain.directions import daily_doses
from pharmacy.domain.formula import Formula
from pharmacy.domain.strength import Form, Strength
from pharmacy.formulary import definition
from pharmacy.patients.models import Patient
from pharmacy.prescriptions import kits, making, queries
from pharmacy.prescriptions.models import Fill
from pharmacy.rules import book, checks
from pharmacy.rules.facts import ActivePrescription, Facts, PreviousLiquid
from pharmacy.rules.findings import Finding
from pharmacy.screening import service as screening
from pharmacy.screening.service import Planned, Screened


def formula_for(
    db: Session, strength: Strength, patient: Patient | None = None, chosen: int | None = None
) -> Formula | None:
    """The approved formula that makes the strength, if there is one: chosen, else the first that the patient bears."""
    version = making.version_for(db, strength, patient, chosen)
    return definition.read(version) if version else None


def others(db: Session, patient_id: int, but: int | None, kit: int | None = None) -> tuple[ActivePrescription, ...]:
    """The patient's other prescriptions that are not over."""
    found = queries.other_active(db, patient_id, but, clock.today(), kit)
    return tuple(ActivePrescription(one.number, Strength(one.strength, Form(one.form)).text()) for one in found)


def liquid_before(
    db: Session, patient_id: int, but: int | None = None, kit: int | None = None
) -> PreviousLiquid | None:
    """The last liquid that was handed to the patient, with the dose that its directions ended with."""
    one = queries.last_liquid(db, patient_id, but, kit)
    if one is None:
        return None
    strength = queries.strength_of(one.prescription)
    return PreviousLiquid(one.number, strength, daily_doses(queries.directions_for(one), strength)[-1])


def so_far(patient: Patient, planned: Planned) -> tuple[Finding, ...]:
    """What the rules find in an order that is still being typed.

    What is not typed yet is not wrong yet: nothing is said of a daily dose that nobody can know, nor of the label of a
    form and strength that nobody chose. A fill that is saved is screened whole.
    """
    looked_at = screening.facts(patient, planned, clock.today())
    early = {"dose": not looked_at.daily_doses, "label": looked_at.strength is None}
    return tuple(one for one in checks.check(book.load(), looked_at) if not early.get(one.about))


def facts_of(db: Session, one: Fill) -> Facts:
    """The facts of a fill as they are now. The fill comes from :func:`queries.fill`."""
    row = one.prescription
    strength = queries.strength_of(row)
    planned = Planned(
        strength,
        queries.directions_for(one),
        formula_for(db, strength, row.patient, one.formula_id),
        others(db, row.patient_id, row.id, row.kit_id),
        liquid_before(db, row.patient_id, one.id, row.kit_id),
        kits.daily_doses(one),
    )
    return screening.facts(row.patient, planned, clock.today())


def screen_fill(opened: Opened[Any], fill_id: int) -> Screened:
    """Run the rules over the fill as it is now, inside the open action."""
    one = queries.fill(opened.db, fill_id)
    opened.concerns("patient", one.prescription.patient_id)
    opened.concerns("prescription", one.prescription_id)
    return screening.screen_within(opened, fill_id, facts_of(opened.db, one))


def is_current(db: Session, one: Fill) -> bool:
    """Whether the findings on the page are those of the facts as they are now."""
    return screening.is_current(db, one.id, facts_of(db, one))
