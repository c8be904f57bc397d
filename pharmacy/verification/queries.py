"""All that the pharmacist compares, gathered for one page; and what was verified or sent back before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from labels import LabelContent
from pharmacy.accounts import queries as accounts
from pharmacy.documents import queries as documents
from pharmacy.domain.beyond_use import Fits
from pharmacy.domain.workflow import Status
from pharmacy.labelling import drawing
from pharmacy.labelling import queries as labelling
from pharmacy.labelling import service as labels
from pharmacy.labelling.content import in_words
from pharmacy.labelling.models import Container, IssuedLabel
from pharmacy.preparations.supply import Supply
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.prescriptions.screen import is_current
from pharmacy.screening import queries as screening
from pharmacy.screening.models import Decision, Finding
from pharmacy.verification import checking
from pharmacy.verification.lines import ProofLine, proof_lines
from pharmacy.verification.lot_record import LotRecord, records
from pharmacy.verification.models import Verification


@dataclass(frozen=True, slots=True)
class Decided:
    """One finding with the decision that stands, if one is asked for."""

    row: Finding
    title: str
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """One valid label: its row, its words for who cannot see the picture, and how many pages its bytes have."""

    row: IssuedLabel
    container: Container
    words: str
    pages: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """The original, the data, findings, lots and labels of one fill. ``against`` is empty when it can be approved."""

    fill: Fill
    original_pages: int
    lines: Sequence[ProofLine]
    decided: Sequence[Decided]
    containers: Sequence[Container]
    lots: Sequence[LotRecord]
    labels: Sequence[ShownLabel]
    supply: Supply
    lasts: bool
    against: Sequence[str]
    current: bool
    verifications: Sequence[Verification]
    names: Mapping[int, str]


def evidence(db: Session, fill_id: int) -> Evidence:
    """Everything for the page, read anew."""
    one = prescriptions.fill(db, fill_id)
    rows = labelling.containers(db, fill_id)
    lots = records(db, rows)
    found = [_decided(row) for row in screening.findings(db, fill_id)]
    before = verifications(db, fill_id)
    shown = [_shown(db, row, label) for row in rows for label in checking.valid_labels(row)]
    supply = labels.supply(one)
    original = one.prescription.original
    return Evidence(
        fill=one,
        original_pages=documents.pages(db, original) if original else 0,
        lines=proof_lines(one, rows, lots, _differences(db, one, rows)),
        decided=found,
        containers=rows,
        lots=lots,
        labels=shown,
        supply=supply,
        lasts=not rows or isinstance(labels.outlasts(one, [row.lot for row in rows]), Fits),
        against=checking.objections(db, one, rows) if one.status == Status.LABELLED else (),
        current=is_current(db, one) if one.status == Status.LABELLED else True,
        verifications=before,
        names=accounts.names(db, _people(one, rows, lots, found, before)),
    )


def _differences(db: Session, one: Fill, rows: Sequence[Container]) -> list[checking.Difference] | None:
    """None before there is a label and after it has left: a later refill changes what a label issued now would say."""
    if Status(one.status) not in {Status.LABELLED, Status.VERIFIED, Status.WAITING}:
        return None
    return checking.differences(db, one, rows)


def _decided(row: Finding) -> Decided:
    stands = row.decisions[-1] if row.status == screening.DECIDED and row.decisions else None
    return Decided(row, str(row.content["title"]), stands)


def _shown(db: Session, row: Container, label: IssuedLabel) -> ShownLabel:
    words = in_words(LabelContent.from_json(label.content))
    return ShownLabel(label, row, words, drawing.pages(labelling.stored(db, label)))


def _people(
    one: Fill,
    rows: Sequence[Container],
    lots: Sequence[LotRecord],
    found: Sequence[Decided],
    before: Sequence[Verification],
) -> list[int | None]:
    made = [lot.preparation for lot in lots if lot.preparation is not None]
    return [
        *one.made_by,
        one.accepted_by,
        one.medicines_confirmed_by,
        one.prescription.entered_by,
        one.prescription.taken_by,
        *(row.packed_by for row in rows),
        *(label.issued_by for row in rows for label in row.labels),
        *(person for preparation in made for person in preparation.made_by),
        *(preparation.judged_by for preparation in made),
        *(check.person_id for lot in lots for check in lot.checks),
        *(weighed.person_id for lot in lots for weighed in lot.weighed),
        *(each.decision.decided_by for each in found if each.decision is not None),
        *(each.person_id for each in before),
    ]


def verifications(db: Session, fill_id: int) -> Sequence[Verification]:
    """What pharmacists decided of the fill at its final check, newest first."""
    wanted = select(Verification).where(Verification.fill_id == fill_id).order_by(Verification.id.desc())
    return db.scalars(wanted).all()


def approval(db: Session, fill_id: int) -> Verification | None:
    """The approval that counts: the newest verification, if it approved."""
    newest = next(iter(verifications(db, fill_id)), None)
    return newest if newest is not None and newest.approved else None
