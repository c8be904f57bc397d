"""The verbs of the formulary: draft, withdraw, approve, retire. A definition never changes once it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor, Signature, Solo
from pharmacy.actions.record import Plain
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import Formula
from pharmacy.domain.soundness import check_sound
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.formulary import definition, queries, starting
from pharmacy.formulary.exchange import import_text
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.formulary.queries import APPROVED, DRAFT, RETIRED
from pharmacy.formulary.variants import at_strength, check_strength
from pharmacy.premises import service as premises
from pharmacy.stock import service as stock
from pharmacy.stock.models import StockItem


class HasRecord(PharmacyError):
    """The formulation has a record already: what is written of it is that record's next version."""


def draft_formula(db: Session, actor: Actor, formula: Formula, key: str | None = None) -> int:
    """Write version 1 of a new record; returns the version's id.

    Every component must be an item of stock; the item of the product is made with the record. A formulation that has a
    record gets a new version there: the same components for the same strength under the same name. Where each version of
    that record was withdrawn as a draft, its next version is written.
    """
    (draft,) = draft_family(db, actor, (formula,), key)
    return draft


def draft_family(db: Session, actor: Actor, formulas: Sequence[Formula], key: str | None = None) -> list[int]:
    """Write one record with its version 1 for each formula, all or none; returns the versions' ids in their order."""
    return cast("list[int]", _draft_family(db, actor, formulas, key))


@answered
def _draft_family(db: Session, actor: Actor, formulas: Sequence[Formula], key: str | None) -> Plain:
    with acting(db, actor, Action.DRAFT_FORMULA, Seen(MasterFormulationRecord), key=key) as opened:
        if not formulas:
            raise PharmacyError("Choose at least one strength.", "strengths")
        drafts: list[Plain] = [_first_draft(opened, formula) for formula in formulas]
        opened.answer = drafts
    return opened.answer


def _first_draft(opened: Opened[MasterFormulationRecord], formula: Formula) -> int:
    check_strength(formula)
    _check(formula)
    _check_items(opened.db, formula)
    withdrawn = _check_is_new(opened.db, formula)
    if withdrawn is not None:
        opened.move(withdrawn)
        return _write(opened, withdrawn, withdrawn.versions[-1].number + 1, formula)
    number = f"MFR-{premises.next_number(opened, 'formula'):04}"
    record = MasterFormulationRecord(
        number=number,
        title=definition.title(formula),
        kind=formula.kind,
        strength=definition.strength_of(formula),
        item_id=_product(opened.db, formula, number).id,
    )
    opened.db.add(record)
    opened.db.flush()
    return _write(opened, record, 1, formula)


def _check(formula: Formula) -> None:
    """Refuse a formula that must not be made, at its field (a hypromellose matrix, parts that do not sum …)."""
    try:
        check_sound(formula)
    except CalculationRefused as refused:
        raise PharmacyError(str(refused), refused.field) from refused


def _check_is_new(db: Session, formula: Formula) -> MasterFormulationRecord | None:
    """The same components for the same strength under the same name are the next version of a record, no new one.

    Returns the formulation's own record where all that it holds was withdrawn: it is written on.
    """
    found = queries.record_of(db, formula)
    if found is not None and found.standing:
        raise HasRecord(
            f"There is a record for {formula.name} already: write the next version of {found.number}.", "name"
        )
    return found


def _product(db: Session, formula: Formula, number: str) -> StockItem:
    """What lots of a new record are kept as: an item that no other record has, made where there is none.

    Where another record's lots have the usual name, the record's number stands behind it: in a list both are read.
    """
    usual = definition.product_code(formula)
    taken = set(db.scalars(select(MasterFormulationRecord.item_id)))
    codes = (usual, *(f"{usual}-{n}" for n in range(2, 1000)))
    for code in codes:
        item = db.scalar(select(StockItem).where(StockItem.code == code))
        if item is None:
            wanted = starting.product_item(formula, code)
            return _add_product(db, wanted if code == usual else replace(wanted, name=f"{wanted.name} ({number})"))
        if item.id not in taken and item.unit == definition.product_unit(formula):
            return item
    raise PharmacyError(f"There are too many records for {definition.title(formula)}.")


def _add_product(db: Session, wanted: starting.StartingItem) -> StockItem:
    item = StockItem(code=wanted.code, name=wanted.name, kind=wanted.kind, unit=wanted.unit, active=True)
    db.add(item)
    db.flush()
    return item


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
        _check(formula)
        _check_items(db, formula)
        versions = queries.record(db, record.id).versions
        check_changed(record, formula)
        opened.answer = _write(opened, record, versions[-1].number + 1, formula)
    return opened.answer


def check_changed(record: MasterFormulationRecord, formula: Formula) -> None:
    """A next version says something else than the last one, be that draft, approved or retired; not than what was withdrawn."""
    last = record.latest
    if not last.withdrawn and definition.read(last) == formula:
        raise PharmacyError(f"Nothing is changed from version {last.number}.")


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
    opened.db.expire(record, ["versions"])  # whoever asks again within this action must see it
    opened.concerns("master_formulation_record", record.id)
    return version.id


