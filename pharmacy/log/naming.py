"""What subjects of entries are called: names and numbers, looked up together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, select, union_all
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
    "formula_version": (FormulaVersion, ("number",), "{0} version {1}"),
    "master_formulation_record": (MasterFormulationRecord, ("number",), "{0}"),
}
PLAIN = {"pharmacy": "the pharmacy", "audit_head": "the record", "audit_body": "old entries", "audit_entry": "the log"}


def names(db: Session, subjects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The name of each subject, all in one statement. What is gone, or never was a row, is named by kind and id."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, subject_id in subjects:
        by_kind[kind].add(subject_id)
    wanted = [
        _wanted(kind, whole) for kind, ids in sorted(by_kind.items()) if kind in _FROM and (whole := _numbers(ids))
    ]
    if documents := by_kind.get("document"):
        wanted += _documents(documents)
    found: dict[tuple[str, str], str] = {}
    for kind, row_id, first, second in db.execute(union_all(*wanted)) if wanted else ():
        found[kind, row_id] = (_FROM[kind][2] if kind in _FROM else "{0} {1}").format(first, second)
    for kind, ids in by_kind.items():
        for one in ids:
            found.setdefault((kind, one), PLAIN.get(kind, f"{kind.replace('_', ' ')} {one[:12]}"))
    return found


def _numbers(ids: Iterable[str]) -> set[int]:
    return {int(one) for one in ids if one.isascii() and one.isdigit() and len(one) < 19}


def _wanted(kind: str, ids: set[int]) -> Select[*tuple[Any, ...]]:
    """Kind, id and up to two columns of the rows, in one shape for every kind."""
    model, columns, _words = _FROM[kind]
    table = model.__table__
    parts = [cast(table.c[name], String) for name in columns]
    if kind == "formula_version":
        record = MasterFormulationRecord.__table__
        parts.insert(0, cast(record.c.number, String))
        table = table.join(record, record.c.id == model.__table__.c.record_id)
    first, second = [*parts, literal("")][:2]
    key = cast(model.__table__.c.id, String)
    return select(literal(kind), key, first, second).select_from(table).where(model.__table__.c.id.in_(ids))


def _documents(ids: Iterable[str]) -> list[Select[*tuple[Any, ...]]]:
    """What each stored document is, in the same shape: an original, a certificate, a label; the first that it belongs to."""
    kept_in = (
        ("the original of Rx", Prescription.original, Prescription.number),
        ("the certificate of lot", Lot.certificate, Lot.number),
        ("the document of label", IssuedLabel.document, cast(IssuedLabel.serial, String)),
    )
    return [
        select(literal("document"), column, literal(what), func.min(number))
        .where(column.in_(sorted(ids)))
        .group_by(column)
        for what, column, number in kept_in
    ]
