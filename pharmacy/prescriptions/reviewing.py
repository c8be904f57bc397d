"""The clinical review on the screen: each finding with its own form, the medicines beside them, and the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session, viewed
from pharmacy.accounts import queries as accounts
from pharmacy.accounts.signing import sign
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Action
from pharmacy.domain import directions as taking
from pharmacy.domain.workflow import Status
from pharmacy.errors import PharmacyError
from pharmacy.forms import ActForm, answer
from pharmacy.patients.models import MedicineTaken
from pharmacy.prescriptions import kits, making, queries, screen, service
from pharmacy.prescriptions.blueprint import bp
from pharmacy.prescriptions.forms import (
    ActOnlyForm,
    ChooseFormulaForm,
    ClarifyForm,
    ConfirmMedicinesForm,
    DecideForm,
    HoldForm,
    ReasonForm,
    ReopenForm,
    ResolveForm,
)
from pharmacy.prescriptions.models import Fill
from pharmacy.prescriptions.words import patient_facts, subject_fill
from pharmacy.rules import findings as rules
from pharmacy.rules.findings import Level
from pharmacy.screening import queries as screening_queries
from pharmacy.screening import service as screening
from pharmacy.screening.models import Finding


@dataclass(frozen=True, slots=True)
class Card:
    """One finding as its card shows it: what the rules told, its row, the decision that stands, and its forms."""

    row: Finding
    told: rules.Finding
    decision: dict[str, Any] | None
    form: ActForm | None
    reopen: ReopenForm | None
    medicine: MedicineTaken | None
    former: list[dict[str, Any]]

    @property
    def shown(self) -> dict[str, Any]:
        """In the shape of the template's card."""
        one = self.told
        return {
            "level": one.level.value,
            "title": one.title,
            "message": one.message,
            "citation": one.citation.text(),
            "rule_id": one.rule_id,
            "verified": one.verified,
        }


Bound = dict[str, ActForm]  # forms that were posted and refused, by the prefix of their fields


@bp.get("/fills/<int:fill_id>/review")
@access(Action.VIEW)
def review(fill_id: int) -> ResponseReturnValue:
    """The clinical review of one fill. After it, the same page reads what was found and decided."""
    queries.fill(session, fill_id)  # 404 before it is said that someone looked at it
    viewed(Fill, fill_id)
    return _page(fill_id)


def _page(fill_id: int, name: str = "", refused: ActForm | None = None) -> ResponseReturnValue:
    """The page anew; a form that was refused stands in it with what was typed."""
    one = queries.fill(session, fill_id)
    bound: Bound = {name: refused} if refused is not None else {}
    rows = screening_queries.findings(session, fill_id)
    names = accounts.names(session, _people(one, rows))
    cards = [_card(row, one, names, bound) for row in rows]
    order = queries.order_of(one.prescription)
    directions = queries.directions_for(one)
    questions = queries.clarifications(session, [fill_id])
    return answer(
        "prescriptions/review.html",
        refused,
        one=one,
        row=one.prescription,
        order=order,
        sentence=taking.sentence(directions),
        highest=max(kits.daily_doses(one) or taking.daily_doses(directions, order.stated)).text("mg"),
        kit=kits.together(session, one) if one.prescription.kit_id else [],
        syringe=_syringe(one),
        cards=cards,
        tally=_tally(cards),
        in_review=one.status == Status.IN_REVIEW,
        current=screen.is_current(session, one) if one.status == Status.IN_REVIEW else True,
        why_not=service.cannot_accept(session, one) if one.status == Status.IN_REVIEW else [],
        patient=patient_facts(one.prescription.patient, clock.today()),
        subject=subject_fill(one),
        medicines=_medicines(one, rows),
        questions=questions,
        open_question=next((asked for asked in questions if asked.answered_at is None), None),
        cleared=[screening_queries.told(row) for row in screening_queries.cleared_findings(session, fill_id)],
        names=names | accounts.names(session, [asked.asked_by for asked in questions]),
        makers=making.makers(session, one),
        cancels=not one.made_by and Status(one.status) in queries.BEFORE_ACCEPTANCE | {Status.ACCEPTED},
        forms_of={
            what: bound.get(what) or _blank(kind, one, what)
            for what, kind in {
                "submit": ActOnlyForm,
                "again": ActOnlyForm,
                "medicines": ConfirmMedicinesForm,
                "accept": ActOnlyForm,
                "hold": HoldForm,
                "answer": ClarifyForm,
                "reject": ReasonForm,
                "cancel": ReasonForm,
                "formula": ChooseFormulaForm,
            }.items()
        },
    )