def _check_items(db: Session, formula: Formula) -> None:
    """Every component is an item of stock, kept as what the formula takes it for and in the unit that it needs."""
    wanted = starting.component_items(formula)
    codes = [one.code for one in wanted]
    found = {one.code: one for one in db.scalars(select(StockItem).where(StockItem.code.in_(codes)))}
    for one in wanted:
        item = found.get(one.code)
        if item is None:
            raise NotReady(f"{one.name} is no item of stock yet: add it under the code {one.code}.")
        if item.unit != one.unit:
            raise Mismatch(f"{one.name} is kept in {item.unit}; this formula needs it in {one.unit}.")
        if item.kind != one.kind:
            raise Mismatch(f"{item.name} ({one.code}) is kept as a {item.kind}; this formula takes it as {one.kind}.")


def withdraw_formula(
    db: Session, actor: Actor, seen: Seen[FormulaVersion], reason: str, key: str | None = None
) -> None:
    """Take back a draft of one's own: it is never approved, and its formulation can be written again."""
    _withdraw_formula(db, actor, seen, reason, key)


@answered
def _withdraw_formula(db: Session, actor: Actor, seen: Seen[FormulaVersion], reason: str, key: str | None) -> Plain:
    with acting(db, actor, Action.WITHDRAW_FORMULA, seen, reason=reason, key=key) as opened:
        opened.subject.status = RETIRED  # without an approval: see FormulaVersion.withdrawn
        opened.concerns("master_formulation_record", opened.subject.record_id)
        opened.answer = opened.subject.id
    return opened.answer


def approve_formula(
    db: Session,
    actor: Actor,
    seen: Seen[FormulaVersion],
    signature: Signature,
    key: str | None = None,
    solo: Solo | None = None,
) -> None:
    """Approve a draft, signed by a pharmacist who did not write it; the former version is retired."""
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
            if other.number > version.number and other.status != DRAFT and not other.withdrawn:
                raise NotReady(f"Version {other.number} was approved after this draft; write a new version.")
            if other.status == APPROVED:
                other.status = RETIRED
        formula = definition.read(version)
        _check(formula)
        _check_items(db, formula)
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


def import_formula(db: Session, actor: Actor, content: bytes, key: str | None = None) -> int:
    """Write the formula of an exported file as version 1 of a new record; returns the version's id.

    A formulation that has a record here is written as its next version instead (:func:`import_version`).
    """
    formula = formula_of_file(db, content)
    try:
        return draft_formula(db, actor, formula, key)
    except PharmacyError as refused:
        refused.field = "file"
        raise


def import_version(
    db: Session,
    actor: Actor,
    seen: Seen[MasterFormulationRecord],
    content: bytes,
    reason: str,
    key: str | None = None,
) -> int:
    """Write the formula of an exported file as the next version of its record, a draft by whoever imports it."""
    formula = formula_of_file(db, content)
    own = queries.record_of(db, formula)
    if own is None or own.id != seen.id:
        raise PharmacyError("The file is of another formulation than this record. Choose it again.", "file")
    return draft_version(db, actor, seen, formula, reason, key)


def formula_of_file(db: Session, content: bytes) -> Formula:
    """The formula of an exported file.

    Its components must be kept here under the same codes and the same names, so that no file can call one thing another.
    """
    formula = import_text(content)
    held = {one.code: one.name for one in db.scalars(select(StockItem))}
    for component in formula.components:
        name = held.get(component.code, component.name)
        if _words(name) != _words(component.name):
            raise Mismatch(
                f"The code {component.code} is kept here as “{name}”; the file calls it “{component.name[:80]}”. "
                "Write the name under which it is kept.",
                "file",
            )
    return formula


def _words(name: str) -> list[str]:
    return name.casefold().split()


def bring_starting_formulas(db: Session, author: Actor) -> list[int]:
    """Bring in the program's own formulas with the items they need; returns the new drafts' ids.

    One action for each item and each family. What is there already is left alone, so it may be called again. A pharmacist
    other than the author then reads and approves what is to be made.
    """
    return [draft for family in starting.FAMILIES.values() for draft in bring_family(db, author, family)]


def bring_family(
    db: Session, author: Actor, family: starting.Family, strengths: Sequence[Decimal] = (), key: str | None = None
) -> list[int]:
    """Bring in one of the program's families at these strengths, or at all that it comes in; the new drafts' ids."""
    wanted = tuple(at_strength(family.base, one) for one in strengths) or family.formulas
    missing = wanted if strengths else [one for one in wanted if not _is_there(db, one)]
    if not missing:
        return []
    codes = set(db.scalars(select(StockItem.code)))
    for one in starting.component_items(family.base):
        if one.code not in codes:
            stock.add_item(db, author, one.code, one.name, one.kind, one.unit)
    return draft_family(db, author, missing, key)


def _is_there(db: Session, formula: Formula) -> bool:
    """Whether some version of some record is this formulation, changed as it may be; a draft that was withdrawn is none."""
    every = queries.versions_of(db, formula.kind, definition.strength_of(formula))
    versions = [one for one in every if not one.withdrawn]
    return any(definition.recipe(definition.read(one)) == definition.recipe(formula) for one in versions)
