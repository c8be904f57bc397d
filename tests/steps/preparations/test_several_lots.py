"""A batch from what is left of one lot and a second one; the error of a trituration; a worksheet that was altered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.domain.calculation import plan_from_json
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.formulary import queries as formulary
from pharmacy.premises.models import Balance
from pharmacy.preparations import queries
from pharmacy.preparations.models import Preparation
from pharmacy.preparations.outcome import Outcome
from pharmacy.stock.models import Lot
from tests import factories
from tests.steps.preparations.worktop import CERTIFICATE, Bench

FORMULA, FURTHER = "capsule 4.5", "naltrexone-hcl-2"


def second_lot(at_bench: Bench, **given: Any) -> int:
    usual = {"number": "N-202", "available": Decimal(300), **CERTIFICATE, "water": Decimal("0.4")}
    return factories.lot(at_bench.raw, at_bench.items["naltrexone-hcl"], **{**usual, **given})


def test_what_is_left_of_a_lot_is_a_line_of_its_own_and_leaves_its_own_stock(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    lot = second_lot(at_bench)
    choice = at_bench.choice(FORMULA, lots={FURTHER: lot})
    preparation = at_bench.plan(tina, FORMULA, lots=dict(choice.lots), parts={FURTHER: Decimal(200)})
    lines = {line.key: line for line in at_bench.lines(preparation)}
    assert lines["drug-2"].lot == "N-202"
    assert lines["drug-2"].target == 200
    # 0.992 × (1 − 0.4 % − 0.1 %) = 0.98704; (472.5 − 200 × 0.98704) ÷ 0.90272 = 304.7 mg
    assert lines["drug"].target == Decimal("304.7")
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "100")
    assert db.get_one(Lot, lot, populate_existing=True).available == 100
    result = Outcome.from_json(queries.preparation(db, preparation).result)
    assert abs(result.delivered.percent - 100) < Decimal("0.2")
    assert result.delivered.interval_text()
    assert "to" in result.delivered_text()


def test_a_further_lot_needs_its_amount_holds_it_and_is_not_the_same_lot(at_bench: Bench, tina: Actor) -> None:
    lot = second_lot(at_bench)
    with pytest.raises(PharmacyError, match="Say how much of lot N-202") as refused:
        at_bench.plan(tina, FORMULA, lots={FURTHER: lot})
    assert refused.value.field == f"part_{FURTHER}"
    with pytest.raises(NotReady, match="holds 300"):
        at_bench.plan(tina, FORMULA, lots={FURTHER: lot}, parts={FURTHER: Decimal(301)})
    same = at_bench.lots["naltrexone-hcl"]
    with pytest.raises(PharmacyError, match="chosen twice"):
        at_bench.plan(tina, FORMULA, lots={FURTHER: same}, parts={FURTHER: Decimal(200)})
    more = second_lot(at_bench, number="N-203", available=Decimal(9000))
    with pytest.raises(PharmacyError, match="give all of the drug"):
        at_bench.plan(tina, FORMULA, lots={FURTHER: more}, parts={FURTHER: Decimal(8000)})


def test_a_trituration_made_here_keeps_the_error_of_its_making(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.make(tina, "trituration 100", "9900", for_stock=Decimal(10_000), excess=Decimal(0))
    at_bench.release(paul, preparation)
    made = queries.preparation(db, preparation)
    assert made.lot is not None
    assert made.lot.drug_fraction_error is not None
    assert Decimal(1) < made.lot.drug_fraction_error < Decimal(2)  # the assay's 1 % and the weighing of 1.1 g
    facts = formulary.lot_facts(db, db.get_one(Lot, made.lot.id))
    assert facts.fraction_error == made.lot.drug_fraction_error


def test_a_worksheet_that_was_altered_in_the_database_is_not_used(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    plan = dict(queries.preparation(db, preparation).plan)
    db.rollback()
    lines = [dict(one) for one in plan["weighings"]]
    lines[0]["target"] = "623.4 mg"
    with at_bench.raw.begin() as connection:
        guards = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'preparation'"
        )
        for (name,) in guards.all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(
            update(Preparation).where(Preparation.id == preparation).values(plan={**plan, "weighings": lines})
        )
    with pytest.raises(PharmacyError, match=r"cannot be used\. The second calculation disagrees"):
        at_bench.weigh(tina, preparation, "drug", "623.4", "N-101")


def test_a_refusal_names_another_balance_of_the_pharmacy(db: Session, at_bench: Bench, tina: Actor) -> None:
    with at_bench.raw.begin() as connection:
        connection.execute(update(Balance).values(sensitivity_requirement=Decimal(60), capacity=Decimal(20_000)))
    factories.balance(at_bench.raw, name="Fine", sensitivity_requirement=Decimal("0.1"), readability=Decimal("0.01"))
    with pytest.raises(PharmacyError, match="use balance Fine"):
        at_bench.plan(tina, FORMULA, for_stock=Decimal(20))


def test_a_plan_is_held_to_the_pharmacys_own_limits(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    plan = plan_from_json(queries.preparation(db, preparation).plan)
    assert plan.tolerances.combined == Decimal(5)
    assert plan.tolerances.assay == Decimal(1)
    assert replace(plan.tolerances, weighing=None).weighing is None
    assert plan.worksheet.steps[-1].name == "Predicted strength"