def _syringe(one: Fill) -> str | None:
    """The oral syringe of a liquid, in words; what is against it stands among the reasons not to accept."""
    try:
        found = queries.syringe_of(one)
    except PharmacyError:
        return None
    return found.words() if found else None


def _blank(kind: type[ActForm], row: Any, prefix: str) -> ActForm:
    """A fresh form about a row; its field names and ids carry the prefix, because the page holds several forms."""
    form = kind(prefix=prefix, formdata=None)
    form.seen_id.data, form.seen_version.data = str(row.id), str(row.version)
    if isinstance(form, DecideForm):
        form.spoke_at.data = clock.now()
    if isinstance(form, ConfirmMedicinesForm):
        form.list_seen.data = service.list_digest(row.prescription.patient)
    if isinstance(form, HoldForm):
        form.asked_of.data = row.prescription.prescriber.full_name
    return form


def _posted(kind: type[ActForm], prefix: str) -> Any:
    return kind(prefix=prefix)


def _people(one: Fill, rows: list[Finding]) -> list[int | None]:
    deciders = [decision.decided_by for row in rows for decision in row.decisions]
    return [one.accepted_by, one.medicines_confirmed_by, one.prescription.taken_by, *deciders]


def _card(row: Finding, one: Fill, names: dict[int, str], bound: Bound) -> Card:
    told = screening_queries.told(row)
    told_by = [_decision(decision, names) for decision in row.decisions]
    decision = told_by[-1] if row.status == screening_queries.DECIDED and told_by else None
    open_for_decision = Status(one.status) in {Status.IN_REVIEW, Status.ON_HOLD}
    medicine = next((taken for taken in one.prescription.patient.medicines if taken.id == row.medicine_id), None)
    form: ActForm | None = None
    reopen = None
    if open_for_decision and decision is None and told.needs.decidable:
        form = bound.get(f"decide{row.id}") or _blank_decision(row, told)
    elif open_for_decision and told.needs.resolution and medicine is not None:
        form = bound.get(f"resolve{row.id}") or _blank_resolve(one, row, medicine)
    elif open_for_decision and decision is not None:
        given = bound.get(f"reopen{row.id}") or _blank(ReopenForm, row, f"reopen{row.id}")
        assert isinstance(given, ReopenForm)
        reopen = given
    return Card(row, told, decision, form, reopen, medicine, told_by if decision is None else told_by[:-1])


def _blank_decision(row: Finding, told: rules.Finding) -> ActForm:
    """Waiting is offered first where there is a day to wait for."""
    form = _blank(DecideForm, row, f"decide{row.id}")
    if isinstance(form, DecideForm) and screening.may_wait(told):
        form.outcome.data = screening.Outcome.WAIT.value
    return form


def _blank_resolve(one: Fill, row: Finding, medicine: MedicineTaken) -> ActForm:
    form = _blank(ResolveForm, one, f"resolve{row.id}")
    assert isinstance(form, ResolveForm)
    form.medicine_version.data = str(medicine.version)
    return form


def _decision(given: Any, names: dict[int, str]) -> dict[str, Any]:
    how = f"{given.spoke_with}, {given.spoke_how}" if given.spoke_with else ""
    return {
        "outcome": {"go on": "Goes on", "wait": "Waits until the date", "reopened": "Reopened"}[given.outcome],
        "reason": given.reason,
        "by": names.get(given.decided_by, "") + (f" (signed with {given.signed})" if given.signed else ""),
        "at": given.decided_at,
        "contact": how,
        "spoke_at": given.spoke_at,
    }


