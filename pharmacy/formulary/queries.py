"""The reads of the formulary."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from pharmacy.domain.formula import Formula, Role
from pharmacy.domain.plan import LotFacts
from pharmacy.errors import NotFound
from pharmacy.formulary import definition
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.stock.certificates import lot_facts as facts_of_lot
from pharmacy.stock.models import Lot, StockItem
from pharmacy.stock.queries import selectable_lots

APPROVED, DRAFT, RETIRED = "approved", "draft", "retired"
_ORDER = (MasterFormulationRecord.kind, MasterFormulationRecord.number)


def records(db: Session) -> list[MasterFormulationRecord]:
    """Every master formulation record with its versions, by number."""
    wanted = select(MasterFormulationRecord).options(selectinload(MasterFormulationRecord.versions))
    return list(db.scalars(wanted.order_by(MasterFormulationRecord.number)))


def record(db: Session, record_id: int) -> MasterFormulationRecord:
    """One record with its versions."""
    wanted = select(MasterFormulationRecord).where(MasterFormulationRecord.id == record_id)
    found = db.scalar(wanted.options(selectinload(MasterFormulationRecord.versions)))
    if found is None:
        raise NotFound("There is no such master formulation record.")
    return found


def version(db: Session, version_id: int) -> FormulaVersion:
    """One version with its record and the record's other versions."""
    found = db.scalar(
        select(FormulaVersion)
        .where(FormulaVersion.id == version_id)
        .options(joinedload(FormulaVersion.record, innerjoin=True).selectinload(MasterFormulationRecord.versions))
    )
    if found is None:
        raise NotFound("There is no such version.")
    return found


def approved(db: Session) -> list[FormulaVersion]:
    """The approved version of every record, its record loaded: what may be made."""
    wanted = (
        select(FormulaVersion)
        .join(FormulaVersion.record)
        .where(FormulaVersion.status == APPROVED)
        .options(joinedload(FormulaVersion.record, innerjoin=True))
        .order_by(*_ORDER, FormulaVersion.number.desc())
    )
    return list(db.scalars(wanted))


def approved_for(db: Session, kind: str, strength: Decimal) -> list[FormulaVersion]:
    """The approved versions for a form (capsule, liquid, trituration) and a strength; 4.50 mg is 4.5 mg."""
    return [one for one in approved(db) if one.record.kind == kind and one.record.strength == strength]


def versions_of(db: Session, kind: str, strength: Decimal) -> list[FormulaVersion]:
    """Every version, of whatever state, of the records of a form and strength; the records loaded."""
    wanted = (
        select(FormulaVersion)
        .join(FormulaVersion.record)
        .where(MasterFormulationRecord.kind == kind)
        .options(joinedload(FormulaVersion.record, innerjoin=True))
        .order_by(MasterFormulationRecord.number, FormulaVersion.number)
    )
    return [one for one in db.scalars(wanted) if one.record.strength == strength]


def record_of(db: Session, formula: Formula) -> MasterFormulationRecord | None:
    """The record of this very formulation: the same components for the same strength under the same name, if there is one.

    Its versions are loaded, and each of them counts: a draft and what was retired too. A draft that was withdrawn counts
    where its record has nothing else, so that what is written again is written there.
    """
    found = [
        one
        for one in versions_of(db, formula.kind, definition.strength_of(formula))
        if definition.recipe(other := definition.read(one)) == definition.recipe(formula) and other.name == formula.name
    ]
    for one in sorted(found, key=lambda one: one.withdrawn):
        held = record(db, one.record_id)
        if not one.withdrawn or not held.standing:
            return held
    return None


def fillers(db: Session) -> list[StockItem]:
    """The items of stock that are kept as fillers, by name."""
    wanted = select(StockItem).where(StockItem.kind == Role.FILLER.value, StockItem.active)
    return list(db.scalars(wanted.order_by(StockItem.name)))


def powders(db: Session) -> list[StockItem]:
    """The items of stock that may be a further powder of a capsule, by name."""
    kinds = (Role.EXCIPIENT.value, Role.FILLER.value, Role.SWEETENER.value, Role.ANTIOXIDANT.value)
    wanted = select(StockItem).where(StockItem.kind.in_(kinds), StockItem.unit == "mg", StockItem.active)
    return list(db.scalars(wanted.order_by(StockItem.name)))


def in_force(found: MasterFormulationRecord) -> FormulaVersion | None:
    """The approved version of a record whose versions are loaded."""
    return next((one for one in found.versions if one.status == APPROVED), None)


def waiting(db: Session) -> list[FormulaVersion]:
    """Drafts that can still be approved, oldest first, their record loaded."""
    wanted = (
        select(FormulaVersion)
        .where(FormulaVersion.status == DRAFT)
        .options(joinedload(FormulaVersion.record, innerjoin=True).selectinload(MasterFormulationRecord.versions))
        .order_by(FormulaVersion.written_at, FormulaVersion.id)
    )
    return [one for one in db.scalars(wanted) if not outrun(one.record, one)]


def outrun(found: MasterFormulationRecord, draft: FormulaVersion) -> bool:
    """Whether a later version of the record was approved, so that this draft no longer can be."""
    return any(one.number > draft.number and one.status != DRAFT for one in found.standing)


def diluent_of(db: Session, item_id: int) -> str | None:
    """The component code of the diluent in lots of a trituration item, by its formula; None for another item."""
    wanted = (
        select(FormulaVersion)
        .join(FormulaVersion.record)
        .where(MasterFormulationRecord.item_id == item_id, MasterFormulationRecord.kind == "trituration")
        .order_by((FormulaVersion.status == APPROVED).desc(), FormulaVersion.number.desc())
    )
    found = db.scalars(wanted.limit(1)).first()
    formula = definition.read(found) if found else None
    return getattr(formula, "diluent").code if formula else None


def lot_facts(db: Session, lot: Lot) -> LotFacts:
    """What a calculation must know of a lot (its item loaded): of a trituration also what it was diluted with."""
    return facts_of_lot(lot, diluent_of(db, lot.item_id) if lot.drug_fraction else None)


def trituration_lots(db: Session, diluent: str, on: date) -> list[Lot]:
    """The trituration lots that may be chosen on that day and hold this diluent; first-expiring first."""
    triturations = db.scalars(select(StockItem).where(StockItem.kind == "trituration", StockItem.active))
    lots = [
        lot for item in triturations if diluent_of(db, item.id) == diluent for lot in selectable_lots(db, item.code, on)
    ]
    return sorted(lots, key=lambda lot: (lot.use_before, lot.id))
