"""The verbs of verification: approve and sign, send back with a reason, return to clinical review."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered, may
from pharmacy.actions.catalogue import Action, Actor, Signature, Solo
from pharmacy.actions.record import Plain
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.labelling import queries as labelling
from pharmacy.labelling.models import Container
from pharmacy.labelling.service import void_labels_within, withdraw_containers_within
from pharmacy.premises import queries as premises
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.prescriptions.screen import is_current, screen_fill
from pharmacy.screening import queries as screening
from pharmacy.verification import checking
from pharmacy.verification.models import Verification


class To(StrEnum):
    """Where a fill is sent back to, by what is wrong with it."""

    LABEL = "label"
    CONTENTS = "contents"
    REVIEW = "review"


def about(opened: Opened[Any], one: Fill, rows: Sequence[Container]) -> None:
    """Let the entry be found under the fill, prescription, patient, and each container and lot."""
    opened.concerns("fill", one.id)
    opened.concerns("prescription", one.prescription_id)
    opened.concerns("patient", one.prescription.patient_id)
    for row in rows:
        opened.concerns("container", row.id)
        opened.concerns("lot", row.lot_id)


def screen_if_changed(db: Session, actor: Actor, seen: Seen[Fill], action: Action, state: Status) -> Seen[Fill]:
    """Run the rules again, in an entry of their own, where a fact, the day or the rule book is another than last time.

    The fill as seen, or as it is after a screening that changed its version; what was found is for the caller to judge.
    Nothing is run for someone who may not do ``action``, or who saw another version.
    """
    one = prescriptions.fill(db, seen.id) if isinstance(seen.id, int) else None
    if one is None or one.status != state or one.version != seen.version or not may(actor, action):
        return seen
    if is_current(db, one):
        return seen
    with acting(db, actor, Action.SCREEN_FILL, seen) as opened:
        screen_fill(opened, one.id)
    return Seen(Fill, one.id, opened.subject.version)


@answered
def verify_fill(
    db: Session,
    actor: Actor,
    seen: Seen[Fill],
    key: str | None = None,
    signature: Signature | None = None,
    solo: Solo | None = None,
) -> Plain:
    """Approve the fill, signed: it may be handed over. Never one's own work, save in solo mode with a reason.

    Refused, with every reason, unless each container holds a released lot that outlasts the supply and has exactly one
    valid label that says what the data say now, and every finding is decided (rules are run again first if facts changed).
    """
    _ask_why_alone(db, actor, seen, solo)
    seen = screen_if_changed(db, actor, seen, Action.VERIFY_FILL, Status.LABELLED)
    with acting(db, actor, Action.VERIFY_FILL, seen, key=key, signature=signature, solo=solo) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        checking.check_current(db, one)
        rows = labelling.containers(db, one.id)
        against = checking.objections(db, one, rows)
        if against:
            raise NotReady(" ".join(against))
        at = clock.now()
        one.become(Status.VERIFIED, at)
        one.become(Status.WAITING, at)
        db.add(
            Verification(
                fill_id=one.id,
                approved=True,
                reason="",
                shown=checking.shown(db, one, rows),
                signed=signature.method if signature else "",
                solo_reason=str(opened.context.get("solo", "")),
                person_id=actor.id,
                at=at,
            )
        )
        about(opened, one, rows)
        opened.answer = one.id
    return opened.answer


def _ask_why_alone(db: Session, actor: Actor, seen: Seen[Fill], solo: Solo | None) -> None:
    """In solo mode own work asks for a reason at its field; out of it the door refuses."""
    if solo is not None or not premises.policy(db).solo_mode or not isinstance(seen.id, int):
        return
    one = prescriptions.fill(db, seen.id)
    if actor.id in one.made_by and one.status == Status.LABELLED and may(actor, Action.VERIFY_FILL):
        raise PharmacyError("You prepared some of it: say why you check it alone.", "solo_reason")


@answered
def send_back_fill(
    db: Session, actor: Actor, seen: Seen[Fill], reason: str, key: str | None = None, *, to: To = To.LABEL
) -> Plain:
    """Send the fill back with the reason: its labels are void.

    To the label: containers stay, labels are issued anew. For its contents: containers are emptied on record and packed
    anew. To the clinical review: containers stay, the rules are run and the fill is accepted anew.
    """
    if not reason.strip():
        raise PharmacyError("Say what is wrong.", "reason")
    with acting(db, actor, Action.SEND_BACK_FILL, seen, reason=reason, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        rows = labelling.containers(db, one.id)
        said, at = checking.shown(db, one, rows), clock.now()
        void_labels_within(opened, one, opened.reason)
        one.sent_back = opened.reason
        if to is To.LABEL:
            one.become(Status.PREPARED, at)
        elif to is To.CONTENTS:
            withdraw_containers_within(opened, one, opened.reason)
            one.become(Status.ACCEPTED, at)
        else:
            _to_review(opened, one)
        db.add(
            Verification(
                fill_id=one.id,
                approved=False,
                reason=opened.reason,
                shown={**said, "to": to.value},
                signed="",
                solo_reason="",
                person_id=actor.id,
                at=at,
            )
        )
        about(opened, one, rows)
        opened.answer = one.id
    return opened.answer


def _to_review(opened: Opened[Fill], one: Fill) -> None:
    one.become(Status.IN_REVIEW, clock.now())
    one.accepted_by = one.accepted_at = None
    screen_fill(opened, one.id)


@answered
def return_to_review(db: Session, actor: Actor, seen: Seen[Fill], key: str | None = None) -> Plain:
    """Screen a labelled or verified fill again; if a finding is then open, it goes back to review and its labels are void.

    The containers stay. The answer says whether it went back; with nothing to decide it stays where it is.
    """
    with acting(db, actor, Action.SCREEN_FILL, seen, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        if Status(one.status) not in {Status.LABELLED, Status.VERIFIED, Status.WAITING}:
            raise NotReady(f"Fill {one.number} is {one.status}.")
        rows = labelling.containers(db, one.id)
        screen_fill(opened, one.id)
        goes = bool(screening.open_findings(db, one.id))
        if goes:
            void_labels_within(opened, one, "back to clinical review: a new finding")
            one.sent_back = "A new finding is to be decided."
            one.become(Status.IN_REVIEW, clock.now())
            one.accepted_by = one.accepted_at = None
        about(opened, one, rows)
        opened.answer = goes
    return opened.answer