def _tally(cards: list[Card]) -> dict[str, int]:
    """How many findings there are, and how many of them are still to be decided or only to be read."""
    notes = sum(1 for card in cards if card.told.level is Level.NOTE)
    decided = sum(1 for card in cards if card.decision is not None)
    return {"all": len(cards), "decided": decided, "read": notes, "open": len(cards) - decided - notes}


def _medicines(one: Fill, rows: list[Finding]) -> list[dict[str, Any]]:
    """The list of medicines, each with the most serious thing that was found about it."""
    worst: dict[int, str] = {}
    for row in rows:  # most serious first
        if row.medicine_id is not None and row.level != Level.NOTE.value:
            worst.setdefault(row.medicine_id, row.level)
    return [
        {"row": taken, "level": worst.get(taken.id)}
        for taken in one.prescription.patient.medicines
        if not taken.removed
    ]


def _back(fill_id: int, sentence: str) -> ResponseReturnValue:
    flash(sentence, "ok")
    return redirect(url_for("prescriptions.review", fill_id=fill_id))


# --- what is done on the page: each a form of its own -----------------------------------------------------------------


@bp.post("/fills/<int:fill_id>/submission")
@access(Action.SUBMIT_FILL)
def submit(fill_id: int) -> ResponseReturnValue:
    form = _posted(ActOnlyForm, "submit")
    if form.validate_on_submit():
        with form.catching():
            service.submit_fill(session, current_actor(), form.seen(Fill, fill_id), form.once())
            return _back(fill_id, "The fill is in review.")
    return _page(fill_id, "submit", form)


@bp.post("/fills/<int:fill_id>/screening")
@access(Action.SCREEN_FILL)
def screen_again(fill_id: int) -> ResponseReturnValue:
    form = _posted(ActOnlyForm, "again")
    if form.validate_on_submit():
        with form.catching():
            service.screen_again(session, current_actor(), form.seen(Fill, fill_id), form.once())
            return _back(fill_id, "The rules were run again.")
    return _page(fill_id, "again", form)


@bp.post("/fills/<int:fill_id>/medicines")
@access(Action.CONFIRM_MEDICINES)
def confirm_medicines(fill_id: int) -> ResponseReturnValue:
    form = _posted(ConfirmMedicinesForm, "medicines")
    if form.validate_on_submit():
        with form.catching():
            listed = str(form.list_seen.data or "")
            service.confirm_medicines(session, current_actor(), form.seen(Fill, fill_id), listed, form.once())
            return _back(fill_id, "The list of medicines is confirmed for this fill.")
    return _page(fill_id, "medicines", form)


@bp.post("/findings/<int:finding_id>/decision")
@access(Action.DECIDE_FINDING)
def decide(finding_id: int) -> ResponseReturnValue:
    """Decide one finding; a STOP is signed with password or PIN."""
    row = screening_queries.finding(session, finding_id)
    form = _posted(DecideForm, f"decide{finding_id}")
    if form.validate_on_submit():
        with form.catching():
            given = form.decided()
            signature = None
            if screening.action_for(row.level) is Action.SIGN_FINDING:
                screening.check_decision(screening_queries.told(row), given, clock.now())  # before a secret is asked
                signature = sign(session, current_actor(), form.secret.data or "")
            seen = form.seen(Finding, finding_id)
            service.decide_finding(session, current_actor(), seen, given, form.once(), signature)
            return _back(row.fill_id, f"The decision is recorded, for {_of_what(row.fill_id)} only.")
    return _page(row.fill_id, f"decide{finding_id}", form)


def _of_what(fill_id: int) -> str:
    return "the containers of this kit" if kits.place(session, queries.fill(session, fill_id)) else "this fill"


@bp.post("/findings/<int:finding_id>/reopening")
@access(Action.DECIDE_FINDING)
def reopen(finding_id: int) -> ResponseReturnValue:
    row = screening_queries.finding(session, finding_id)
    form = _posted(ReopenForm, f"reopen{finding_id}")
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(Finding, finding_id)
            service.reopen_finding(session, current_actor(), seen, form.reason.data, form.once())
            return _back(row.fill_id, "The finding is open again.")
    return _page(row.fill_id, f"reopen{finding_id}", form)


