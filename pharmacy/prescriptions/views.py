"""The pages of prescriptions: the list, one prescription, and starting a refill. Entry and review are beside it."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session, viewed
from pharmacy.accounts import queries as accounts
from pharmacy.actions.catalogue import Action
from pharmacy.errors import PharmacyError
from pharmacy.forms import answer
from pharmacy.prescriptions import entry, kit_entry, kits, queries, reviewing, service
from pharmacy.prescriptions.blueprint import bp
from pharmacy.prescriptions.forms import ActOnlyForm, FindForm
from pharmacy.prescriptions.models import Prescription
from pharmacy.prescriptions.words import fill_row, patient_facts, subject_fill
from pharmacy.screening import queries as screening

__all__ = ("bp", "entry", "kit_entry", "reviewing")


@bp.route("/prescriptions", methods=["GET", "POST"])
@access(Action.VIEW)
def index() -> ResponseReturnValue:
    """What is open, and what was finished last; a number leads straight to its prescription."""
    form = FindForm()
    if form.validate_on_submit():
        with form.catching():
            found = queries.fill_by_number(session, form.number.data)
            if found is None:
                raise PharmacyError("There is no prescription of that number.", "number")
            return redirect(url_for("prescriptions.show", prescription_id=found.prescription_id))
    open_fills, closed = queries.open_fills(session), queries.closed_fills(session)
    counts = screening.counts(session, [one.id for one in open_fills])
    return answer(
        "prescriptions/index.html",
        form,
        open_rows=[fill_row(one, counts.get(one.id, {}), clock.now()) for one in open_fills],
        closed_rows=[fill_row(one, {}, clock.now()) for one in closed],
    )


@bp.get("/prescriptions/<int:prescription_id>")
@access(Action.VIEW)
def show(prescription_id: int) -> ResponseReturnValue:
    """One prescription with its original, fills, amendments and questions."""
    queries.prescription(session, prescription_id)  # 404 before it is said that someone looked at it
    viewed(Prescription, prescription_id)
    return _page(prescription_id, ActOnlyForm())


def _page(prescription_id: int, form: ActOnlyForm) -> ResponseReturnValue:
    row = queries.prescription(session, prescription_id)
    order = queries.order_of(row)
    amendments = queries.amendments(session, row.id)
    questions = queries.clarifications(session, [one.id for one in row.fills])
    people = [row.entered_by, row.taken_by, *(one.made_by for one in amendments), *(one.asked_by for one in questions)]
    if not form.errors:
        form.seen_id.data, form.seen_version.data = str(row.id), str(row.version)
    return answer(
        "prescriptions/show.html",
        form,
        row=row,
        order=order,
        words_of=order.words(),
        days=queries.days_supply(row),
        refills_left=queries.refills_left(row),
        why_no_refill=queries.can_refill(session, row),
        reviewed=queries.was_reviewed(session, row),
        amendments=amendments,
        questions=questions,
        kit=kits.members(session, row) if row.kit_id else [],
        numbers={one.id: one.number for one in row.fills},
        names=accounts.names(session, people),
        patient=patient_facts(row.patient, clock.today()),
        last=subject_fill(row.fills[-1], row) if row.fills else None,
        quantity_text=lambda one: order.form.amount_text(one.quantity),
    )


@bp.post("/prescriptions/<int:prescription_id>/refill")
@access(Action.START_REFILL)
def refill(prescription_id: int) -> ResponseReturnValue:
    """Start the next fill; it goes to review."""
    form = ActOnlyForm()
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(Prescription, prescription_id)
            fill_id = service.start_refill(session, current_actor(), seen, form.once())
            flash("The next fill is started. Ask for the medicines again; every finding is decided anew.", "ok")
            return redirect(url_for("prescriptions.review", fill_id=fill_id))
    return _page(prescription_id, form)
