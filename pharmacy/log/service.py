"""What the log itself does: nothing but say that it was read, exported, recomputed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions import record
from pharmacy.actions.acting import AlreadyDone, Seen, acting
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditEntry, AuditHead, Submission
from pharmacy.errors import PharmacyError
from pharmacy.log import queries
from pharmacy.log.queries import Filters, Subject
from pharmacy.log.sentences import Told, tell
from pharmacy.patients import queries as patients
from pharmacy.preparations.models import Preparation
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.stock.models import Lot

MOST_EXPORTED = 20_000


def subjects(db: Session, patient: str, prescription: str, lot: str) -> tuple[tuple[Subject, ...], ...]:
    """The rows that the words of a filter mean, one tuple a word; a word that means none, or several, is refused.

    A prescription stands for its fills too; a lot that was made here stands for its preparation too.
    """
    found: list[tuple[Subject, ...]] = []
    if patient:
        rows = [row.id for row in patients.search(db, patient, 2)]
        found.append((("patient", _one(rows, "patient", "patient")),))
    if prescription:
        found.append(_prescribed(db, prescription))
    if lot:
        number = lot.strip().upper()
        lots = list(db.scalars(select(Lot.id).where(func.upper(Lot.number) == number)))
        made = list(db.scalars(select(Preparation.id).where(func.upper(Preparation.number) == number)))
        if not made or lots:
            lots = [_one(lots, "lot", "lot")]
        found.append((*(("lot", one) for one in lots), *(("preparation", one) for one in made)))
    return tuple(found)


def _prescribed(db: Session, number: str) -> tuple[Subject, ...]:
    number = number.strip().removeprefix("Rx").strip()
    fill = db.scalar(select(Fill.id).where(Fill.number == number))
    if fill is not None:
        return (("fill", fill),)
    orders = list(db.scalars(select(Prescription.id).where(Prescription.number == number)))
    order = _one(orders, "prescription", "prescription")
    fills = db.scalars(select(Fill.id).where(Fill.prescription_id == order))
    return (("prescription", order), *(("fill", one) for one in fills))


def _one(found: Sequence[int], what: str, field: str) -> int:
    if not found:
        raise PharmacyError(f"No {what} is found by this.", field)
    if len(found) > 1:
        raise PharmacyError(f"More than one {what} is found by this: write more of it.", field)
    return found[0]


def read(db: Session, actor: Actor) -> None:
    """That the log was read, once a quarter of an hour."""
    key = f"read {actor.id} {int(clock.now().timestamp()) // 900}"
    if db.scalar(select(Submission.key).where(Submission.key == key)) is None:
        try:
            with acting(db, actor, Action.READ_LOG, Seen(AuditEntry), key=key):
                pass
        except AlreadyDone:  # the same person in another window, at this moment
            pass


def verify(db: Session, actor: Actor) -> record.Verdict:
    """Recompute the whole record, and enter what came out."""
    verdict = record.verify(db.connection(), actor.site)
    with acting(db, actor, Action.VERIFY_RECORDS, Seen(AuditHead)) as opened:
        opened.context |= {
            "entries": verdict.entries,
            "head": verdict.head,
            "first_bad": verdict.first_bad or 0,
            "fault": verdict.fault,
        }
    return verdict


def export(db: Session, actor: Actor, filters: Filters) -> str:
    """The entries that match as CSV, newest first, at most twenty thousand; the export is an entry."""
    rows: list[Told] = []
    before: int | None = None
    while len(rows) < MOST_EXPORTED:
        page = queries.entries(db, filters, before, 500)
        rows += tell(db, page)
        if len(page) < 500:
            break
        before = page[-1].n
    with acting(db, actor, Action.EXPORT_LOG, Seen(AuditEntry)) as opened:
        opened.context |= {"entries": len(rows)}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["entry", "time (UTC)", "person", "role", "action", "sentence", "reason", "hash"])
    for told in rows:
        writer.writerow(
            _safe(
                [
                    told.n,
                    told.at.isoformat(),
                    told.who,
                    told.role,
                    told.action,
                    told.sentence,
                    told.reason,
                    told.hash,
                ]
            )
        )
    return out.getvalue()


def _safe(values: Iterable[object]) -> list[str]:
    """A cell that a spreadsheet would take for a formula is marked as text (CSV injection)."""
    return [f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text for text in map(str, values)]
