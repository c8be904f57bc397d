"""Weighing: each reading takes what it used from its lot at once; weighing again moves the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.domain.calculation import Plan
from pharmacy.domain.workflow import Making
from pharmacy.errors import Mismatch, PharmacyError
from pharmacy.premises import queries as premises
from pharmacy.premises.models import Balance
from pharmacy.preparations import bench
from pharmacy.preparations.draft import check_balance
from pharmacy.preparations.lasting import beyond_use
from pharmacy.preparations.models import Preparation, Weighing
from pharmacy.preparations.rows import PREPARATION, components_of, concern, recorded_of
from pharmacy.stock import service as stock
from pharmacy.stock.models import Lot


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the balance (a measure, a count). ``typed`` is in the line's own unit; ``lot`` is what was scanned."""

    line: str
    typed: Decimal
    lot: str = ""
    reason: str = ""


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
        plan = bench.plan_of(preparation)
        _check_sample(db, plan, readings)
        for reading in readings:
            _record_one(opened, plan, reading)
        preparation.add_maker(actor.id)
        _begin(db, preparation, plan)
        concern(opened, preparation)
        opened.answer = preparation.id
    return opened.answer


def _check_sample(db: Session, plan: Plan, readings: tuple[Reading, ...]) -> None:
    """Of several capsules that are typed at once, refuse all that lie outside in one sentence, unless a reason is given."""
    policy = premises.policy(db)
    lines = {one.key: one for one in bench.lines_of(plan, policy.capsules_weighed, policy.capsule_tolerance)}
    if len(readings) < 2 or readings[0].reason.strip() or any(one.line not in lines for one in readings):
        return
    weighed = [(lines[one.line], _amount(lines[one.line], one, "gross")) for one in readings]
    for line, amount in weighed:
        bench.check_single(plan, line, amount)
    outside = [line for line, amount in weighed if not line.within(amount)]
    if len(outside) > 1:
        numbers = [str(int(line.key.removeprefix(bench.CAPSULE))) for line in outside]
        which = f"Capsules {', '.join(numbers[:-1])} and {numbers[-1]}"
        said = f"{which} are outside {outside[0].limits_text()}."
        raise PharmacyError(f"{said} Weigh them again, or say why they are kept.", "reason")


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
    bench.check_single(plan, line, amount)
    if not line.within(amount) and not reading.reason.strip():
        said = f"{line.name}: {line.text(amount)} is outside {line.limits_text()}."
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
        raise PharmacyError(f"{_whose(line)}The reading must be above 0.", field)
    try:
        return line.from_typed(reading.typed)
    except PharmacyError as refused:
        raise PharmacyError(f"{_whose(line)}{refused.sentence}", field) from refused


def _whose(line: bench.Line) -> str:
    """Which capsule a sentence is about: the field is one for all of them."""
    return f"{line.name}: " if line.phase is bench.Phase.SINGLE else ""


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