@bp.post("/findings/<int:finding_id>/resolution")
@access(Action.RESOLVE_MEDICINE)
def resolve(finding_id: int) -> ResponseReturnValue:
    """Say what an unknown medicine holds, or what was found and where; then it is checked again."""
    row = screening_queries.finding(session, finding_id)
    form = _posted(ResolveForm, f"resolve{finding_id}")
    if form.validate_on_submit():
        with form.catching():
            medicine = Seen(MedicineTaken, row.medicine_id, form.version())
            seen = form.seen(Fill, row.fill_id)
            service.resolve_medicine(
                session, current_actor(), seen, medicine, form.chosen(), form.resolution.data, form.once()
            )
            return _back(row.fill_id, "The medicine is checked again.")
    return _page(row.fill_id, f"resolve{finding_id}", form)


@bp.post("/fills/<int:fill_id>/formula")
@access(Action.CHOOSE_FORMULA)
def choose_formula(fill_id: int) -> ResponseReturnValue:
    """A pharmacist says by which of several formulas the fill is made."""
    form = _posted(ChooseFormulaForm, "formula")
    if form.validate_on_submit():
        with form.catching():
            seen, record_id = form.seen(Fill, fill_id), form.record_id()
            service.choose_formula(session, current_actor(), seen, record_id, form.once())
            return _back(fill_id, "The formula is chosen, and the rules were run on it.")
    return _page(fill_id, "formula", form)


@bp.post("/fills/<int:fill_id>/acceptance")
@access(Action.ACCEPT_FILL)
def accept(fill_id: int) -> ResponseReturnValue:
    form = _posted(ActOnlyForm, "accept")
    if form.validate_on_submit():
        with form.catching():
            service.accept_fill(session, current_actor(), form.seen(Fill, fill_id), form.once())
            flash("The fill is accepted.", "ok")
            one = queries.fill(session, fill_id)
            return redirect(url_for("prescriptions.show", prescription_id=one.prescription_id))
    return _page(fill_id, "accept", form)


@bp.post("/fills/<int:fill_id>/hold")
@access(Action.HOLD_FILL)
def hold(fill_id: int) -> ResponseReturnValue:
    form = _posted(HoldForm, "hold")
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(Fill, fill_id)
            service.hold_fill(session, current_actor(), seen, form.question.data, form.asked_of.data, form.once())
            return _back(fill_id, "The fill is on hold until the answer is recorded.")
    return _page(fill_id, "hold", form)


@bp.post("/fills/<int:fill_id>/answer")
@access(Action.ANSWER_CLARIFICATION)
def answer_question(fill_id: int) -> ResponseReturnValue:
    form = _posted(ClarifyForm, "answer")
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(Fill, fill_id)
            service.answer_clarification(
                session, current_actor(), seen, form.answer.data, form.answered_by.data, form.once()
            )
            return _back(fill_id, "The answer is recorded; the fill is in review again.")
    return _page(fill_id, "answer", form)


@bp.post("/fills/<int:fill_id>/rejection")
@access(Action.REJECT_FILL)
def reject(fill_id: int) -> ResponseReturnValue:
    form = _posted(ReasonForm, "reject")
    if form.validate_on_submit():
        with form.catching():
            service.reject_fill(session, current_actor(), form.seen(Fill, fill_id), form.reason.data, form.once())
            return _back(fill_id, "The prescription is rejected.")
    return _page(fill_id, "reject", form)


@bp.post("/fills/<int:fill_id>/cancellation")
@access(Action.CANCEL_FILL)
def cancel(fill_id: int) -> ResponseReturnValue:
    form = _posted(ReasonForm, "cancel")
    if form.validate_on_submit():
        with form.catching():
            service.cancel_fill(session, current_actor(), form.seen(Fill, fill_id), form.reason.data, form.once())
            return _back(fill_id, "The fill is cancelled.")
    return _page(fill_id, "cancel", form)
