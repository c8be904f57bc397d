"""By which approved formula a fill is made: the one that a pharmacist chose, else the first that the patient bears.

Two formulas of one strength differ in what somebody may not bear. What the rules looked at is one formula; another may
make the fill only when nothing in it is among the patient's sensitivities, and every sensitivity could be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.domain.formula import Formula
from pharmacy.domain.strength import Form, Strength
from pharmacy.formulary import definition
from pharmacy.formulary import queries as formulary
from pharmacy.formulary.models import FormulaVersion
from pharmacy.patients.models import Patient
from pharmacy.prescriptions.models import Fill
from pharmacy.rules import book, checks
from pharmacy.screening import service as screening
from pharmacy.screening.service import Planned


def not_borne(patient: Patient, formula: Formula) -> tuple[str, ...]:
    """What of the formula the patient does not bear, in words; the patient comes with sensitivities and the rest."""
    facts = screening.facts(patient, Planned(None, None, formula), clock.today())
    return checks.not_borne(book.load(), facts)


def _not_compared(patient: Patient, formula: Formula) -> tuple[str, ...]:
    facts = screening.facts(patient, Planned(None, None, formula), clock.today())
    return checks.not_compared(book.load(), facts)


def version_for(db: Session, strength: Strength, patient: Patient | None, chosen: int | None) -> FormulaVersion | None:
    """The approved version that is proposed for a strength: of the record chosen, else the first that is borne."""
    versions = formulary.approved_for(db, strength.form.value, strength.amount)
    for one in versions:
        if chosen is not None and one.record_id == chosen:
            return one
    if patient is not None and patient.sensitivities:
        borne = (one for one in versions if not not_borne(patient, definition.read(one)))
        return next(borne, versions[0] if versions else None)
    return versions[0] if versions else None


def version_of(db: Session, one: Fill) -> FormulaVersion | None:
    """The approved version by which this fill is made unless another suits as well: what the rules look at."""
    row = one.prescription
    return version_for(db, Strength(row.strength, Form(row.form)), row.patient, one.formula_id)


def why_not_by(db: Session, one: Fill, record_id: int, formula: Formula) -> str:
    """Why this fill must not be made by that formula, in one sentence; empty when it may.

    The formula that the rules looked at may: what it holds was found and decided on, in the clinical review.
    """
    looked_at = version_of(db, one)
    if looked_at is not None and looked_at.record_id == record_id:
        return ""
    if one.formula_id is not None and looked_at is not None and looked_at.record_id == one.formula_id:
        return f"For fill {one.number} a pharmacist chose {looked_at.record.number}; another formula does not make it."
    patient = one.prescription.patient
    if held := not_borne(patient, formula):
        return f"Fill {one.number} is for a patient who does not bear it ({'; '.join(held)}); choose another formula."
    if unknown := _not_compared(patient, formula):
        own = looked_at.record.number if looked_at is not None else "none"
        return (
            f"Fill {one.number} is for a patient with a sensitivity that the rule book does not know "
            f"({'; '.join(unknown)}); it was compared with {own} alone, so another formula does not make it."
        )
    return ""


@dataclass(frozen=True, slots=True)
class Maker:
    """One approved formula that makes the strength: whether it is the one looked at, and what of it is not borne."""

    version: FormulaVersion
    name: str
    looked_at: bool
    chosen: bool
    not_borne: tuple[str, ...]


def makers(db: Session, one: Fill) -> list[Maker]:
    """Every approved formula that makes this fill's strength."""
    row, own = one.prescription, version_of(db, one)
    return [
        Maker(
            version,
            definition.read(version).name,
            own is not None and version.id == own.id,
            version.record_id == one.formula_id,
            not_borne(row.patient, definition.read(version)),
        )
        for version in formulary.approved_for(db, row.form, row.strength)
    ]
