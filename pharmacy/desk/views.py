"""Pages that span steps: the queue, search, the first set-up."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import PUBLIC, SIGNED_IN, access, current_actor, session, viewed
from pharmacy.actions.catalogue import Action
from pharmacy.desk import amending, finding, first_day, queries, telling
from pharmacy.desk.forms import FindForm, SetUpForm
from pharmacy.forms import answer
from pharmacy.patients.models import Patient
from pharmacy.premises import queries as premises
from pharmacy.premises.service import Identity

bp = Blueprint("desk", __name__)


@bp.get("/")
@access(SIGNED_IN)
def queue() -> ResponseReturnValue:
    """Each role's home: what waits for me, since when, oldest first."""
    policy = premises.policy(session)
    groups = queries.waiting(session, current_actor(), policy.late_after())
    return answer(
        "desk/queue.html", groups=groups, span_words=waiting_words, since_words=clock_words,
        late_count=sum(1 for _name, rows in groups for row in rows if row.late),
        has_queue=queries.has_queue(current_actor()),
    )  # fmt: skip


def waiting_words(span: timedelta) -> str:
    """``2 h 48 min``, ``3 days``: how long."""
    minutes = int(span.total_seconds()) // 60
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def clock_words(row: queries.Waiting) -> tuple[str, str]:
    """How long it waits, and since when on the wall clock."""
    here = clock.local(row.since)
    when = f"{here:%H:%M} today" if here.date() == clock.today() else f"{here:%d} {here:%b}".upper() + f" {here:%H:%M}"
    return waiting_words(clock.now() - row.since), when


@bp.get("/patients/<int:patient_id>/story")
@access(Action.VIEW)
def story(patient_id: int) -> ResponseReturnValue:
    """A patient's whole story: what was ordered, filled and handed over, and what she takes beside it."""
    viewed(Patient, patient_id)
    return answer("desk/story.html", story=telling.of_patient(session, patient_id))


@bp.post("/find")
@access(Action.SEARCH)
def find() -> ResponseReturnValue:
    """By any part of name, phone, date of birth, Rx, fill or lot number: a POST, because addresses are kept in histories."""
    form = FindForm()
    text = (form.q.data or "").strip() if form.validate() else ""
    found = finding.find(session, current_actor(), text)
    if (only := found.only()) is not None:
        endpoint, values = only
        return redirect(url_for(endpoint, **values))
    return answer("desk/found.html", form, 200, found=found, text=text)


@bp.route("/set-up", methods=["GET", "POST"])
@access(PUBLIC)
def set_up() -> ResponseReturnValue:
    first_day.check_open(session)
    form = SetUpForm()
    if form.validate_on_submit():
        with form.catching():
            if form.password.data != form.again.data:
                form.again.errors = ["The two are not the same."]
                return answer("desk/set_up.html", form)
            identity = Identity(form.name.data, form.street.data, form.town.data, form.phone.data, form.licence.data)
            me = (form.full_name.data, form.credentials.data or "", form.sign_in_name.data)
            data = current_app.extensions["config"].data
            first_day.set_up(session, data, form.code.data, request.remote_addr or "", identity, me, form.password.data)
            flash("The pharmacy is set up. Sign in.", "ok")
            return redirect(url_for("accounts.sign_in"))
    return answer("desk/set_up.html", form)


@bp.route("/prescriptions/<int:prescription_id>/amendment", methods=["GET", "POST"])
@access(Action.AMEND_PRESCRIPTION)
def amend(prescription_id: int) -> ResponseReturnValue:
    """On the prescriber's word: was, now, who authorised it."""
    return amending.page(prescription_id)
