"""The shelf and the verbs of a preparation, with the choices that a test is not about already made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor, Signature
from pharmacy.domain.calculation import plan_from_json
from pharmacy.domain.formula import Formula
from pharmacy.formulary import starting
from pharmacy.formulary.definition import strength_of
from pharmacy.premises import queries as premises
from pharmacy.premises.models import Setting
from pharmacy.preparations import bench, queries, service
from pharmacy.preparations.models import Preparation
from pharmacy.preparations.service import Choice, Finish, Observed, Reading
from pharmacy.stock.models import Lot, StockMovement
from tests import factories

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CERTIFICATE = {
    "assay": Decimal("99.2"),
    "assay_basis": "anhydrous",
    "water": Decimal("8.9"),
    "solvents": Decimal("0.1"),
}
AMOUNTS = {
    "naltrexone-hcl": 25_000,
    "mcc": 500_000,
    "shell-3": 1000,
    "glycerin": 1000,
    "ascorbic-acid": 100_000,
    "sodium-benzoate": 100_000,
    "purified-water": 10_000,
}


def later(minutes: int = 1) -> time_machine.travel:
    """Some minutes after ten."""
    return time_machine.travel(NOW + timedelta(minutes=minutes), tick=False)


@dataclass
class Bench:
    """The shelf and the verbs, with the choices that a test is not about already made."""

    db: Session
    raw: Engine
    items: dict[str, int] = field(default_factory=dict)
    lots: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    balance: int = 1

    def choice(self, formula: str, **given: Any) -> Choice:
        found = next(one for one in starting.STARTING_FORMULAS if name_of(one) == formula)
        lots = {one.code: self.lots[one.code] for one in found.components}
        chosen = {"excess": Decimal(5), "balance_id": self.balance, "for_stock": Decimal(100)}
        return Choice(self.versions[formula], lots=lots | given.pop("lots", {}), **{**chosen, **given})

    def plan(self, actor: Actor, formula: str, **given: Any) -> int:
        return service.plan_preparation(self.db, actor, self.choice(formula, **given))

    def seen(self, preparation_id: int) -> Seen[Preparation]:
        version = self.db.scalars(select(Preparation.version).where(Preparation.id == preparation_id)).one()
        self.db.rollback()
        return Seen(Preparation, preparation_id, version)

    def lines(self, preparation_id: int) -> tuple[bench.Line, ...]:
        plan = plan_from_json(queries.preparation(self.db, preparation_id).plan)
        policy = premises.policy(self.db)
        return bench.lines_of(plan, policy.capsules_weighed, policy.capsule_tolerance)

    def weigh(self, actor: Actor, preparation_id: int, line: str, typed: str, lot: str = "", reason: str = "") -> None:
        reading = Reading(line, Decimal(typed), lot, reason)
        service.record_weighing(self.db, actor, self.seen(preparation_id), reading)

    def weigh_on_target(self, actor: Actor, preparation_id: int, but: Mapping[str, str] | None = None) -> None:
        """Every line that is not a single capsule, as planned, or as `but` says (typed in the line's unit)."""
        for line in self.lines(preparation_id):
            if line.phase is not bench.Phase.SINGLE:
                typed = (but or {}).get(line.key) or str(line.number(line.target))
                self.weigh(actor, preparation_id, line.key, typed, line.lot, "as weighed")

    def weigh_capsules(self, actor: Actor, preparation_id: int, gross: list[str], reason: str = "") -> None:
        weights = {number: Decimal(typed) for number, typed in enumerate(gross, start=1)}
        service.record_capsules(self.db, actor, self.seen(preparation_id), weights, reason)

    def check(self, actor: Actor, preparation_id: int, *, passed: bool = True) -> None:
        plan = plan_from_json(queries.preparation(self.db, preparation_id).plan)
        observed = tuple(Observed(one.name, "as expected", passed) for one in plan.formula.particulars.quality_checks)
        service.record_checks(self.db, actor, self.seen(preparation_id), observed)

    def finish(self, actor: Actor, preparation_id: int, amount: str, reason: str = "") -> None:
        service.finish_preparation(self.db, actor, self.seen(preparation_id), Finish(Decimal(amount), reason))

    def make(self, actor: Actor, formula: str, amount: str, **given: Any) -> int:
        """The whole work up to the finish."""
        preparation_id = self.plan(actor, formula, **given)
        self.weigh_on_target(actor, preparation_id)
        if any(line.phase is bench.Phase.SINGLE for line in self.lines(preparation_id)):
            self.weigh_capsules(actor, preparation_id, ["178.9"] * 10)
        self.check(actor, preparation_id)
        self.finish(actor, preparation_id, amount)
        return preparation_id

    def release(self, actor: Actor, preparation_id: int, **given: Any) -> None:
        service.release_preparation(self.db, actor, self.seen(preparation_id), sign(actor), **given)

    def reject(self, actor: Actor, preparation_id: int, reason: str = "spilled") -> None:
        service.reject_preparation(self.db, actor, self.seen(preparation_id), reason, sign(actor))

    def give_up(self, actor: Actor, preparation_id: int, reason: str) -> None:
        service.give_up_preparation(self.db, actor, self.seen(preparation_id), reason)

    def available(self, code: str) -> Decimal:
        held = self.db.scalars(select(Lot.available).where(Lot.id == self.lots[code])).one()
        self.db.rollback()
        return held

    def put_lot(self, code: str, **given: Any) -> int:
        more = CERTIFICATE if code == "naltrexone-hcl" else {}
        return factories.lot(self.raw, self.items[code], **{"amount": AMOUNTS.get(code, 1000), **more, **given})

    def put_fill(self, **given: Any) -> int:
        """An accepted fill of thirty 4.5 mg capsules."""
        quantity = given.pop("quantity", 30)
        prescription = factories.prescription(self.raw, quantity=quantity, **given)
        return factories.fill(self.raw, prescription, status="accepted", quantity=quantity)

    def set_policy(self, key: str, value: str) -> None:
        at = NOW - timedelta(days=1)
        factories.put(
            self.raw, Setting, key=key, value=value, effective_from=at, reason="for the test", set_by=3, set_at=at
        )
        self.db.rollback()  # an older snapshot would not show it

    def balance_of_columns(self, lot_id: int) -> tuple[Decimal, Decimal]:
        """The sums of a lot's movements: what its columns must say."""
        rows = self.db.scalars(select(StockMovement).where(StockMovement.lot_id == lot_id)).all()
        self.db.rollback()
        return sum((r.quarantined_change for r in rows), Decimal(0)), sum(
            (r.available_change for r in rows), Decimal(0)
        )


def sign(actor: Actor) -> Signature:
    return Signature(actor.id, "PIN", NOW)


def name_of(formula: Formula) -> str:
    return f"{formula.kind} {strength_of(formula)}"


@contextmanager
def day(on: date) -> Iterator[None]:
    with time_machine.travel(datetime(on.year, on.month, on.day, 10, tzinfo=UTC), tick=False):
        yield
