"""A counter where fills stand labelled, and the few things that a test then changes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import time_machine
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor, Signature
from pharmacy.actions.models import AuditEntry
from pharmacy.formulary.definition import product_code, product_unit, title
from pharmacy.formulary.starting import capsule, liquid
from pharmacy.labelling import queries as labelling
from pharmacy.labelling import service as labels
from pharmacy.labelling.models import Container, IssuedLabel
from pharmacy.premises.models import Setting
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions import service as prescribing
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot
from pharmacy.verification import service as verification
from tests import factories
from tests.conftest import PAUL, TINA

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def sign(actor: Actor) -> Signature:
    """As accounts.signing makes it; the signing itself has its own tests."""
    return Signature(actor.id, "PIN", NOW)


def on(day: date, hour: int = 10) -> time_machine.travel:
    return time_machine.travel(datetime(day.year, day.month, day.day, hour, tzinfo=UTC), tick=True)


def scan_of(words: str) -> bytes:
    """A small PDF as a scanner would make it of the paper."""
    to = io.BytesIO()
    canvas = Canvas(to, pagesize=(300, 380), invariant=1)
    canvas.setFont("Helvetica", 11)
    for number, line in enumerate(words.split("\n")):
        canvas.drawString(24, 340 - 18 * number, line)
    canvas.save()
    return to.getvalue()


@dataclass
class Counter:
    """The shelf, and fills that went all the way to the label by the real services."""

    db: Session
    raw: Engine
    items: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def stock(self) -> None:
        """Capsules of 4.5 mg and the 1 mg/mL liquid can be made: each has an approved formula and its item."""
        for name, formula, strength in (("4.5", capsule("4.5"), Decimal("4.5")), ("liquid", liquid("1"), Decimal(1))):
            code, unit = product_code(formula), product_unit(formula)
            self.items[name] = factories.item(self.raw, code, kind="preparation", unit=unit, name=title(formula))
            self.versions[name] = factories.formula(
                self.raw, formula.to_json(), kind=formula.kind, strength=strength, item_id=self.items[name]
            )

    def lot(self, name: str = "4.5", **given: Any) -> int:
        columns = {"origin": "made", "supplier": "", "received_on": date(2026, 11, 12), "use_before": date(2027, 5, 10)}
        return factories.lot(self.raw, self.items[name], **{**columns, "amount": 100, **given})

    def accepted(self, *, fill: dict[str, Any] | None = None, **prescription: Any) -> int:
        """A fill that was screened and accepted; its findings are only to be read."""
        if "patient_id" not in prescription:
            prescription["patient_id"] = factories.patient(self.raw)
        prescription_id = factories.prescription(self.raw, **prescription)
        return self.fill_of(prescription_id, **{"quantity": prescription.get("quantity", 30), **(fill or {})})

    def fill_of(self, prescription_id: int, **given: Any) -> int:
        reviewed = {
            "accepted_by": PAUL.id,
            "accepted_at": NOW,
            "medicines_confirmed_at": NOW,
            "medicines_confirmed_by": TINA.id,
        }
        fill_id = factories.fill(self.raw, prescription_id, status="accepted", **{**reviewed, **given})
        prescribing.screen_again(self.db, TINA, Seen(Fill, fill_id))
        return fill_id

    def labelled(
        self, *, by: Actor = TINA, packed: Iterable[tuple[int, int]] = (), fill_id: int | None = None, **given: Any
    ) -> int:
        """A fill with its containers and their labels, packed by Tina unless told otherwise."""
        fill_id = fill_id or self.accepted(**given)
        containers = tuple(packed) or ((self.lot(), self.fill(fill_id).quantity),)
        labels.pack_fill(self.db, by, Seen(Fill, fill_id), containers)
        labels.issue_labels(self.db, by, Seen(Fill, fill_id), "4x3")
        return fill_id

    def verified(self, **given: Any) -> int:
        fill_id = self.labelled(**given)
        verification.verify_fill(self.db, PAUL, self.seen(fill_id), signature=sign(PAUL))
        return fill_id

    # what is there now

    def fill(self, fill_id: int) -> Fill:
        self.db.rollback()
        return prescriptions.fill(self.db, fill_id)

    def seen(self, fill_id: int) -> Seen[Fill]:
        return Seen(Fill, fill_id, self.fill(fill_id).version)

    def containers(self, fill_id: int) -> list[Container]:
        self.db.rollback()
        return list(labelling.containers(self.db, fill_id))

    def serials(self, fill_id: int) -> list[str]:
        labels_of = (labelling.valid_label(row) for row in self.containers(fill_id))
        return [label.serial for label in labels_of if label is not None]

    def issued(self, fill_id: int) -> list[IssuedLabel]:
        self.db.rollback()
        return list(labelling.labels(self.db, fill_id))

    def the_lot(self, lot_id: int) -> Lot:
        self.db.rollback()
        return self.db.get_one(Lot, lot_id, populate_existing=True)

    def entries(self, action: str) -> int:
        self.db.rollback()
        return self.db.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)) or 0

    def set_policy(self, key: str, value: str) -> None:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        factories.put(
            self.raw, Setting, key=key, value=value, effective_from=at, reason="for the test", set_by=3, set_at=at
        )
