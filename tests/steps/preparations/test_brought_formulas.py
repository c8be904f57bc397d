"""What the program brings can be made: each kind is planned, twice over, with the beyond-use date of its class."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.calculation import plan_from_json
from pharmacy.formulary.definition import strength_of
from pharmacy.formulary.starting import FAMILIES, component_items, product_item
from pharmacy.preparations import draft, queries, service
from pharmacy.preparations.service import Choice
from tests import factories
from tests.steps.preparations.worktop import Bench

CASES = [
    ("capsules-mcc", 10, "100", 180),
    ("capsules-lactose", 10, "100", 180),
    ("triturations-mcc", 1, "10000", 180),
    ("triturations-lactose", 0, "10000", 180),
    ("solution-preserved-1", 0, "200", 35),
    ("solution-preserved-5", 0, "200", 35),
    ("solution-nonpreserved", 0, "200", 14),
    ("suspension-tablets", 0, "200", 35),
    ("suspension-oil", 0, "200", 90),
]


@pytest.mark.parametrize(("key", "member", "amount", "days"), CASES, ids=[case[0] for case in CASES])
def test_a_formula_of_the_program_is_planned_and_dated(
    db: Session, at_bench: Bench, tina: Actor, key: str, member: int, amount: str, days: int
) -> None:
    formula = FAMILIES[key].formulas[member]
    for one in component_items(formula):
        if one.code not in at_bench.lots:
            more = {"label_strength": Decimal(50)} if one.kind == "tablet" else {}
            held = {"piece": 200, "mL": 5000, "mg": 500_000}[one.unit]
            at_bench.lots[one.code] = at_bench.put_lot(one.code, amount=held, **more)
    version = factories.formula(
        at_bench.raw,
        formula.to_json(),
        kind=formula.kind,
        strength=strength_of(formula),
        item_id=at_bench.items[product_item(formula).code],
    )
    db.rollback()
    lots = {one.code: at_bench.lots[one.code] for one in formula.components}
    excess = Decimal(0) if formula.kind == "trituration" else Decimal(5)
    choice = Choice(version, for_stock=Decimal(amount), excess=excess, lots=lots, balance_id=at_bench.balance)
    found = draft.draft(db, choice)
    assert found.plan.plausibility
    assert found.beyond_use.date == clock.today() + timedelta(days=days - 1)
    assert found.beyond_use.plausibility
    preparation = service.plan_preparation(db, tina, choice)
    assert plan_from_json(queries.preparation(db, preparation).plan).formula == formula
