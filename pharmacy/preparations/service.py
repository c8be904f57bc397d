"""The verbs of a preparation: plan, weigh, check, finish, release, reject, give up. Each is one action with its entry.

Stock follows the bench: each recorded weighing takes what it used from its lot at once, and weighing again takes or gives
back the difference. So a rejected preparation has consumed its ingredients without a further step, and two people who
weigh from one jar can never take more than is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.domain.calculation import LiquidPlan
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.workflow import Making, Status
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.premises import queries as premises
from pharmacy.premises import service as numbers
from pharmacy.preparations import bench, outcome
from pharmacy.preparations.draft import Choice, Draft, draft, place_of
from pharmacy.preparations.judging import give_up_preparation, reject_preparation, release_preparation
from pharmacy.preparations.models import Component, Preparation, PreparationFill, QualityCheck
from pharmacy.preparations.rows import checks_of, concern, recorded_of
from pharmacy.preparations.weighing import Reading, record_capsules, record_weighing
from pharmacy.stock import service as stock
from pharmacy.stock.models import Lot

LETTERS = {"capsule": "C", "liquid": "L", "trituration": "T"}


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
        concern(opened, preparation)
        opened.answer = preparation.id
    return opened.answer


def _add_components(db: Session, preparation: Preparation, made: Draft) -> None:
    by_number = {(use.lot.component, use.lot.number): place_of(made.lots, use.lot)[1] for use in made.plan.lots}
    counted = bench.counted(made.plan)
    lines = [(planned.key, by_number[planned.component, planned.lot]) for planned in made.plan.weighings if planned.lot]
    pieces = [(counted[component], lot) for (component, _), lot in by_number.items() if component in counted]
    # In the order of work: tablets are counted before anything is weighed, shells after.
    for line, lot in (*pieces, *lines) if isinstance(made.plan, LiquidPlan) else (*lines, *pieces):
        db.add(Component(preparation_id=preparation.id, line=line, lot_id=lot.id))


def _take_fills(db: Session, preparation: Preparation, made: Draft) -> None:
    for fill in made.fills:
        db.add(PreparationFill(preparation_id=preparation.id, fill_id=fill.id, quantity=made.shares[fill.id]))
        if fill.status == Status.ACCEPTED.value:  # else it stays: what its lots are short of is made
            fill.become(Status.TO_PREPARE, clock.now())


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
        expected = {one.name: one.expected for one in bench.plan_of(preparation).formula.particulars.quality_checks}
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
        concern(opened, preparation)
        opened.answer = preparation.id
    return opened.answer


def finish_preparation(
    db: Session, actor: Actor, seen: Seen[Preparation], finish: Finish, key: str | None = None
) -> None:
    """Close the work: yield, delivered strength, beyond-use date; the lot goes into quarantine until it is released.

    Refused while a line, a capsule or a check is missing, and without a reason where the yield, or the mean or scatter of
    the capsules, is outside its limits.
    """
    _finish_preparation(db, actor, seen, finish, key)


@answered
def _finish_preparation(db: Session, actor: Actor, seen: Seen[Preparation], finish: Finish, key: str | None) -> Plain:
    with acting(db, actor, Action.FINISH_PREPARATION, seen, reason=finish.reason, key=key) as opened:
        preparation = opened.subject
        plan, policy = bench.plan_of(preparation), premises.policy(db)
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
                capsule_limits=policy.capsule_limits,
            )
        except CalculationRefused as error:
            raise bench.refused(error) from error
        outcome.check_evenness(result, finish.reason)
        lot = _put_lot(opened, finish.amount, result)
        preparation.yield_amount, preparation.yield_reason = finish.amount, finish.reason.strip()
        preparation.result, preparation.lot_id = result.to_json(), lot.id
        preparation.add_maker(actor.id)
        preparation.become(Making.FINISHED, clock.now())
        concern(opened, preparation)
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
        result.fraction_error,
    )


__all__ = (
    "Choice",
    "Finish",
    "Observed",
    "Reading",
    "finish_preparation",
    "give_up_preparation",
    "plan_preparation",
    "record_capsules",
    "record_checks",
    "record_weighing",
    "reject_preparation",
    "release_preparation",
)
