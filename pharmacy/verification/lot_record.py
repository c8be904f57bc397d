"""What is on record of the lots in a fill's containers, for the pharmacist to compare: weights, checks, strength, dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from pharmacy.domain.dates import day_text
from pharmacy.domain.formula import Role
from pharmacy.domain.quantity import NBSP, decimal_text, exact
from pharmacy.labelling.models import Container
from pharmacy.preparations import bench
from pharmacy.preparations import queries as preparations
from pharmacy.preparations.models import Preparation, QualityCheck, Weighing
from pharmacy.preparations.outcome import Outcome
from pharmacy.stock.models import Lot


@dataclass(frozen=True, slots=True)
class Weighed:
    """One line as planned and as recorded; ``times`` counts the readings, of which the last stands."""

    name: str
    lot: str
    target: str
    recorded: str
    off: str
    within: bool
    reason: str
    times: int
    person_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A lot that went in."""

    name: str
    number: str
    supplier: str
    use_before: str
    lot_id: int


@dataclass(frozen=True, slots=True)
class LotRecord:
    """One lot with the containers it filled. ``preparation`` and what follows from it are there for a lot made here."""

    lot: Lot
    containers: tuple[Container, ...]
    preparation: Preparation | None = None
    medicine: tuple[str, str, str] | None = None
    formula: str = ""
    besides_the_drug: tuple[str, ...] = ()
    made: str = ""
    weighed: tuple[Weighed, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    checks: tuple[QualityCheck, ...] = ()
    outcome: Outcome | None = None

    @property
    def singles_text(self) -> str:
        """``10 of 10 capsules inside, RSD 1.3 %``; empty where none were weighed singly."""
        found = self.outcome.statistics if self.outcome else None
        if found is None:
            return ""
        inside = found.count - found.outside
        return f"{inside} of {found.count} capsules inside, RSD {decimal_text(found.rsd, 2)}{NBSP}%"


def records(db: Session, containers: Sequence[Container]) -> tuple[LotRecord, ...]:
    """One record for each lot among the containers, in their order."""
    by_lot: dict[int, list[Container]] = {}
    for row in containers:
        by_lot.setdefault(row.lot_id, []).append(row)
    return tuple(_record(db, tuple(rows)) for rows in by_lot.values())


def _record(db: Session, rows: tuple[Container, ...]) -> LotRecord:
    lot = rows[0].lot
    made = preparations.for_lot(db, lot.id)
    if made is None:
        return LotRecord(lot, rows)
    plan = bench.plan_of(made)
    lots = preparations.lots_of(db, made.id)
    checks = {one.name: one for one in preparations.checks(db, made.id)}
    record = made.formula_version.record
    return LotRecord(
        lot,
        rows,
        made,
        preparations.medicine(made),
        f"{record.number}, version {made.formula_version.number}",
        tuple(one.name for one in plan.formula.components if one.role is not Role.DRUG),
        "" if made.yield_amount is None else preparations.made_text(made, made.yield_amount),
        _weighed(bench.lines_of(plan), preparations.weighings(db, made.id)),
        _ingredients(lots),
        tuple(checks.values()),
        None if made.result is None else Outcome.from_json(made.result),
    )


def _weighed(lines: Sequence[bench.Line], readings: Sequence[Weighing]) -> tuple[Weighed, ...]:
    """Every line of the plan but the single capsules, with its last reading."""
    last = {one.line: one for one in readings}
    times: dict[str, int] = {}
    for one in readings:
        times[one.line] = times.get(one.line, 0) + 1
    return tuple(
        Weighed(
            line.name,
            line.lot,
            line.text(line.target),
            line.text(reading.amount),
            off_text(reading.amount, line.target),
            reading.low <= reading.amount <= reading.high,
            reading.reason,
            times[line.key],
            reading.person_id,
            reading.at,
        )
        for line in lines
        if (reading := last.get(line.key)) is not None
    )


def off_text(amount: Decimal, target: Decimal) -> str:
    """By how much it is off its target, in per cent with its sign: ``+0.4 %``, ``−0.1 %``, ``0 %``."""
    if not target:
        return ""
    off = (exact(amount) - exact(target)) / exact(target) * 100
    sign = "+" if off > 0 else "−" if off < 0 else ""
    return f"{sign}{decimal_text(abs(off), 2)}{NBSP}%"


def _ingredients(lots: dict[str, Lot]) -> tuple[Ingredient, ...]:
    by_id = {lot.id: lot for lot in lots.values()}
    return tuple(
        Ingredient(
            lot.item.name,
            lot.number,
            lot.supplier or ("made here" if lot.origin == "made" else ""),
            day_text(lot.use_before),
            lot.id,
        )
        for lot in by_id.values()
    )
