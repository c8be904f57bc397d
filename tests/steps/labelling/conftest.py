"""A shelf with capsules and liquid made here, and fills that were accepted: where labelling begins."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import time_machine
import zxingcpp
from PIL import Image
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.formulary.definition import product_code, product_unit, title
from pharmacy.formulary.starting import capsule, liquid
from pharmacy.labelling import queries, service
from pharmacy.labelling.drawing import page_picture
from pharmacy.preparations.models import Preparation, PreparationFill
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions import service as prescribing
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot
from tests import factories
from tests.conftest import TINA

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clockwork() -> Iterator[time_machine.Traveller]:
    """It is noon of 23 NOV 2026, and time goes on."""
    with time_machine.travel(NOON, tick=True) as traveller:
        yield traveller


@dataclass(frozen=True, slots=True)
class Shelf:
    """An unguarded engine and what is kept: items by strength, versions by item."""

    raw: Engine
    items: dict[str, int]
    versions: dict[str, int]

    def lot(self, strength: str = "4.5", amount: int = 100, use_before: date = date(2027, 5, 10), **given: Any) -> int:
        """A released lot made here."""
        columns = {"origin": "made", "supplier": "", "received_on": date(2026, 11, 12), "use_before": use_before}
        return factories.lot(self.raw, self.items[strength], amount=amount, **{**columns, **given})

    def preparation(self, lot_id: int, *fills: int, strength: str = "4.5", **given: Any) -> int:
        """The record of making the lot, for these fills."""
        row = {
            "number": f"C-{lot_id}",
            "formula_version_id": self.versions[strength],
            "balance_id": 1,
            "status": "released",
            "since": NOON,
            "amount": Decimal(100),
            "excess": Decimal(5),
            "plan": {},
            "made_by": [TINA.id],
            "planned_by": TINA.id,
            "planned_at": NOON,
            "lot_id": lot_id,
            **given,
        }
        made = factories.put(self.raw, Preparation, **row)
        for fill_id in fills:
            factories.put(self.raw, PreparationFill, preparation_id=made, fill_id=fill_id)
        return made


@pytest.fixture
def shelf(raw: Engine) -> Shelf:
    """Capsules of 4.5 and 3 mg and the 1 mg/mL liquid can be made: each has an approved formula and its item."""
    items, versions = {}, {}
    for strength, formula in {"4.5": capsule("4.5"), "3": capsule("3"), "liquid": liquid("1")}.items():
        items[strength] = factories.item(
            raw, product_code(formula), kind="preparation", unit=product_unit(formula), name=title(formula)
        )
        amount = Decimal(1) if strength == "liquid" else Decimal(strength)
        versions[strength] = factories.formula(
            raw, formula.to_json(), kind=formula.kind, strength=amount, item_id=items[strength]
        )
    return Shelf(raw, items, versions)


@pytest.fixture
def accept(raw: Engine, db: Session, shelf: Shelf) -> Any:
    """``accept(strength=…)`` is the id of a fill that was screened and accepted."""

    def accepted(*, status: str = "accepted", fill: dict[str, Any] | None = None, **prescription: Any) -> int:
        prescription_id = factories.prescription(raw, **prescription)
        quantity = prescription.get("quantity", 30)
        fill_id = factories.fill(raw, prescription_id, status=status, **{"quantity": quantity, **(fill or {})})
        prescribing.screen_again(db, TINA, seen(fill_id))
        return fill_id

    return accepted


@pytest.fixture
def labelled(db: Session, shelf: Shelf, accept: Any) -> Any:
    """``labelled()`` is the id of a fill of 30 capsules in one container, with its label on 4 × 3 in."""

    def issued(stock: str = "4x3", **given: Any) -> int:
        fill_id, lot_id = accept(**given), shelf.lot()
        service.pack_fill(db, TINA, seen(fill_id), ((lot_id, 30),))
        service.issue_labels(db, TINA, seen(fill_id), stock)
        return int(fill_id)

    return issued


def seen(fill_id: int, version: int | None = None) -> Seen[Fill]:
    return Seen(Fill, fill_id, version)


def the_fill(db: Session, fill_id: int) -> Fill:
    db.rollback()
    return prescriptions.fill(db, fill_id)


def the_lot(db: Session, lot_id: int) -> Lot:
    db.rollback()
    return db.get_one(Lot, lot_id, populate_existing=True)


def valid_serials(db: Session, fill_id: int) -> list[str]:
    db.rollback()
    labels = (queries.valid_label(row) for row in queries.containers(db, fill_id))
    return [label.serial for label in labels if label is not None]


def only_label(db: Session, fill_id: int) -> Any:
    db.rollback()
    (row,) = queries.containers(db, fill_id)
    label = queries.valid_label(row)
    assert label is not None
    return queries.label(db, label.id)


def text_of(pdf: bytes) -> str:
    """Every word of the PDF, in the order drawn, one space between two."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(pages).replace("\ufffe", "-").replace("\x02", "-").split())


def codes_of(pdf: bytes) -> set[str]:
    """What a scanner reads off the label as the printer sets it."""
    image = Image.open(io.BytesIO(page_picture(pdf, 1))).point(lambda grey: 255 if grey > 127 else 0)
    return {code.text for code in zxingcpp.read_barcodes(image)}
