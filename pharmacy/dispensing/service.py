"""The verbs of dispensing: hand over, take back what was not collected, destroy it on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.dispensing import leaving, queries
from pharmacy.dispensing.leaving import Counselling, Given, Method
from pharmacy.dispensing.models import Disposal, HandOver
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.labelling import queries as labelling
from pharmacy.labelling.service import void_labels_within, withdraw_containers_within
from pharmacy.preparations.supply import supply
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.verification import checking
from pharmacy.verification.service import about, screen_if_changed

__all__ = ("Counselling", "Given", "Method", "check_labels", "destroy_fill", "hand_over", "return_fill")


@answered
def hand_over(db: Session, actor: Actor, seen: Seen[Fill], given: Given, key: str | None = None) -> Plain:
    """Hand the fill over, or give it to a carrier: to whom, how, and what was said. The answer is the fill's id.

    The rules are run again first if a fact or the day changed. Refused while a finding is open or waits for its day, when a
    lot was called back, when the labels are not the verified ones, when the beyond-use date ends before the supply would
    (first day of use: the later of today and the day after the supply in hand ends), and unless each container is scanned.
    """
    given.check()
    seen = screen_if_changed(db, actor, seen, Action.HAND_OVER, Status.WAITING)
    with acting(db, actor, Action.HAND_OVER, seen, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        checking.check_current(db, one)
        rows = labelling.containers(db, one.id)
        against = leaving.against(db, one, rows)
        if against:
            raise NotReady(" ".join(against))
        leaving.check_people(db, given)
        leaving.check_scans(one, rows, given.scans)
        points = queries.points(db, one.id)
        leaving.check_talk(points, given)
        db.add(_row(actor, one, given, points))
        one.become(Status.HANDED_OVER, clock.now())
        about(opened, one, rows)
        for person in {given.counselled_by, given.packed_by} - {None}:
            opened.concerns("person", person)
        opened.answer = one.id
    return opened.answer


def check_labels(db: Session, fill_id: int, scans: Iterable[str]) -> None:
    """Refuse, at the field ``scans``, labels that are not those of this fill; for a form that was refused for something else."""
    leaving.check_scans(prescriptions.fill(db, fill_id), labelling.containers(db, fill_id), scans)


def _row(actor: Actor, one: Fill, given: Given, points: Sequence[queries.Point]) -> HandOver:
    sent, done, used = given.method is not Method.PICK_UP, given.counselling is Counselling.DONE, supply(one)
    return HandOver(
        fill_id=one.id,
        method=given.method.value,
        to_whom=given.to_whom.strip(),
        relationship_to_patient=given.relationship,
        carrier=given.carrier.strip() if sent else "",
        tracking=given.tracking.strip() if sent else "",
        packed_by=given.packed_by if sent else None,
        counselling=given.counselling.value,
        counselled_by=given.counselled_by,
        points=[{"point": each.words, "rules": list(each.rules), "told": done} for each in points],
        first_day_of_use=used.first_day,
        last_day_of_supply=used.last_day,
        person_id=actor.id,
        at=clock.now(),
    )


@answered
def return_fill(db: Session, actor: Actor, seen: Seen[Fill], reason: str, key: str | None = None) -> Plain:
    """Take back a fill that nobody collected, or that may no longer leave. It never left the pharmacy; it is destroyed next.

    A preparation labelled for one patient is not dispensed to another, so it never goes back to stock.
    """
    if not reason.strip():
        raise PharmacyError("Say why it comes back.", "reason")
    with acting(db, actor, Action.RETURN_FILL, seen, reason=reason, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        one.become(Status.RETURNED, clock.now())
        one.closing_reason = opened.reason
        db.add(_disposal(actor, one, "returned", opened.reason))
        about(opened, one, labelling.containers(db, one.id))
        opened.answer = one.id
    return opened.answer


@answered
def destroy_fill(
    db: Session, actor: Actor, seen: Seen[Fill], reason: str, witness: str, key: str | None = None
) -> Plain:
    """Destroy a returned fill before a witness: labels void, containers emptied and their content written off."""
    if not reason.strip():
        raise PharmacyError("Say why and how it is destroyed.", "reason")
    if not witness.strip():
        raise PharmacyError("Say who watched.", "witness")
    if " ".join(witness.split()).casefold() == actor.name.casefold():
        raise PharmacyError("The witness is another person.", "witness")
    with acting(db, actor, Action.DESTROY_FILL, seen, reason=reason, key=key) as opened:
        one = prescriptions.fill(db, opened.subject.id)
        rows = labelling.containers(db, one.id)
        void_labels_within(opened, one, f"destroyed: {opened.reason}")
        withdraw_containers_within(opened, one, f"destroyed: {opened.reason}")
        one.become(Status.DESTROYED, clock.now())
        one.closing_reason = opened.reason
        db.add(_disposal(actor, one, "destroyed", opened.reason, witness.strip()))
        about(opened, one, rows)
        opened.answer = one.id
    return opened.answer


def _disposal(actor: Actor, one: Fill, kind: str, reason: str, witness: str = "") -> Disposal:
    return Disposal(fill_id=one.id, kind=kind, reason=reason, witness=witness, person_id=actor.id, at=clock.now())
