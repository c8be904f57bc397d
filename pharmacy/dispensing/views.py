"""The page of hand-over: who gets it, how, and what was said; and what becomes of what nobody collects."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session, viewed
from pharmacy.accounts import queries as accounts
from pharmacy.actions.catalogue import Action, Role
from pharmacy.dispensing import calendar_paper, leaving, plan, queries, service
from pharmacy.dispensing.forms import DestroyForm, HandOverForm, ReturnForm
from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotFound
from pharmacy.forms import ActForm, answer
from pharmacy.labelling import queries as labelling
from pharmacy.premises import queries as premises
from pharmacy.prescriptions import kits
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.prescriptions.screen import is_current
from pharmacy.prescriptions.words import patient_facts, subject_fill
from pharmacy.verification import checking
from pharmacy.verification import queries as verification
from pharmacy.verification.forms import AgainForm

bp = Blueprint("dispensing", __name__)
AHEAD = 7  # days, from today on, that a calendar may begin on


@bp.get("/fills/<int:fill_id>/hand-over")
@access(Action.VIEW)
def show(fill_id: int) -> ResponseReturnValue:
    """Hand over what waits; afterwards the same page reads who got it, and what comes next."""
    prescriptions.fill(session, fill_id)  # 404 before it is said that someone looked at it
    viewed(Fill, fill_id)
    return _page(fill_id)


@bp.post("/fills/<int:fill_id>/hand-over")
@access(Action.HAND_OVER)
def hand_over(fill_id: int) -> ResponseReturnValue:
    """Hand it over, or give it to a carrier."""
    one = prescriptions.fill(session, fill_id)
    form, points = HandOverForm(prefix="hand"), queries.points(session, fill_id)
    _offer(form, fill_id)
    if form.validate_on_submit():
        with form.catching():
            given = form.given(one.prescription.patient.full_name, points)
            service.hand_over(session, current_actor(), form.seen(Fill, fill_id), given, form.once())
            flash("Handed over." if given.method is service.Method.PICK_UP else "Sent.", "ok")
            return redirect(url_for("dispensing.show", fill_id=fill_id))
    if not form.scans.errors:  # a wrong bottle is said at once, whatever else is missing
        with form.catching():
            service.check_labels(session, fill_id, [entry.data or "" for entry in form.scans])
    return _page(fill_id, "hand", form)


@bp.post("/fills/<int:fill_id>/return")
@access(Action.RETURN_FILL)
def take_back(fill_id: int) -> ResponseReturnValue:
    """Nobody collected it, or it may not leave."""
    form = ReturnForm(prefix="back")
    if form.validate_on_submit():
        with form.catching():
            seen, reason = form.seen(Fill, fill_id), form.reason.data or ""
            service.return_fill(session, current_actor(), seen, reason, form.once())
            flash("Returned. Keep it apart until it is destroyed; it never goes back to stock.", "ok")
            return redirect(url_for("dispensing.show", fill_id=fill_id))
    return _page(fill_id, "back", form)


@bp.post("/fills/<int:fill_id>/destruction")
@access(Action.DESTROY_FILL)
def destroy(fill_id: int) -> ResponseReturnValue:
    """Destroy what was returned, before a witness."""
    form = DestroyForm(prefix="destroy")
    if form.validate_on_submit():
        with form.catching():
            seen, reason, witness = form.seen(Fill, fill_id), form.reason.data or "", form.witness.data or ""
            service.destroy_fill(session, current_actor(), seen, reason, witness, form.once())
            flash("Destroyed, on record. Its labels are void.", "ok")
            return redirect(url_for("dispensing.show", fill_id=fill_id))
    return _page(fill_id, "destroy", form)


@bp.get("/fills/<int:fill_id>/calendar")
@access(Action.VIEW)
def calendar(fill_id: int) -> ResponseReturnValue:
    """Each day of a titration with what to take from which container, from a first day that can be chosen."""
    prescriptions.fill(session, fill_id)  # 404 before it is said that someone looked at it
    viewed(Fill, fill_id)
    one = prescriptions.fill(session, fill_id)
    made = plan.calendar_of(session, one, _start())
    today = clock.today()
    return answer(
        "dispensing/calendar.html",
        None,
        one=one,
        calendar=made,
        starts=[(ahead, today + timedelta(days=ahead)) for ahead in range(AHEAD)],
        asked=request.args.get("n"),
        amount=made.form.amount_text,
        patient=patient_facts(one.prescription.patient, today),
        subject=subject_fill(one),
        missing=kits.not_there(session, one),
    )


@bp.get("/fills/<int:fill_id>/calendar.pdf")
@access(Action.VIEW)
def calendar_pdf(fill_id: int) -> ResponseReturnValue:
    """The same for the patient, on paper."""
    prescriptions.fill(session, fill_id)
    viewed(Fill, fill_id)
    one = prescriptions.fill(session, fill_id)
    made = plan.calendar_of(session, one, _start())
    pdf = calendar_paper.render(made, one.prescription.patient.full_name, premises.the_pharmacy(session))
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="calendar.pdf"'
    return response


def _start() -> date | None:
    """The first day that the address asks for, as a number of days from today; None when it asks for none."""
    text = request.args.get("n", "")
    if not text:
        return None
    if text not in {str(ahead) for ahead in range(AHEAD)}:
        raise NotFound("There is no such first day.")
    return clock.today() + timedelta(days=int(text))


def _offer(form: HandOverForm, fill_id: int) -> None:
    people = {
        what: [(one.id, one.full_name) for one in found]
        for what, found in (("staff", queries.staff(session)), ("pharmacists", queries.pharmacists(session)))
    }
    count = len(labelling.containers(session, fill_id))
    form.offer(count, queries.points(session, fill_id), people["staff"], people["pharmacists"])


def _page(fill_id: int, name: str = "", refused: ActForm | None = None) -> ResponseReturnValue:
    """The page anew; a form that was refused stands in it with what was typed, about the fill as the page now shows it."""
    one = prescriptions.fill(session, fill_id)
    rows, form = labelling.containers(session, fill_id), Form(one.prescription.form)
    waiting = one.status == Status.WAITING
    if refused is not None:
        refused.seen_version.data = str(one.version)
    gone, disposed = queries.hand_over(session, fill_id), queries.disposals(session, fill_id)
    approval = verification.approval(session, fill_id)
    people = [approval.person_id if approval else None, *(was.person_id for was in disposed)]
    if gone is not None:
        people += [gone.person_id, gone.counselled_by, gone.packed_by]
    return answer(
        "dispensing/show.html",
        refused,
        one=one,
        row=one.prescription,
        containers=rows,
        labels={each.id: labelling.valid_label(each) for each in rows},
        points=queries.points(session, fill_id),
        supply=leaving.supply_of(one),
        use_before=min((each.lot.use_before for each in rows), default=None),
        against=leaving.against(session, one, rows) if waiting else [],
        undecided=waiting and bool(checking.undecided(session, fill_id)),
        current=is_current(session, one) if waiting else True,
        gone=gone,
        disposed=disposed,
        approval=approval,
        names=accounts.names(session, people),
        amount=form.amount_text,
        owed=prescriptions.owed_now(one.prescription),
        missing=kits.not_there(session, one) if waiting else [],
        place=kits.place(session, one),
        others=kits.others(session, one),
        has_calendar=kits.titrates(one),
        syringes=list(dict.fromkeys(each.syringe for each in rows if each.syringe)),
        refills_left=prescriptions.refills_left(one.prescription),
        why_no_refill=prescriptions.can_refill(session, one.prescription),
        forms_of={**_forms(one), **({name: refused} if refused is not None else {})},
        patient=patient_facts(one.prescription.patient, clock.today()),
        subject={**subject_fill(one), "lot": ", ".join(dict.fromkeys(each.lot.number for each in rows))},
    )


def _forms(one: Fill) -> dict[str, Any]:
    """Fresh forms about the fill; their names carry a prefix, because the page may hold several."""
    kinds: dict[str, type[ActForm]] = {
        "hand": HandOverForm,
        "back": ReturnForm,
        "destroy": DestroyForm,
        "again": AgainForm,
    }
    found: dict[str, Any] = {}
    for name, kind in kinds.items():
        form = found[name] = kind(prefix=name, formdata=None)
        form.seen_id.data, form.seen_version.data = str(one.id), str(one.version)
    _offer(found["hand"], one.id)
    actor = current_actor()
    if Role.PHARMACIST in actor.roles:
        found["hand"].counselled_by.data = str(actor.id)
    refill = found["refill"] = AgainForm(formdata=None)
    refill.seen_id.data, refill.seen_version.data = str(one.prescription_id), str(one.prescription.version)
    return found
