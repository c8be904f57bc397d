"""A formulary that makes every strength, a patient, a prescriber, and an order as a pharmacist would type it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.directions import Directions, Step, When
from pharmacy.domain.strength import Form
from pharmacy.formulary import definition
from pharmacy.formulary.starting import STARTING_FORMULAS, starting_items
from pharmacy.prescriptions import queries, service
from pharmacy.prescriptions.models import Fill
from pharmacy.prescriptions.service import CameBy, Order, Receipt
from tests import factories

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> object:
    """Monday 23 NOV 2026; the day is part of what the rules look at."""
    with time_machine.travel(NOON, tick=True) as traveller:
        yield traveller


@pytest.fixture
def formulary(raw: Engine) -> dict[str, int]:
    """A starting formula of every strength approved, its items there, one released lot of each bought one."""
    items = {
        one.code: factories.item(raw, one.code, kind=one.kind, unit=one.unit, name=one.name) for one in starting_items()
    }
    made = set()
    for formula in STARTING_FORMULAS:
        if (formula.kind, definition.strength_of(formula)) in made:
            continue  # the first that makes a strength is enough
        made.add((formula.kind, definition.strength_of(formula)))
        factories.formula(
            raw,
            {**formula.to_json(), "kind": formula.kind},
            kind=formula.kind,
            strength=definition.strength_of(formula),
            item_id=items[definition.product_code(formula)],
        )
    for code, item_id in items.items():
        given = {
            "assay": Decimal("99.2"),
            "assay_basis": "anhydrous",
            "water": Decimal("8.9"),
            "solvents": Decimal("0.1"),
        }
        if code in {
            "naltrexone-hcl",
            "mcc",
            "shell-3",
            "glycerin",
            "ascorbic-acid",
            "sodium-benzoate",
            "purified-water",
        }:
            factories.lot(raw, item_id, amount=50000, **(given if code == "naltrexone-hcl" else {}))
    return items


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small picture that is really one: what a scanner would make of the paper."""
    path: Path = tmp_path_factory.mktemp("scan") / "original.png"
    Image.new("RGB", (60, 80), "white").save(path)
    return path.read_bytes()


def capsule_order(**given: object) -> Order:
    """Thirty 4.5 mg capsules, one at bedtime, three refills."""
    directions = Directions(Form.CAPSULE, (Step(Decimal(1), When.BEDTIME),))
    return Order(
        **{
            "form": Form.CAPSULE,
            "strength": Decimal("4.5"),
            "directions": directions,
            "quantity": 30,
            "refills": 3,
            "purpose": "fibromyalgia",
            "print_purpose": True,
            "reason_for_compounding": "No product of this strength is made",
            **given,
        }
    )


@dataclass
class Case:
    """What a test is about: the people, and the fill once it is entered."""

    db: Session
    patient: int
    prescriber: int
    scan: bytes

    def receipt(self, **given: object) -> Receipt:
        return Receipt(**{"written_on": date(2026, 11, 20), "came_by": CameBy.PAPER, "original": self.scan, **given})

    def entered(self, actor: Actor, order: Order | None = None, **given: object) -> Fill:
        made = service.enter_prescription(
            self.db, actor, self.patient, self.prescriber, self.receipt(**given), order or capsule_order()
        )
        return queries.fill(self.db, made)

    def in_review(self, actor: Actor, order: Order | None = None, **given: object) -> Fill:
        one = self.entered(actor, order, **given)
        service.submit_fill(self.db, actor, seen(one))
        return queries.fill(self.db, one.id)

    def confirmed(self, actor: Actor, order: Order | None = None) -> Fill:
        one = self.in_review(actor, order)
        service.confirm_medicines(self.db, actor, seen(one))
        return queries.fill(self.db, one.id)

    def accepted(self, technician: Actor, pharmacist: Actor) -> Fill:
        one = self.confirmed(technician)
        service.accept_fill(self.db, pharmacist, seen(one))
        return queries.fill(self.db, one.id)


def seen(row: object) -> Seen:
    return Seen(type(row), row.id, row.version)


@pytest.fixture
def case(db: Session, raw: Engine, formulary: dict[str, int], scan: bytes) -> Case:
    return Case(db, factories.patient(raw), factories.prescriber(raw), scan)
