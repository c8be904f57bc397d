"""Where a preparation stands: its plan, what is recorded of it, and what comes next. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries as accounts
from pharmacy.domain.calculation import CapsuleLimits, CapsulePlan, CapsuleStatistics, Plan
from pharmacy.domain.quantity import NBSP, exact, rounded
from pharmacy.domain.workflow import Making
from pharmacy.errors import PharmacyError
from pharmacy.premises import queries as premises
from pharmacy.premises.models import Balance
from pharmacy.premises.settings import Policy
from pharmacy.preparations import bench, outcome, queries
from pharmacy.preparations.bench import Line, Phase
from pharmacy.preparations.draft import check_balance
from pharmacy.preparations.instructions import instructions_of
from pharmacy.preparations.models import Preparation, QualityCheck, Weighing
from pharmacy.preparations.outcome import Outcome
from pharmacy.preparations.queries import ForWhom
from pharmacy.stock.models import Lot

WEIGH, CAPSULES, CHECKS, FINISH, DONE = "weigh", "capsules", "checks", "finish", "done"
R = TypeVar("R")
AT_WORK = frozenset({Making.PLANNED.value, Making.IN_PROGRESS.value})


@dataclass(frozen=True, slots=True)
class Pan:
    """A reading against its limits, in the line's own unit: what the page draws."""

    amount: Decimal
    number: str
    verdict: str
    good: bool
    low: Decimal
    target: Decimal
    high: Decimal
    reading: Decimal


@dataclass(frozen=True, slots=True)
class StepShown:
    """One step of the work: what it is, whether it is done, and what was recorded."""

    title: str
    state: str
    stage: str
    line: str = ""
    result: str = ""
    good: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dots:
    """The single capsules' net masses in mg, to one step of the balance, with their limits."""

    weights: tuple[Decimal, ...]
    low: Decimal
    target: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class State:
    """One preparation with everything that its pages show."""

    preparation: Preparation
    plan: Plan
    lines: tuple[Line, ...]
    readings: Mapping[str, Sequence[Weighing]]
    checks: Mapping[str, Sequence[QualityCheck]]
    lots: Mapping[str, Lot]
    fills: tuple[ForWhom, ...]
    names: Mapping[int, str]
    balance: Balance
    result: Outcome | None
    capsule_limits: CapsuleLimits
    stage: str
    line: Line | None

    @property
    def recorded(self) -> dict[str, Decimal]:
        """The last reading of each line."""
        return {key: rows[-1].amount for key, rows in self.readings.items()}

    @property
    def instructions(self) -> tuple[str, ...]:
        """What is done, in its order, for this very batch."""
        return instructions_of(self.plan)

    @property
    def stopped(self) -> str:
        """Why nothing may be weighed for it today: its balance; empty where something may, or nothing is to be weighed."""
        if self.stage not in {WEIGH, CAPSULES}:
            return ""
        try:
            check_balance(self.balance, clock.today())
        except PharmacyError as refused:
            return refused.sentence
        return ""

    @property
    def singles(self) -> tuple[Line, ...]:
        return tuple(one for one in self.lines if one.phase is Phase.SINGLE)

    @property
    def weighed_lines(self) -> tuple[Line, ...]:
        """Every line but the single capsules."""
        return tuple(one for one in self.lines if one.phase is not Phase.SINGLE)

    @property
    def statistics(self) -> CapsuleStatistics | None:
        """The single capsules weighed so far, from two on."""
        if self.result is not None:
            return self.result.statistics
        if not isinstance(self.plan, CapsulePlan) or len(bench.gross_weights(self.recorded)) < 2:
            return None
        return outcome.statistics_of(self.plan, self.recorded, self.capsule_limits)

    @property
    def dots(self) -> Dots | None:
        """The drawing of the single capsules."""
        found = self.statistics
        if found is None or not isinstance(self.plan, CapsulePlan):
            return None
        shell, one = self.plan.shell_mass.value, self.singles[0]
        low, target, high = (rounded(exact(each) - shell, one.step) for each in (one.low, one.target, one.high))
        return Dots(tuple(rounded(each.net.value, one.step) for each in found.each), low, target, high)

    @property
    def is_mixed(self) -> bool:
        """Whether the line on the bench has been mixed already, so that its record is put right only with a reason."""
        line = self.line
        return (
            line is not None
            and line.key in self.readings
            and any(one.phase > line.phase and one.key in self.readings for one in self.lines)
        )

    def pan(self, typed: Decimal | None) -> Pan | None:
        """The typed reading of the line that is on the bench; None where the device cannot show such a number."""
        line = self.line
        if line is None or typed is None:
            return None
        try:
            amount = line.from_typed(typed)
        except PharmacyError:
            return None
        numbers = (line.number(line.low), line.number(line.target), line.number(line.high))
        shown = line.number(amount)
        return Pan(amount, format(shown, ",f"), line.verdict(amount), line.within(amount), *numbers, shown)

    def text(self, line: Line) -> str:
        """The recorded amount of a line, or nothing."""
        rows = self.readings.get(line.key)
        return line.text(rows[-1].amount) if rows else ""

    def typed(self, line: Line) -> str:
        """The recorded number alone, as it would be typed, or nothing."""
        rows = self.readings.get(line.key)
        return format(line.number(rows[-1].amount), "f") if rows else ""

    def steps(self) -> list[StepShown]:
        """The work in its order, for the list at the side of the bench."""
        shown = [self._weighing_step(one) for one in self.weighed_lines]
        if self.singles:
            shown.append(self._capsules_step())
        if self.plan.formula.particulars.quality_checks:
            shown.append(self._checks_step())
        finished = self.preparation.status not in AT_WORK
        shown.append(StepShown("Yield and finish", _word(finished, self.stage == FINISH), FINISH))
        return shown

    def _weighing_step(self, line: Line) -> StepShown:
        rows = self.readings.get(line.key, ())
        verb = {"mL": "Measure", "piece": "Count"}.get(line.base, "Weigh")
        name = line.name if not line.key.startswith(bench.LOAD) else f"load {line.key.removeprefix(bench.LOAD)}"
        title = f"{verb} {name}: {line.text(line.target)}"
        state = _word(bool(rows), self.stage == WEIGH and line == self.line)
        result, good = "", True
        if rows:
            last = rows[-1]
            good = last.low <= last.amount <= last.high
            result = f"{line.text(last.amount)} {'in tolerance' if good else 'kept: ' + last.reason}"
        before = "; ".join(f"{line.text(row.amount)}, then weighed again" for row in rows[:-1])
        note = before or (f"lot{NBSP}{line.lot}" if line.lot else "")
        return StepShown(title, state, WEIGH, line.key, result, good, note)

    def _capsules_step(self) -> StepShown:
        done = [one for one in self.singles if one.key in self.readings]
        whole = len(done) == len(self.singles)
        found = self.statistics
        result, good = "", True
        if whole and found is not None:
            good = found.outside == 0 and not found.faults(self.capsule_limits)
            result = f"{found.count - found.outside} of {found.count} inside, RSD {found.rsd_text(self.capsule_limits)}"
        note = f"{len(done)} of {len(self.singles)} weighed" if done and not whole else ""
        title = f"Weigh {len(self.singles)} capsules singly"
        return StepShown(title, _word(whole, self.stage == CAPSULES), CAPSULES, "", result, good, note)

    def _checks_step(self) -> StepShown:
        wanted = self.plan.formula.particulars.quality_checks
        done = [self.checks[one.name][-1] for one in wanted if one.name in self.checks]
        whole = len(done) == len(wanted)
        failed = sum(not one.passed for one in done)
        result = ("all as expected" if not failed else f"{failed} not as expected") if whole else ""
        note = "" if whole or not done else f"{len(done)} of {len(wanted)} recorded"
        title = f"Record {len(wanted)} checks" if len(wanted) > 1 else "Record the check"
        return StepShown(title, _word(whole, self.stage == CHECKS), CHECKS, "", result, not failed, note)


