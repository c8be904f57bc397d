"""Search over everything that a person at the counter has in hand: a number, a name, a telephone, a birthday."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
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
        """The page of the one thing found, if it is one."""
        pages = [
            *(("prescriptions.show", {"prescription_id": row.prescription_id}) for row in self.fills),
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
    word = text.strip()
    # a scanned fill code comes without its hyphen
    numbers = [word, f"{word[:-2]}-{word[-2:]}"] if word.isdigit() and len(word) > 2 else [word]
    fills = (
        select(Fill)
        .join(Prescription, Prescription.id == Fill.prescription_id)
        .where(Fill.number.in_(numbers) | (Prescription.number == word))
        .options(joinedload(Fill.prescription).joinedload(Prescription.patient))
        .order_by(Fill.id.desc())
        .limit(MOST)
    )
    lots = select(Lot).where(Lot.number == word).options(joinedload(Lot.item)).limit(MOST)
    made = select(Preparation).where(Preparation.number == word).limit(MOST)
    found_fills = db.scalars(fills).all()
    exact = bool(found_fills)
    return Found(
        found_fills,
        [] if exact else patients.search(db, text, MOST),
        [] if exact else patients.search_prescribers(db, text, MOST),
        db.scalars(lots).all(),
        db.scalars(made).all(),
    )
