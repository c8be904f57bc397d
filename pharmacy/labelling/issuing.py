"""The verbs of labels: issue, issue again, print again. A label is drawn and proved before the action opens.

Inside the action the content is put together once more from the rows as they then are, and must be the same: so what is
recorded, what is stored and what was proved are one. All containers of a fill get their label in one action, or none does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from labels import LabelContent
from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.documents import service as documents
from pharmacy.domain.workflow import Status
from pharmacy.errors import Mismatch, NotFound, NotReady
from pharmacy.formulary import definition
from pharmacy.formulary import queries as formulary
from pharmacy.labelling import queries
from pharmacy.labelling.content import Around, label_content, serial_of
from pharmacy.labelling.drawing import drawn
from pharmacy.labelling.models import Container, IssuedLabel, Reprint
from pharmacy.labelling.packing import about, check_containers, void_labels_within
from pharmacy.premises import queries as premises
from pharmacy.preparations.on_hand import made_as
from pharmacy.prescriptions import kits
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.screening import queries as screening

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Draft:
    """A label that could be issued now: what it says, and its proved bytes."""

    container_id: int
    content: LabelContent
    pdf: bytes


def contents(db: Session, one: Fill, rows: Sequence[Container]) -> list[tuple[int, LabelContent]]:
    """What the label of each container says today, by the rows as they are."""
    pharmacy = premises.the_pharmacy(db)
    if pharmacy is None:
        raise NotReady("The pharmacy has no name and address yet.")
    if screening.latest(db, one.id) is None:
        raise NotReady("The fill was never screened; without that its label would lack its warnings.")
    place, containers = kits.place(db, one) or (None, len(rows))
    around = Around(pharmacy, screening.label_warnings(db, one.id), containers, clock.today(), place)
    made, so_far = made_as(db, [row.lot_id for row in rows]), queries.issued_so_far(db, one.id)
    result = []
    for row in rows:
        by = made.get(row.lot_id)
        version = by.formula_version if by is not None else _approved(db, one, row)
        particulars = definition.read(version).particulars
        serial = serial_of(one, row, so_far.get(row.ordinal, 0))
        result.append((row.id, label_content(one, row, particulars, around, serial)))
    return result


def _approved(db: Session, one: Fill, row: Container) -> Any:
    """The formula of a lot whose preparation is not on record here: the approved one of its item."""
    versions = formulary.approved_for(db, one.prescription.form, one.prescription.strength)
    for version in versions:
        if version.record.item_id == row.lot.item_id:
            return version
    raise NotReady(f"Lot {row.lot.number} belongs to no approved formula.")


def drafts(db: Session, fill_id: int, stock_code: str) -> tuple[Draft, ...]:
    """The labels of all containers, drawn and proved on the stock; nothing is stored. Empty when nothing is packed.

    Raises a PharmacyError at the field ``stock`` that names what does not fit and which stock would do.
    """
    one = prescriptions.fill(db, fill_id)
    rows = queries.containers(db, fill_id)
    if not rows:
        return ()
    return tuple(Draft(container_id, said, drawn(said, stock_code)) for container_id, said in contents(db, one, rows))


@answered
def issue_labels(db: Session, actor: Actor, seen: Seen[Fill], stock_code: str, key: str | None = None) -> Plain:
    """Issue the label of every container on this stock; the fill is labelled. The answer is the labels' ids."""
    ready = drafts(db, _id(seen), stock_code)
    with acting(db, actor, Action.ISSUE_LABEL, seen, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        opened.answer = _issue(opened, one, ready, stock_code)
        one.become(Status.LABELLED, clock.now())
        one.sent_back = ""
    return opened.answer


@answered
def reissue_labels(
    db: Session, actor: Actor, seen: Seen[Fill], stock_code: str, reason: str, key: str | None = None
) -> Plain:
    """Before verification, issue all labels of the fill again: the former serials are void. The answer is the new ids."""
    ready = drafts(db, _id(seen), stock_code)
    with acting(db, actor, Action.REISSUE_LABEL, seen, reason=reason, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        opened.answer = _issue(opened, one, ready, stock_code)
    return opened.answer


def _issue(opened: Opened[Fill], one: Fill, ready: Sequence[Draft], stock_code: str) -> list[Plain]:
    rows = queries.containers(opened.db, one.id)
    check_containers(opened.db, one, rows)
    if contents(opened.db, one, rows) != [(draft.container_id, draft.content) for draft in ready]:
        raise Mismatch("Something that the label says has just changed. Look at the label again.")
    void_labels_within(opened, one, opened.reason or "issued again")
    issued = [_keep(opened, draft, stock_code) for draft in ready]
    opened.db.flush()
    for row in rows:
        opened.concerns("container", row.id)
        opened.concerns("lot", row.lot_id)
    about(opened, one)
    return [label.id for label in issued]


def _keep(opened: Opened[Fill], draft: Draft, stock_code: str) -> IssuedLabel:
    label = IssuedLabel(
        container_id=draft.container_id,
        serial=draft.content.serial,
        stock=stock_code,
        content=draft.content.to_json(),
        document=documents.keep(opened, draft.pdf, PDF),
        status=queries.VALID,
        reason=opened.reason,
        void_reason="",
        issued_by=opened.actor.id,
        issued_at=clock.now(),
    )
    opened.db.add(label)
    return label


@answered
def reprint_label(
    db: Session, actor: Actor, seen: Seen[Fill], label_id: int, reason: str, key: str | None = None
) -> Plain:
    """Record why the stored bytes of a valid label are printed once more. The answer is the label's id.

    Refused for a void label, and when its lot is past its date, quarantined or rejected.
    """
    with acting(db, actor, Action.REPRINT_LABEL, seen, reason=reason, key=key) as opened:
        row = queries.label(db, label_id)
        if row.container.fill_id != opened.subject.id:
            raise NotFound("There is no such label of this fill.")
        why_not = queries.why_not_printed(row)
        if why_not:
            raise NotReady(why_not)
        db.add(Reprint(label_id=row.id, reason=opened.reason, person_id=actor.id, at=clock.now()))
        opened.concerns("issued_label", row.id)
        opened.concerns("container", row.container_id)
        opened.concerns("lot", row.container.lot_id)
        about(opened, prescriptions.fill(db, opened.subject.id))
        opened.answer = row.id
    return opened.answer


def _id(seen: Seen[Fill]) -> int:
    if not isinstance(seen.id, int):
        raise NotFound("There is no such fill.")
    return seen.id
