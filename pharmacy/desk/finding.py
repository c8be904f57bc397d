"""Search over everything that a person at the counter has in hand: a number, a name, a telephone, a birthday."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from pharmacy.actions.acting import Seen, acting
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.patients import queries as patients
from pharmacy.patients.models import Patient, Prescriber
from pharmacy.preparations.models import Preparation
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.stock.models import Lot

MOST = 30


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of each kind, at most thirty."""

    fills: Sequence[Fill]
    patients: Sequence[Patient]
    prescribers: Sequence[Prescriber]
    lots: Sequence[Lot]
    preparations: Sequence[Preparation]

    def only(self) -> tuple[str, dict[str, Any]] | None:
        """The page of the one thing found, if it is one: all fills of a prescription are on its page."""
        orders = dict.fromkeys(row.prescription_id for row in self.fills)
        pages = [
            *(("prescriptions.show", {"prescription_id": one}) for one in orders),
            *(("patients.show", {"patient_id": row.id}) for row in self.patients),
            *(("patients.prescriber", {"prescriber_id": row.id}) for row in self.prescribers),
            *(("stock.lot", {"lot_id": row.id}) for row in self.lots),
            *(("preparations.show", {"preparation_id": row.id}) for row in self.preparations),
        ]
        return pages[0] if len(pages) == 1 else None


def find(db: Session, actor: Actor, text: str) -> Found:
    """Look everywhere; the search is an entry in the log, without its words."""
    if not text:
        return Found((), (), (), (), ())
    with acting(db, actor, Action.SEARCH, Seen(Patient)) as opened:
        opened.context["letters"] = len(text)
    words = _scanned(text)
    fills = (
        select(Fill)
        .join(Prescription, Prescription.id == Fill.prescription_id)
        .where(Fill.number.in_(words) | Prescription.number.in_(words))
        .options(joinedload(Fill.prescription).joinedload(Prescription.patient))
        .order_by(Fill.id.desc())
        .limit(MOST)
    )
    upper = [word.upper() for word in words]
    lots = select(Lot).where(func.upper(Lot.number).in_(upper)).options(joinedload(Lot.item)).limit(MOST)
    made = select(Preparation).where(func.upper(Preparation.number).in_(upper)).limit(MOST)
    found_fills = db.scalars(fills).all()
    if found_fills:  # a number in full is what was meant
        return Found(found_fills, (), (), (), ())
    found_lots = db.scalars(lots).all()
    # a lot made here is its preparation too, and the lot's page leads there
    shown = {lot.number for lot in found_lots}
    return Found(
        (),
        patients.search(db, text, MOST),
        patients.search_prescribers(db, text, MOST),
        found_lots,
        [row for row in db.scalars(made) if row.number not in shown],
    )


def _scanned(text: str) -> list[str]:
    """What the text may be a number of: as typed; of a label's matrix code (fill, lot, serial) the fill; with its hyphen."""
    word = text.strip().removeprefix("Rx").strip()
    fill, bar, _rest = word.partition("|")
    if bar:
        word = fill.strip()
    return [word, f"{word[:-2]}-{word[-2:]}"] if word.isascii() and word.isdigit() and len(word) > 2 else [word]
