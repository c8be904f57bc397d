"""The verbs of the formulary: draft, approve, retire. A definition never changes once it is written."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor, Signature, Solo
from pharmacy.actions.record import Plain
from pharmacy.domain.formula import Formula
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.formulary import definition, starting
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.formulary.queries import APPROVED, DRAFT, RETIRED
from pharmacy.premises import service as premises
from pharmacy.stock import service as stock
from pharmacy.stock.models import StockItem


def draft_formula(db: Session, actor: Actor, formula: Formula, key: str | None = None) -> int:
    """Write version 1 of a new record; returns the version's id.

    Every component, and the product, must be an item of stock. A strength that has a record gets a new version there.
    """
    return cast("int", _draft_formula(db, actor, formula, key))


@answered
def _draft_formula(db: Session, actor: Actor, formula: Formula, key: str | None) -> Plain:
    with acting(db, actor, Action.DRAFT_FORMULA, Seen(MasterFormulationRecord), key=key) as opened:
        product = _check_items(db, formula)
        name = definition.title(formula)
        if db.scalar(select(MasterFormulationRecord.id).where(MasterFormulationRecord.item_id == product.id)):
            raise PharmacyError(f"There is a record for {name} already: write its next version.")
        record = MasterFormulationRecord(
            number=f"MFR-{premises.next_number(opened, 'formula'):04}",
            title=name,
            kind=formula.kind,
            strength=definition.strength_of(formula),
            item_id=product.id,
        )
        db.add(record)
        db.flush()
        opened.answer = _write(opened, record, 1, formula)
    return opened.answer


def draft_version(
    db: Session,
    actor: Actor,
    seen: Seen[MasterFormulationRecord],
    formula: Formula,
    reason: str,
    key: str | None = None,
) -> int:
    """Write the next version of a record as a draft; returns its id. The approved one stays what it is."""
    return cast("int", _draft_version(db, actor, seen, formula, reason, key))


@answered
def _draft_version(
    db: Session,
    actor: Actor,
    seen: Seen[MasterFormulationRecord],
    formula: Formula,
    reason: str,
    key: str | None,
) -> Plain:
    with acting(db, actor, Action.DRAFT_FORMULA, seen, reason=reason, key=key) as opened:
        record = opened.subject
        if not opened.reason:
            raise PharmacyError("Say what changes and why.", "reason")
        if (formula.kind, definition.strength_of(formula)) != (record.kind, record.strength):
            raise Mismatch(f"{record.number} is {record.title}; another form or strength is another record.")
        _check_items(db, formula)
        versions = list(db.scalars(select(FormulaVersion).where(FormulaVersion.record_id == record.id)))
        last = max(versions, key=lambda one: one.number)
        if last.definition == formula.to_json():
            raise PharmacyError(f"Nothing is changed from version {last.number}.")
        opened.answer = _write(opened, record, last.number + 1, formula)
    return opened.answer


def _write(
    opened: Opened[MasterFormulationRecord], record: MasterFormulationRecord, number: int, formula: Formula
) -> int:
    version = FormulaVersion(
        record_id=record.id,
        number=number,
        status=DRAFT,
        definition=formula.to_json(),
        author_id=opened.actor.id,
        written_at=clock.now(),
    )
    opened.db.add(version)
    opened.db.flush()
    opened.concerns("master_formulation_record", record.id)
    return version.id


def _check_items(db: Session, formula: Formula) -> StockItem:
    """The product's item, when it and every component are kept in the units that the formula needs."""
    code = definition.product_code(formula)
    needed = [(one.code, one.name, definition.component_unit(formula, one)) for one in formula.components]
    needed.append((code, definition.title(formula), definition.product_unit(formula)))
    found = {
        one.code: one for one in db.scalars(select(StockItem).where(StockItem.code.in_(item[0] for item in needed)))
    }
    for wanted, name, unit in needed:
        if wanted not in found:
            raise NotReady(f"{name} is no item of stock yet: add it under the code {wanted}.")
        if found[wanted].unit != unit:
            raise Mismatch(f"{name} is kept in {found[wanted].unit}; this formula needs it in {unit}.")
    return found[code]


def approve_formula(
    db: Session,
    actor: Actor,
    seen: Seen[FormulaVersion],
    signature: Signature,
    key: str | None = None,
    solo: Solo | None = None,
) -> None:
    """Approve a draft, signed by the pharmacist in charge who did not write it; the former version is retired."""
    _approve_formula(db, actor, seen, signature, key, solo)


@answered
def _approve_formula(
    db: Session, actor: Actor, seen: Seen[FormulaVersion], signature: Signature, key: str | None, solo: Solo | None
) -> Plain:
    with acting(db, actor, Action.APPROVE_FORMULA, seen, key=key, signature=signature, solo=solo) as opened:
        version = opened.subject
        record = db.scalars(
            select(MasterFormulationRecord)
            .where(MasterFormulationRecord.id == version.record_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        others = select(FormulaVersion).where(
            FormulaVersion.record_id == version.record_id, FormulaVersion.id != version.id
        )
        for other in db.scalars(others.execution_options(populate_existing=True)):
            if other.number > version.number and other.status != DRAFT:
                raise NotReady(f"Version {other.number} was approved after this draft; write a new version.")
            if other.status == APPROVED:
                other.status = RETIRED
        _check_items(db, definition.read(version))
        version.status, version.approved_by, version.approved_at = APPROVED, actor.id, clock.now()
        opened.concerns("master_formulation_record", record.id)
        opened.answer = version.id
    return opened.answer


def retire_formula(db: Session, actor: Actor, seen: Seen[FormulaVersion], reason: str, key: str | None = None) -> None:
    """Retire the approved version: nothing more is made by it until another is approved."""
    _retire_formula(db, actor, seen, reason, key)


@answered
def _retire_formula(db: Session, actor: Actor, seen: Seen[FormulaVersion], reason: str, key: str | None) -> Plain:
    with acting(db, actor, Action.RETIRE_FORMULA, seen, reason=reason, key=key) as opened:
        opened.subject.status = RETIRED
        opened.concerns("master_formulation_record", opened.subject.record_id)
        opened.answer = opened.subject.id
    return opened.answer


def bring_starting_formulas(db: Session, author: Actor) -> list[int]:
    """Bring in the programme's own formulas with the items they need, one action each; returns the new drafts' ids.

    What is there already is left alone, so it may be called again. The pharmacist in charge then reads and approves.
    """
    codes = set(db.scalars(select(StockItem.code)))
    for one in starting.starting_items():
        if one.code not in codes:
            stock.add_item(db, author, one.code, one.name, one.kind, one.unit)
    rows = db.execute(select(MasterFormulationRecord.kind, MasterFormulationRecord.strength)).all()
    there: set[tuple[str, Decimal]] = {(kind, strength) for kind, strength in rows}
    missing = [one for one in starting.STARTING_FORMULAS if (one.kind, definition.strength_of(one)) not in there]
    return [draft_formula(db, author, one) for one in missing]
