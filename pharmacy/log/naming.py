"""What subjects of entries are called: names and numbers, looked up together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pharmacy.accounts.models import Person
from pharmacy.db import Base
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.labelling.models import Container, IssuedLabel
from pharmacy.patients.models import MedicineTaken, Patient, Prescriber
from pharmacy.premises.models import Balance
from pharmacy.preparations.models import Preparation
from pharmacy.prescriptions.models import Clarification, Fill, Prescription
from pharmacy.screening.models import Finding
from pharmacy.stock.models import Lot, StockItem

_FROM: Mapping[str, tuple[type[Base], tuple[str, ...], str]] = {
    "person": (Person, ("full_name",), "{0}"),
    "patient": (Patient, ("given_name", "family_name"), "{0} {1}"),
    "prescriber": (Prescriber, ("given_name", "family_name"), "{0} {1}"),
    "prescription": (Prescription, ("number",), "Rx {0}"),
    "fill": (Fill, ("number",), "fill {0}"),
    "lot": (Lot, ("number",), "lot {0}"),
    "stock_item": (StockItem, ("name",), "{0}"),
    "preparation": (Preparation, ("number",), "preparation {0}"),
    "balance": (Balance, ("name",), "balance {0}"),
    "finding": (Finding, ("rule_id",), "finding {0}"),
    "container": (Container, ("ordinal",), "container {0}"),
    "issued_label": (IssuedLabel, ("serial",), "label {0}"),
    "medicine_taken": (MedicineTaken, ("typed",), "“{0}”"),
    "clarification": (Clarification, ("id",), "question {0}"),
    "master_formulation_record": (MasterFormulationRecord, ("number",), "{0}"),
}
PLAIN = {"pharmacy": "the pharmacy", "audit_head": "the record", "audit_body": "old entries", "audit_entry": "the log"}


def names(db: Session, subjects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The name of each subject, one statement a kind. What is gone, or never was a row, is named by kind and id."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, subject_id in subjects:
        by_kind[kind].add(subject_id)
    found: dict[tuple[str, str], str] = {}
    for kind, ids in by_kind.items():
        whole = {int(one) for one in ids if one.isdigit()}
        for row_id, *parts in db.execute(_wanted(kind, whole)) if whole and _known(kind) else ():
            words = "MFR {0} version {1}" if kind == "formula_version" else _FROM[kind][2]
            found[kind, str(row_id)] = words.format(*parts).replace("MFR MFR-", "MFR-")
        for one in ids:
            found.setdefault((kind, one), PLAIN.get(kind, f"{kind.replace('_', ' ')} {one[:12]}"))
    return found


def _known(kind: str) -> bool:
    return kind in _FROM or kind == "formula_version"


def _wanted(kind: str, ids: set[int]) -> Select[*tuple[Any, ...]]:
    if kind == "formula_version":
        return (
            select(FormulaVersion.id, MasterFormulationRecord.number, FormulaVersion.number)
            .join(MasterFormulationRecord, MasterFormulationRecord.id == FormulaVersion.record_id)
            .where(FormulaVersion.id.in_(ids))
        )
    model, columns, _words = _FROM[kind]
    key = model.__table__.c.id
    return select(key, *(model.__table__.c[name] for name in columns)).where(key.in_(ids))
