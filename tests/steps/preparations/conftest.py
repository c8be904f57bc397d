"""A bench with everything on it: the programme's formulas approved, lots on the shelf, one good balance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.formulary import starting
from pharmacy.formulary.definition import strength_of
from tests import factories
from tests.steps.preparations.worktop import AMOUNTS, NOW, Bench, name_of


@pytest.fixture(autouse=True)
def _at_ten() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def at_bench(db: Session, raw: Engine) -> Bench:
    shelf = Bench(db, raw)
    for item in starting.starting_items():
        shelf.items[item.code] = factories.item(raw, item.code, item.kind, item.unit, name=item.name)
    for code in AMOUNTS:
        shelf.lots[code] = shelf.put_lot(code, number=f"{code[:3].upper()}-1")
    for formula in starting.STARTING_FORMULAS:
        if name_of(formula) in shelf.versions:
            continue  # the first that makes a strength is enough
        product = starting.items_of(formula)[-1]
        shelf.versions[name_of(formula)] = factories.formula(
            raw,
            formula.to_json(),
            kind=formula.kind,
            strength=strength_of(formula),
            item_id=shelf.items[product.code],
        )
    return shelf
