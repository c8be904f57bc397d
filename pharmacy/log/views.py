"""The log: read by filter, one entry, one fill's whole record, from a lot forward, recomputed, exported."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from pharmacy import clock
from pharmacy.access import access, current_actor, session, viewed
from pharmacy.accounts import queries as accounts
from pharmacy.actions.catalogue import Action
from pharmacy.forms import answer
from pharmacy.log import dossier, queries, service
from pharmacy.log.forms import FilterForm
from pharmacy.log.queries import Filters
from pharmacy.log.sentences import tell
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot

bp = Blueprint("log", __name__)


def _form() -> FilterForm:
    form = FilterForm()
    form.person.choices = [
        SelectChoice(0, "everybody"),
        *(SelectChoice(one.id, one.full_name) for one in accounts.people(session)),
    ]
    return form


def _filters(form: FilterForm) -> Filters:
    return Filters(
        person=form.person.data or None,
        action=Action(form.action.data) if form.action.data else None,
        subjects=service.subjects(session, form.patient.data or "", form.prescription.data or "", form.lot.data or ""),
        first_day=form.first_day.data,
        last_day=form.last_day.data,
        without_views=bool(form.without_views.data),
    )


@bp.route("/log", methods=["GET", "POST"])
@access(Action.READ_LOG)
def index() -> ResponseReturnValue:
    """Newest first. A filter is posted: a patient's name has no place in an address."""
    form = _form()
    filters, before = (None if form.is_submitted() else Filters()), None
    if form.validate_on_submit():
        with form.catching():
            filters, before = _filters(form), form.earlier_than()
    service.read(session, current_actor())
    session.rollback()
    return _timeline(form, filters, before)


def _timeline(form: FilterForm, filters: Filters | None, before: int | None = None) -> ResponseReturnValue:
    """The page; a filter that makes no sense shows nothing, never everything."""
    page = queries.entries(session, filters, before) if filters else []
    return answer(
        "log/index.html", form, entries=tell(session, page), before=before, refused=filters is None,
        count=queries.count(session, filters) if filters else (0, False),
        earlier=page[-1].n if len(page) == queries.PAGE else None, head=queries.head(session, current_actor().site),
        checked=_checked(), local=clock.local,
    )  # fmt: skip


def _checked() -> object:
    raw = queries.last_verified(session)
    return tell(session, [raw])[0] if raw else None


@bp.get("/log/<int:n>")
@access(Action.READ_LOG)
def entry(n: int) -> ResponseReturnValue:
    service.read(session, current_actor())
    session.rollback()
    (told,) = tell(session, [queries.entry(session, n)])
    return answer("log/entry.html", told=told, last=queries.head(session, current_actor().site)[0])


@bp.post("/log/verify")
@access(Action.VERIFY_RECORDS)
def verify() -> ResponseReturnValue:
    verdict = service.verify(session, current_actor())
    if verdict.first_bad is None:
        flash(f"{verdict.entries} entries were recomputed; the chain is unbroken. Head: {verdict.head}", "ok")
    else:
        flash(
            f"Entry {verdict.first_bad} is bad: {verdict.fault}. Stop, keep the data as they are, and tell the pharmacist in charge.",
            "stop",
        )
    return redirect(url_for("log.index"))


@bp.post("/log/export")
@access(Action.EXPORT_LOG)
def export() -> ResponseReturnValue:
    form = _form()
    if form.validate_on_submit():
        with form.catching():
            text = service.export(session, current_actor(), _filters(form))
            return Response(text, mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=log.csv"})
    return _timeline(form, None)


@bp.get("/log/fills/<int:fill_id>")
@access(Action.VIEW)
def fill_record(fill_id: int) -> ResponseReturnValue:
    """One fill's complete record, as one printable document."""
    viewed(Fill, fill_id)
    opened = request.args.get("entries") == "opened"
    return answer("log/fill_record.html", record=dossier.of_fill(session, fill_id), local=clock.local, opened=opened)


@bp.get("/log/lots/<int:lot_id>")
@access(Action.VIEW)
def trace(lot_id: int) -> ResponseReturnValue:
    """From a lot forward: what was made of it, which fills hold it, and whom to call."""
    viewed(Lot, lot_id)
    return answer("log/trace.html", trace=queries.trace(session, lot_id))
