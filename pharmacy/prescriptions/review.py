"""The verbs of the clinical review: submit, ask for medicines, decide, accept, hold, reject, cancel."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered, may
from pharmacy.actions.catalogue import Action, Actor, Signature
from pharmacy.actions.record import Plain
from pharmacy.domain.dates import day_text
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotFound, NotReady, PharmacyError
from pharmacy.formulary import queries as formulary
from pharmacy.patients import service as patients_service
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.prescriptions import kits, queries
from pharmacy.prescriptions.intake import Hook, made_here
from pharmacy.prescriptions.models import Clarification, Fill
from pharmacy.prescriptions.screen import is_current, screen_fill
from pharmacy.screening import queries as screening_queries
from pharmacy.screening import service as screening
from pharmacy.screening.models import Finding
from pharmacy.screening.service import Decided


def _about(opened: Opened[Any], one: Fill) -> None:
    opened.concerns("fill", one.id)
    opened.concerns("prescription", one.prescription_id)
    opened.concerns("patient", one.prescription.patient_id)


@answered
def submit_fill(db: Session, actor: Actor, seen: Seen[Fill], key: str | None = None) -> Plain:
    """Send an entered fill to its clinical review; the rules run over it at once."""
    with acting(db, actor, Action.SUBMIT_FILL, seen, key=key) as opened:
        opened.subject.become(Status.IN_REVIEW, clock.now())
        screen_fill(opened, opened.subject.id)
        opened.answer = opened.subject.id
    return opened.answer


@answered
def screen_again(db: Session, actor: Actor, seen: Seen[Fill], key: str | None = None) -> Plain:
    """Run the rules over the fill once more, because a fact or the rule book has changed."""
    with acting(db, actor, Action.SCREEN_FILL, seen, key=key) as opened:
        done = screen_fill(opened, opened.subject.id)
        opened.answer = {"new": done.new, "cleared": done.cleared}
    return opened.answer


def list_digest(patient: Patient) -> str:
    """What the list of medicines says, as one short text: a form carries it, so that only what was read is confirmed."""
    rows = [f"{one.id}:{one.version}" for one in patient.medicines if not one.removed]
    return hashlib.sha256(f"{patient.takes_none}|{'|'.join(rows)}".encode()).hexdigest()[:16]


@answered
def confirm_medicines(
    db: Session, actor: Actor, seen: Seen[Fill], list_seen: str | None = None, key: str | None = None
) -> Plain:
    """Record that the patient was asked at this fill, and that the list as it stands is complete and right.

    `list_seen` is the :func:`list_digest` of the list that the page showed; another list is refused.
    """
    with acting(db, actor, Action.CONFIRM_MEDICINES, seen, key=key) as opened:
        one = queries.fill(db, opened.subject.id)
        patient = one.prescription.patient
        taken = [row for row in patient.medicines if not row.removed]
        if not taken and not patient.takes_none:
            raise NotReady("Nothing is recorded yet: add the medicines, or that the patient takes none.")
        if list_seen is not None and list_seen != list_digest(patient):
            raise NotReady("The list has changed since you read it. Go through it again.")
        now = clock.now()
        patient.history_asked_at, patient.history_asked_by = now, actor.id  # the same question, the same list
        for each in (one, *kits.twins(db, one)):
            each.medicines_confirmed_at, each.medicines_confirmed_by = now, actor.id
            _about(opened, each)
            if each.status != Status.ENTERED:
                screen_fill(opened, each.id)
        opened.answer = one.id
    return opened.answer


@answered
def decide_finding(
    db: Session,
    actor: Actor,
    seen: Seen[Finding],
    given: Decided,
    key: str | None = None,
    signature: Signature | None = None,
) -> Plain:
    """Decide one finding of one fill: a STOP with a signature, a CAUTION with a reason. A BLOCK has no decision."""
    action = screening.action_for(_finding(db, seen).level)
    if not given.reason.strip() and may(actor, action):
        raise PharmacyError("Give the reason in your own words.", "reason")
    with acting(db, actor, action, seen, reason=given.reason, key=key, signature=signature) as opened:
        one = _in_review(opened)
        screening.decide_within(opened, given)
        _for_the_kit(opened, one, given)
        opened.answer = opened.subject.fill_id
    return opened.answer


@answered
def reopen_finding(db: Session, actor: Actor, seen: Seen[Finding], reason: str, key: str | None = None) -> Plain:
    """Take a decision back: the finding is open again; the former decision stays on record."""
    given = Decided(screening.Outcome.REOPENED, reason)
    with acting(db, actor, Action.DECIDE_FINDING, seen, reason=reason, key=key) as opened:
        one = _in_review(opened)
        screening.decide_within(opened, given)
        _for_the_kit(opened, one, given)
        opened.answer = opened.subject.fill_id
    return opened.answer


def _finding(db: Session, seen: Seen[Finding]) -> Finding:
    if not isinstance(seen.id, int):
        raise NotFound("There is no such finding.")
    return screening_queries.finding(db, seen.id)


def _for_the_kit(opened: Opened[Finding], one: Fill, given: Decided) -> None:
    """The containers of a kit are taken together and screened by their daily total: the same finding is decided once."""
    for twin in kits.twins(opened.db, one):
        screening.decide_as_well(opened, twin.id, given)
        _about(opened, twin)


def _in_review(opened: Opened[Finding]) -> Fill:
    """Findings are decided while their fill is in review, and never afterwards."""
    one = queries.fill(opened.db, opened.subject.fill_id)
    if Status(one.status) not in {Status.IN_REVIEW, Status.ON_HOLD}:
        raise NotReady(f"Fill {one.number} is {one.status}: its findings are no longer decided.")
    _about(opened, one)
    return one


@answered
def resolve_medicine(
    db: Session,
    actor: Actor,
    seen: Seen[Fill],
    medicine: Seen[MedicineTaken],
    ingredients: tuple[str, ...],
    resolution: str,
    key: str,
) -> Plain:
    """Say what an unknown medicine holds, or what was found and where; then let the rules run over the fill again.

    These are two actions with an entry each. Between them the fill keeps its open finding and cannot be accepted.
    """
    if not isinstance(seen.id, int):
        raise NotFound("There is no such fill.")
    one = queries.fill(db, seen.id)
    if medicine.id not in {row.id for row in one.prescription.patient.medicines}:
        raise NotFound("There is no such medicine on this patient's list.")
    if Status(one.status) not in queries.BEFORE_ACCEPTANCE:
        raise NotReady(f"Fill {one.number} is {one.status}.")
    patients_service.resolve_medicine(db, actor, medicine, ingredients, resolution, key)
    return screen_again(db, actor, Seen(Fill, seen.id), derived(key, "screen"))


def derived(key: str, what: str) -> str:
    """A further one-time key for the second action of one form."""
    return hashlib.sha256(f"{key} {what}".encode()).hexdigest()[:32]


@answered
def choose_formula(db: Session, actor: Actor, seen: Seen[Fill], record_id: int, key: str | None = None) -> Plain:
    """Choose by which record the fill is made, of those whose approved version makes its strength; screened anew."""
    with acting(db, actor, Action.CHOOSE_FORMULA, seen, key=key) as opened:
        one = queries.fill(db, opened.subject.id)
        row = one.prescription
        if all(version.record_id != record_id for version in formulary.approved_for(db, row.form, row.strength)):
            raise PharmacyError(f"No approved version of that record makes {queries.medicine_text(row)}.", "formula")
        if one.formula_id == record_id:
            raise PharmacyError("That formula is chosen already.", "formula")
        one.formula_id = record_id
        _about(opened, one)
        opened.concerns("master_formulation_record", record_id)
        if one.status != Status.ENTERED:
            screen_fill(opened, one.id)
        opened.answer = one.id
    return opened.answer


@answered
def accept_fill(db: Session, actor: Actor, seen: Seen[Fill], key: str | None = None) -> Plain:
    """Accept the fill: medicines asked for at this fill, every finding decided, facts unchanged, prescription in date.

    Facts that changed since the last screening are screened first, in an entry of their own; when that brings or clears
    a finding, nothing is accepted and the page shows what is new.
    """
    seen = _screen_if_changed(db, actor, seen)
    with acting(db, actor, Action.ACCEPT_FILL, seen, key=key) as opened:
        one = queries.fill(db, opened.subject.id)
        why_not = cannot_accept(db, one)
        if why_not:
            raise NotReady(why_not[0])
        one.become(Status.ACCEPTED, clock.now())
        one.accepted_by, one.accepted_at = actor.id, clock.now()
        _about(opened, one)
        opened.answer = one.id
    return opened.answer


def _screen_if_changed(db: Session, actor: Actor, seen: Seen[Fill]) -> Seen[Fill]:
    """The fill as seen, or as it is after a screening that changed nothing but its version."""
    one = queries.fill(db, seen.id) if isinstance(seen.id, int) else None
    if one is None or one.status != Status.IN_REVIEW or not may(actor, Action.ACCEPT_FILL) or is_current(db, one):
        return seen
    with acting(db, actor, Action.SCREEN_FILL, seen) as opened:
        done = screen_fill(opened, one.id)
    if done.new or done.cleared:
        raise NotReady("A fact has changed since the findings were made. They were made anew: look at them.")
    return Seen(Fill, one.id, None if seen.version is None else one.version)


def cannot_accept(db: Session, one: Fill) -> list[str]:
    """Everything that keeps the fill from being accepted, in sentences; empty when nothing does."""
    reasons = []
    if one.prescription.expires_on < clock.today():
        reasons.append(f"The prescription expired on {day_text(one.prescription.expires_on)}.")
    if one.medicines_confirmed_at is None:
        reasons.append("Ask which medicines the patient takes, and confirm the list for this fill.")
    still_open = screening_queries.open_findings(db, one.id)
    if still_open:
        titles = "; ".join(str(row.content["title"]) for row in still_open)
        reasons.append(f"Still open: {titles}.")
    try:
        queries.syringe_of(one, made_here(db, queries.strength_of(one.prescription).form))
    except PharmacyError as refused:
        reasons.append(refused.sentence)
    if not is_current(db, one):
        reasons.append("A fact has changed since the findings were made: screen again.")
    return reasons


@answered
def hold_fill(
    db: Session, actor: Actor, seen: Seen[Fill], question: str, asked_of: str, key: str | None = None
) -> Plain:
    """Put the fill on hold for a question: what is asked, and of whom."""
    if not asked_of:
        raise PharmacyError("Say whom you ask.", "asked_of")
    with acting(db, actor, Action.HOLD_FILL, seen, reason=question, key=key) as opened:
        one = queries.fill(db, opened.subject.id)
        one.become(Status.ON_HOLD, clock.now())
        asked = Clarification(
            fill_id=one.id,
            question=question,
            asked_of=asked_of,
            asked_by=actor.id,
            asked_at=clock.now(),
            answer="",
            answered_by="",
        )
        db.add(asked)
        _about(opened, one)
        opened.answer = one.id
    return opened.answer


@answered
def answer_clarification(
    db: Session, actor: Actor, seen: Seen[Fill], answer: str, answered_by: str, key: str | None = None
) -> Plain:
    """Record the answer and who gave it; the fill goes back to review and is screened again."""
    if not answer:
        raise PharmacyError("Write down the answer.", "answer")
    if not answered_by:
        raise PharmacyError("Say who answered.", "answered_by")
    with acting(db, actor, Action.ANSWER_CLARIFICATION, seen, key=key) as opened:
        one = queries.fill(db, opened.subject.id)
        asked = queries.open_clarification(db, one.id)
        if asked is None:
            raise NotReady("No question is open.")
        asked.answer, asked.answered_by = answer, answered_by
        asked.recorded_by, asked.answered_at = actor.id, clock.now()
        one.become(Status.IN_REVIEW, clock.now())
        _about(opened, one)
        screen_fill(opened, one.id)
        opened.answer = one.id
    return opened.answer


@answered
def reject_fill(db: Session, actor: Actor, seen: Seen[Fill], reason: str, key: str | None = None) -> Plain:
    """Reject the prescription at this fill, for good: no further fill of it can be started."""
    with acting(db, actor, Action.REJECT_FILL, seen, reason=reason, key=key) as opened:
        one = queries.fill(db, opened.subject.id)
        one.become(Status.REJECTED, clock.now())
        one.closing_reason = reason
        _about(opened, one)
        opened.answer = one.id
    return opened.answer


@answered
def cancel_fill(
    db: Session, actor: Actor, seen: Seen[Fill], reason: str, key: str | None = None, *, also: Hook | None = None
) -> Plain:
    """Cancel this fill. `also` lets a later step void its labels and take back its containers in the same action.

    Without it only a fill that never passed its review, and so holds nothing, can be cancelled.
    """
    with acting(db, actor, Action.CANCEL_FILL, seen, reason=reason, key=key) as opened:
        one = queries.fill(db, opened.subject.id)
        if also is None and (one.made_by or Status(one.status) not in queries.BEFORE_ACCEPTANCE | {Status.ACCEPTED}):
            raise NotReady("Something was prepared or packed for this fill: cancel it from its own page.")
        if also is not None:
            also(opened, one)
        one.become(Status.CANCELLED, clock.now())
        one.closing_reason = reason
        _about(opened, one)
        opened.answer = one.id
    return opened.answer