def _word(done: bool, now: bool) -> str:
    return "now" if now else "done" if done else "next"


def state(db: Session, preparation_id: int, line_key: str = "", stage: str = "") -> State:
    """The preparation as it stands; ``line_key`` or ``stage`` go back to something that is recorded already."""
    found = queries.preparation(db, preparation_id)
    plan, policy = bench.plan_of(found), premises.policy(db)
    result = Outcome.from_json(found.result) if found.result else None
    sample, limits = _sample(result, policy)
    lines = bench.lines_of(plan, sample, limits.each)
    readings = _grouped(queries.weighings(db, preparation_id), "line")
    checks = _grouped(queries.checks(db, preparation_id), "name")
    line, at = _now(found, plan, lines, readings, checks)
    if found.status in AT_WORK and (line_key or stage):
        line, at = _gone_back(lines, readings, line_key, stage, (line, at))
    people = {row.person_id for weighed in readings.values() for row in weighed}
    people |= {row.person_id for checked in checks.values() for row in checked}
    return State(
        found,
        plan,
        lines,
        readings,
        checks,
        queries.lots_of(db, preparation_id),
        queries.fills_of(db, [preparation_id]).get(preparation_id, ()),
        accounts.names(db, {*people, *found.made_by, found.planned_by, found.judged_by}),
        premises.balance(db, found.balance_id),
        result,
        limits,
        at,
        line,
    )


def _sample(result: Outcome | None, policy: Policy) -> tuple[int, CapsuleLimits]:
    """How many capsules are weighed and their limits: what held at the finish, for later settings change no record."""
    if result is None or result.statistics is None or result.capsule_limits is None:
        return policy.capsules_weighed, policy.capsule_limits
    return result.statistics.count, result.capsule_limits


def _grouped(rows: Sequence[R], by: str) -> dict[str, list[R]]:
    found: dict[str, list[R]] = {}
    for row in rows:
        found.setdefault(str(getattr(row, by)), []).append(row)
    return found


def _now(
    found: Preparation,
    plan: Plan,
    lines: Sequence[Line],
    readings: Mapping[str, object],
    checks: Mapping[str, object],
) -> tuple[Line | None, str]:
    if found.status not in AT_WORK:
        return None, DONE
    missing = next((one for one in lines if one.key not in readings), None)
    if missing is not None:
        return (None, CAPSULES) if missing.phase is Phase.SINGLE else (missing, WEIGH)
    unchecked = any(one.name not in checks for one in plan.formula.particulars.quality_checks)
    return None, CHECKS if unchecked else FINISH


def _gone_back(
    lines: Sequence[Line],
    readings: Mapping[str, object],
    line_key: str,
    stage: str,
    now: tuple[Line | None, str],
) -> tuple[Line | None, str]:
    """Back to a line that is recorded, or to a step that has begun; forward goes only the work itself."""
    line = next((one for one in lines if one.key == line_key and one.phase is not Phase.SINGLE), None)
    if line is not None and line.key in readings:
        return line, WEIGH
    order = (WEIGH, CAPSULES, CHECKS, FINISH)
    if stage in order and stage != WEIGH and order.index(stage) < order.index(now[1]):
        return None, stage
    return now
