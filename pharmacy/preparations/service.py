"""The verbs of a preparation: plan, weigh, check, finish, release, reject. Each is one action with its entry.

Stock follows the bench: each recorded weighing takes what it used from its lot at once, and weighing again takes or gives
back the difference. So a rejected preparation has consumed its ingredients without a further step, and two people who
weigh from one jar can never take more than is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor, Signature, Solo
from pharmacy.actions.record import Plain
from pharmacy.domain.calculation import CapsulePlan, Plan, plan_from_json
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.workflow import Making, Status
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.premises import queries as premises
from pharmacy.premises import service as numbers
from pharmacy.premises.models import Balance
from pharmacy.preparations import bench, outcome
from pharmacy.preparations.draft import Choice, Draft, beyond_use, check_balance, draft, place_of
from pharmacy.preparations.models import Component, Preparation, PreparationFill, QualityCheck, Weighing
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.stock import service as stock
from pharmacy.stock.models import Lot

PREPARATION = "preparation"
LETTERS = {"capsule": "C", "liquid": "L", "trituration": "T"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the balance (a measure, a count). ``typed`` is in the line's own unit; ``lot`` is what was scanned."""

    line: str
    typed: Decimal
    lot: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of one trait that the formula names, and whether it is as expected."""

    name: str
    observed: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """What came out: capsules, mL, or mg of a trituration; and why, where that is outside the limits."""

    amount: Decimal
    reason: str = ""


# --- plan -------------------------------------------------------------------------------------------------------------


def plan_preparation(db: Session, actor: Actor, choice: Choice, key: str | None = None) -> int:
    """Plan one lot: worksheet, lots, balance, beyond-use date; its fills go to preparation. Returns its id.

    Everything is reckoned again under the write lock, so that a fill or a lot that another person took in the meantime
    is refused. Raises a PharmacyError at the field that does not go.
    """
    return cast("int", _plan_preparation(db, actor, choice, key))


@answered
def _plan_preparation(db: Session, actor: Actor, choice: Choice, key: str | None) -> Plain:
    with acting(db, actor, Action.PLAN_PREPARATION, Seen(Preparation), key=key) as opened:
        made = draft(db, choice)
        kind = made.version.record.kind
        series = f"{LETTERS[kind]}{clock.today():%y%m%d}"
        count = numbers.next_number(opened, f"preparation {series}")
        preparation = Preparation(
            number=f"{series}-{count:02}",
            formula_version_id=made.version.id,
            balance_id=made.balance.id,
            status=Making.PLANNED.value,
            since=clock.now(),
            amount=made.amount,
            excess=choice.excess,
            for_stock=choice.for_stock,
            plan=made.plan.to_json(),
            made_by=[],
            planned_by=actor.id,
            planned_at=clock.now(),
        )
        db.add(preparation)
        db.flush()
        _add_components(db, preparation, made)
        _take_fills(db, preparation, made)
        _concern(opened, preparation)
        opened.answer = preparation.id
    return opened.answer


def _add_components(db: Session, preparation: Preparation, made: Draft) -> None:
    by_number = {(use.lot.component, use.lot.number): place_of(made.lots, use.lot)[1] for use in made.plan.lots}
    shells = {made.plan.formula.shell.code: bench.SHELLS} if isinstance(made.plan, CapsulePlan) else {}
    for planned in made.plan.weighings:
        if planned.lot:
            lot = by_number[planned.component, planned.lot]
            db.add(Component(preparation_id=preparation.id, line=planned.key, lot_id=lot.id))
    for (component, _), lot in by_number.items():
        if component in shells:
            db.add(Component(preparation_id=preparation.id, line=shells[component], lot_id=lot.id))


def _take_fills(db: Session, preparation: Preparation, made: Draft) -> None:
    for fill in made.fills:
        db.add(PreparationFill(preparation_id=preparation.id, fill_id=fill.id))
        fill.become(Status.TO_PREPARE, clock.now())


def _concern(opened: Opened[Preparation], preparation: Preparation) -> None:
    """Let the entry be found under the preparation, its lots, its formula, its fills, prescriptions and patients."""
    db = opened.db
    opened.concerns(PREPARATION, preparation.id)
    opened.concerns("formula_version", preparation.formula_version_id)
    of_this = select(Component.lot_id).where(Component.preparation_id == preparation.id)
    for lot_id in db.scalars(of_this).unique():
        opened.concerns("lot", lot_id)
    if preparation.lot_id is not None:
        opened.concerns("lot", preparation.lot_id)
    whose = (
        select(Fill.id, Prescription.id, Prescription.patient_id)
        .join(PreparationFill, PreparationFill.fill_id == Fill.id)
        .join(Prescription, Prescription.id == Fill.prescription_id)
        .where(PreparationFill.preparation_id == preparation.id)
    )
    for fill_id, prescription_id, patient_id in db.execute(whose):
        opened.concerns("fill", fill_id)
        opened.concerns("prescription", prescription_id)
        opened.concerns("patient", patient_id)


# --- weigh ------------------------------------------------------------------------------------------------------------


def record_weighing(
    db: Session, actor: Actor, seen: Seen[Preparation], reading: Reading, key: str | None = None
) -> None:
    """Record one reading and take what it used from its lot.

    Refused: a lot other than the planned one, a number that the balance cannot show, a line before its turn, and without
    a reason a reading outside its limits or of what is already mixed.
    """
    _record_weighing(db, actor, seen, (reading,), key)


def record_capsules(
    db: Session,
    actor: Actor,
    seen: Seen[Preparation],
    gross: Mapping[int, Decimal],
    reason: str = "",
    key: str | None = None,
) -> None:
    """Record single capsules by their gross mass in mg, by their number from 1 on; those that were not weighed are left out."""
    readings = tuple(Reading(bench.capsule_key(number), typed, "", reason) for number, typed in sorted(gross.items()))
    if not readings:
        raise PharmacyError("Type at least one weight.", "gross")
    _record_weighing(db, actor, seen, readings, key)


@answered
def _record_weighing(
    db: Session, actor: Actor, seen: Seen[Preparation], readings: tuple[Reading, ...], key: str | None
) -> Plain:
    with acting(db, actor, Action.RECORD_WEIGHING, seen, reason=readings[0].reason, key=key) as opened:
        preparation = opened.subject
        check_balance(db.get_one(Balance, preparation.balance_id), clock.today())
        plan = plan_from_json(preparation.plan)
        for reading in readings:
            _record_one(opened, plan, reading)
        preparation.add_maker(actor.id)
        _begin(db, preparation, plan)
        _concern(opened, preparation)
        opened.answer = preparation.id
    return opened.answer


def _record_one(opened: Opened[Preparation], plan: Plan, reading: Reading) -> None:
    db, preparation = opened.db, opened.subject
    policy = premises.policy(db)
    lines = bench.lines_of(plan, policy.capsules_weighed, policy.capsule_tolerance)
    line = bench.line_of(lines, reading.line)
    recorded = recorded_of(db, preparation.id)
    field = "gross" if line.phase is bench.Phase.SINGLE else "reading"
    amount = _amount(line, reading, field)
    bench.check_order(lines, line, recorded, reading.reason)
    lots = components_of(db, preparation.id)
    _check_lot(line, reading.lot)
    if not line.within(amount) and not reading.reason.strip():
        said = f"{line.name}: {line.text(amount)} is outside {line.text(line.low)} to {line.text(line.high)}."
        raise PharmacyError(f"{said} Weigh again, or say why it is kept.", "reason")
    after = {**recorded, line.key: amount}
    bench.check_loads(plan, after)
    _move_stock(opened, bench.used_of(plan, lots, recorded), bench.used_of(plan, lots, after))
    db.add(
        Weighing(
            preparation_id=preparation.id,
            line=line.key,
            lot_id=lots.get(line.key),
            amount=amount,
            unit=line.base,
            target=line.target,
            low=line.low,
            high=line.high,
            reason=reading.reason.strip(),
            person_id=opened.actor.id,
            at=clock.now(),
        )
    )
    db.flush()


def _amount(line: bench.Line, reading: Reading, field: str) -> Decimal:
    if reading.typed <= 0:
        raise PharmacyError("The reading must be above 0.", field)
    try:
        return line.from_typed(reading.typed)
    except PharmacyError as refused:
        raise PharmacyError(refused.sentence, field) from refused


def _check_lot(line: bench.Line, scanned: str) -> None:
    """What is on the bench is the planned lot: letters in either case, blanks around do not count."""
    if not line.lot:
        return
    given = scanned.strip()
    if not given:
        raise PharmacyError(f"Scan the container: lot {line.lot}.", "lot")
    if given.casefold() != line.lot.casefold():
        raise Mismatch(f"This is lot {given}; the plan takes lot {line.lot} of {line.name}. Put it back.", "lot")


def _move_stock(opened: Opened[Preparation], before: Mapping[int, Decimal], after: Mapping[int, Decimal]) -> None:
    """Take what is used now and was not before; give back what is no longer used."""
    for lot_id, amount in after.items():
        more = amount - before.get(lot_id, Decimal(0))
        lot = opened.db.get_one(Lot, lot_id)
        try:
            if more > 0:
                stock.take(opened, lot, more, "used", PREPARATION, opened.subject.id)
            elif more < 0:
                stock.give_back(opened, lot, -more, PREPARATION, opened.subject.id, "weighed again")
        except PharmacyError as refused:
            raise type(refused)(refused.sentence, "reading") from refused


def _begin(db: Session, preparation: Preparation, plan: Plan) -> None:
    """The day of the first weighing is the day of compounding; the beyond-use date counts from it (22 TAC 291.131)."""
    if preparation.compounded_on is not None:
        return
    preparation.compounded_on = clock.today()
    decided = beyond_use(db, plan, preparation.compounded_on)
    preparation.beyond_use, preparation.beyond_use_decided_by = decided.date, decided.decided_by
    preparation.become(Making.IN_PROGRESS, clock.now())


def recorded_of(db: Session, preparation_id: int) -> dict[str, Decimal]:
    """The last reading of each line."""
    rows = select(Weighing.line, Weighing.amount).where(Weighing.preparation_id == preparation_id).order_by(Weighing.id)
    return {line: amount for line, amount in db.execute(rows)}  # noqa: C416  a later row replaces an earlier one


def components_of(db: Session, preparation_id: int) -> dict[str, int]:
    """Lot id by line of the plan."""
    rows = select(Component.line, Component.lot_id).where(Component.preparation_id == preparation_id)
    return {line: lot_id for line, lot_id in db.execute(rows)}  # noqa: C416  rows are not pairs to the type checker


# --- check and finish -------------------------------------------------------------------------------------------------


def record_checks(
    db: Session, actor: Actor, seen: Seen[Preparation], observed: tuple[Observed, ...], key: str | None = None
) -> None:
    """Record what was observed of the traits that the formula names, side by side with what is expected."""
    _record_checks(db, actor, seen, observed, key)


@answered
def _record_checks(
    db: Session, actor: Actor, seen: Seen[Preparation], observed: tuple[Observed, ...], key: str | None
) -> Plain:
    with acting(db, actor, Action.RECORD_CHECKS, seen, key=key) as opened:
        preparation = opened.subject
        if preparation.status == Making.PLANNED.value:
            raise NotReady("Nothing is weighed yet; there is nothing to check.")
        expected = {
            one.name: one.expected for one in plan_from_json(preparation.plan).formula.particulars.quality_checks
        }
        if not observed:
            raise PharmacyError("Say what you see.", "checks")
        for one in observed:
            if one.name not in expected:
                raise PharmacyError(f"The formula names no check {one.name}.", "checks")
            if not one.observed.strip():
                raise PharmacyError(f"{one.name}: say what you see.", "checks")
            db.add(
                QualityCheck(
                    preparation_id=preparation.id,
                    name=one.name,
                    expected=expected[one.name],
                    observed=one.observed.strip(),
                    passed=one.passed,
                    person_id=actor.id,
                    at=clock.now(),
                )
            )
        preparation.add_maker(actor.id)
        _concern(opened, preparation)
        opened.answer = preparation.id
    return opened.answer


def finish_preparation(
    db: Session, actor: Actor, seen: Seen[Preparation], finish: Finish, key: str | None = None
) -> None:
    """Close the work: yield, delivered strength, beyond-use date; the lot goes into quarantine until it is released.

    Refused while a line, a capsule or a check is missing, and without a reason where the yield is outside its limits.
    """
    _finish_preparation(db, actor, seen, finish, key)


@answered
def _finish_preparation(db: Session, actor: Actor, seen: Seen[Preparation], finish: Finish, key: str | None) -> Plain:
    with acting(db, actor, Action.FINISH_PREPARATION, seen, reason=finish.reason, key=key) as opened:
        preparation = opened.subject
        plan, policy = plan_from_json(preparation.plan), premises.policy(db)
        recorded = recorded_of(db, preparation.id)
        lines = bench.lines_of(plan, policy.capsules_weighed, policy.capsule_tolerance)
        outcome.check_complete(plan, lines, recorded, set(checks_of(db, preparation.id)))
        outcome.check_yield(plan, recorded, finish.amount, finish.reason, policy.yield_low, policy.yield_high)
        try:
            result = outcome.reckon(
                plan,
                recorded,
                finish.amount,
                strength_limits=(policy.delivered_low, policy.delivered_high),
                yield_limits=(policy.yield_low, policy.yield_high),
                capsule_tolerance=policy.capsule_tolerance,
            )
        except CalculationRefused as error:
            raise bench.refused(error) from error
        lot = _put_lot(opened, finish.amount, result)
        preparation.yield_amount, preparation.yield_reason = finish.amount, finish.reason.strip()
        preparation.result, preparation.lot_id = result.to_json(), lot.id
        preparation.add_maker(actor.id)
        preparation.become(Making.FINISHED, clock.now())
        _concern(opened, preparation)
        opened.answer = preparation.id
    return opened.answer


def _put_lot(opened: Opened[Preparation], amount: Decimal, result: outcome.Outcome) -> Lot:
    preparation = opened.subject
    assert preparation.compounded_on is not None
    assert preparation.beyond_use is not None
    item_id = opened.db.scalars(
        select(MasterFormulationRecord.item_id)
        .join(FormulaVersion, FormulaVersion.record_id == MasterFormulationRecord.id)
        .where(FormulaVersion.id == preparation.formula_version_id)
    ).one()
    return stock.put_made(
        opened,
        item_id,
        preparation.number,
        amount,
        preparation.compounded_on,
        preparation.beyond_use,
        result.drug_fraction,
    )


def checks_of(db: Session, preparation_id: int) -> dict[str, QualityCheck]:
    """The last observation of each trait."""
    rows = select(QualityCheck).where(QualityCheck.preparation_id == preparation_id).order_by(QualityCheck.id)
    return {one.name: one for one in db.scalars(rows)}


# --- release or reject ------------------------------------------------------------------------------------------------


def release_preparation(
    db: Session,
    actor: Actor,
    seen: Seen[Preparation],
    signature: Signature,
    note: str = "",
    key: str | None = None,
    solo: Solo | None = None,
) -> None:
    """Release the lot: by a pharmacist who made none of it (or alone, in solo mode, with a reason).

    Refused while the delivered strength is outside its limits, a check did not pass, or the beyond-use date is past.
    """
    _release_preparation(db, actor, seen, signature, note, key, solo)


@answered
def _release_preparation(
    db: Session,
    actor: Actor,
    seen: Seen[Preparation],
    signature: Signature,
    note: str,
    key: str | None,
    solo: Solo | None,
) -> Plain:
    with acting(
        db, actor, Action.RELEASE_PREPARATION, seen, reason=note, key=key, signature=signature, solo=solo
    ) as opened:
        preparation = opened.subject
        why_not = outcome.why_not_released(
            outcome.Outcome.from_json(preparation.result), tuple(checks_of(db, preparation.id).values())
        )
        if why_not:
            raise NotReady(why_not)
        assert preparation.lot_id is not None
        stock.release_made(opened, db.get_one(Lot, preparation.lot_id))
        _judge(opened, Making.RELEASED, note)
        opened.answer = preparation.id
    return opened.answer


def reject_preparation(
    db: Session, actor: Actor, seen: Seen[Preparation], reason: str, signature: Signature, key: str | None = None
) -> None:
    """Reject it: what was made is destroyed on record, its ingredients stay consumed, its fills are accepted again."""
    _reject_preparation(db, actor, seen, reason, signature, key)


@answered
def _reject_preparation(
    db: Session, actor: Actor, seen: Seen[Preparation], reason: str, signature: Signature, key: str | None
) -> Plain:
    with acting(db, actor, Action.REJECT_PREPARATION, seen, reason=reason, key=key, signature=signature) as opened:
        preparation = opened.subject
        if preparation.lot_id is not None:
            stock.reject_made(opened, db.get_one(Lot, preparation.lot_id), opened.reason)
        waiting = (
            select(Fill)
            .join(PreparationFill, PreparationFill.fill_id == Fill.id)
            .where(PreparationFill.preparation_id == preparation.id, Fill.status == Status.TO_PREPARE.value)
        )
        for fill in db.scalars(waiting):
            if not _is_made_elsewhere(db, fill.id, preparation.id):
                fill.become(Status.ACCEPTED, clock.now())
        _judge(opened, Making.REJECTED, reason)
        opened.answer = preparation.id
    return opened.answer


def _is_made_elsewhere(db: Session, fill_id: int, but: int) -> bool:
    """Whether another preparation that is not rejected is for this fill too (it was amended and planned again)."""
    other = (
        select(PreparationFill.id)
        .join(Preparation, Preparation.id == PreparationFill.preparation_id)
        .where(PreparationFill.fill_id == fill_id, Preparation.id != but, Preparation.status != Making.REJECTED.value)
    )
    return db.scalar(other.limit(1)) is not None


def _judge(opened: Opened[Preparation], then: Making, judgement: str) -> None:
    preparation = opened.subject
    preparation.judged_by, preparation.judged_at = opened.actor.id, clock.now()
    preparation.judgement = judgement.strip()
    preparation.become(then, clock.now())
    _concern(opened, preparation)


__all__ = (
    "Choice",
    "Finish",
    "Observed",
    "Reading",
    "finish_preparation",
    "plan_preparation",
    "record_capsules",
    "record_checks",
    "record_weighing",
    "reject_preparation",
    "release_preparation",
)
