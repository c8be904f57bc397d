"""The pages of preparation: the list, planning, the bench, the compounding record, release, rejection, giving up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session, viewed
from pharmacy.accounts import signing
from pharmacy.actions.catalogue import Action
from pharmacy.errors import PharmacyError
from pharmacy.forms import answer
from pharmacy.formulary import queries as formulary
from pharmacy.premises import queries as premises
from pharmacy.premises import service as premises_service
from pharmacy.preparations import bench as lines
from pharmacy.preparations import draft as drafting
from pharmacy.preparations import forms, outcome, paper, queries, record, service
from pharmacy.preparations import offer as offering
from pharmacy.preparations import state as standing
from pharmacy.preparations.evenness import evenness
from pharmacy.preparations.lasting import EndsTooSoon
from pharmacy.preparations.models import Preparation
from pharmacy.preparations.state import State
from pharmacy.stock.words import amount_text

bp = Blueprint("preparations", __name__)


@bp.get("/preparations")
@access(Action.VIEW)
def index() -> ResponseReturnValue:
    return answer(
        "preparations/index.html",
        open=queries.listed(session, queries.open_preparations(session)),
        judged=queries.listed(session, queries.judged_lately(session)),
        waiting=len(offering.all_to_make(session)),
    )


# --- planning -----------------------------------------------------------------------------------------------------------


@bp.get("/preparations/new")
@access(Action.PLAN_PREPARATION)
def new() -> ResponseReturnValue:
    versions = formulary.approved(session)
    fills, asked = offering.all_to_make(session), request.args.get("fill", 0, type=int)
    groups = offering.grouped(session, versions, fills)
    return answer(
        "preparations/new.html",
        groups=sorted(groups, key=lambda group: all(one.id != asked for one in group[1])),  # stable
        unmade=offering.without_formula(session, versions, fills),
        versions=versions,
    )


@bp.route("/preparations/new/<int:version_id>", methods=["GET", "POST"])
@access(Action.PLAN_PREPARATION)
def plan(version_id: int) -> ResponseReturnValue:
    offer = offering.offer(session, version_id)
    form = forms.plan_form(offer)
    if not form.is_submitted():
        form.prefill(offering.first_choice(session, offer, request.args.getlist("fill", type=int)))
    elif form.validate_on_submit() and request.form.get("do") == "plan":
        with form.catching():
            preparation_id = service.plan_preparation(session, current_actor(), form.choice(), form.once())
            return redirect(url_for("preparations.bench", preparation_id=preparation_id))
    offer = offering.offer(session, version_id)
    return answer("preparations/plan.html", form, offer=offer, **_worked_out(form))


@bp.post("/preparations/new/<int:version_id>/preview")
@access(Action.PLAN_PREPARATION)
def preview(version_id: int) -> ResponseReturnValue:
    form = forms.plan_form(offering.offer(session, version_id))
    form.validate()
    return make_response(render_template("preparations/_worked_out.html", **_worked_out(form)))


def _worked_out(form: forms.PlanForm) -> dict[str, Any]:
    """The plan as it would be saved, or the one sentence that says why it would not."""
    about = {"draft": None, "refusal": "", "amount": amount_text, "counted": (), "ends_too_soon": None}
    if form.is_submitted() and form.errors and not any("lot_" in name for name in form.errors):
        return {**about, "refusal": "Correct what is marked."}
    try:
        found = drafting.draft(session, form.choice())
        return {**about, "draft": found, "counted": lines.counted_lines(found.plan)}
    except EndsTooSoon as refused:
        return {**about, "refusal": refused.sentence, "ends_too_soon": refused if refused.may_be_reduced else None}
    except PharmacyError as refused:
        nothing_yet = refused.field == "for_stock" and not form.is_submitted() and not form.for_stock.data
        return about if nothing_yet else {**about, "refusal": refused.sentence}


# --- the bench ----------------------------------------------------------------------------------------------------------


@bp.route("/preparations/<int:preparation_id>/bench", methods=["GET", "POST"])
@access(Action.RECORD_WEIGHING)
def bench(preparation_id: int) -> ResponseReturnValue:
    if request.method == "GET":
        viewed(Preparation, preparation_id)
    found = _state(preparation_id, request.values.get("line", ""), request.args.get("step", ""))
    if found.stage == standing.DONE:
        return redirect(url_for("preparations.show", preparation_id=preparation_id))
    form = forms.ReadingForm.about(found.preparation)
    if form.again.data:
        return redirect(url_for("preparations.bench", preparation_id=preparation_id, line=form.line.data))
    if form.validate_on_submit() and not _wants_more(form, found):
        with form.catching():
            reading = service.Reading(form.line.data or "", _typed(form), form.lot.data or "", form.reason.data or "")
            seen = form.seen(Preparation, preparation_id)
            service.record_weighing(session, current_actor(), seen, reading, form.once())
            return redirect(url_for("preparations.bench", preparation_id=preparation_id))
    if form.is_submitted():
        found = _state(preparation_id, request.values.get("line", ""))  # what was refused was also rolled back
    return _bench(found, form)


def _typed(form: forms.ReadingForm) -> Decimal:
    assert form.reading.data is not None
    return Decimal(form.reading.data)


def _wants_more(form: forms.ReadingForm, found: State) -> bool:
    """Whether the page shows the reading first: it is outside its limits, or the container is not scanned yet."""
    pan = found.pan(form.reading.data)
    if pan is None or found.line is None or form.line.data != found.line.key:
        return False
    return (not pan.good and not form.keep.data) or bool(found.line.lot and not form.lot.data)


def _bench(found: State, form: Any) -> ResponseReturnValue:
    """The bench with the form that its step asks for, and with that of giving up."""
    preparation, stage = found.preparation, found.stage
    giving_up = form if isinstance(form, forms.GiveUpForm) else None
    if not isinstance(form, _FORM_OF[stage]):
        form = forms.fresh(_FORM_OF[stage], preparation)
    if stage == standing.CAPSULES and not form.is_submitted():
        forms.show_capsules(form, [found.typed(line) for line in found.singles])
    if stage == standing.CHECKS:
        forms.show_checks(form, len(found.plan.formula.particulars.quality_checks))
    pan = None
    if stage == standing.WEIGH and found.line is not None:
        pan, form.line.data = None if found.stopped else found.pan(form.reading.data), found.line.key
    if found.stopped:  # said at the head of the page, whatever was typed
        form.form_errors = [one for one in form.form_errors if one != found.stopped]
    return answer(
        "preparations/bench.html",
        form,
        422 if giving_up or (found.stopped and form.is_submitted()) else None,
        give_up=giving_up or forms.fresh(forms.GiveUpForm, preparation, prefix="give-up"),
        found=found,
        pan=pan,
        capsules=evenness(found),
        medicine=queries.medicine(preparation),
        made=queries.made_text(preparation),
        most=outcome.theoretical(found.plan),
    )


_FORM_OF: dict[str, Any] = {
    standing.WEIGH: forms.ReadingForm,
    standing.CAPSULES: forms.CapsulesForm,
    standing.CHECKS: forms.ChecksForm,
    standing.FINISH: forms.FinishForm,
}


@bp.post("/preparations/<int:preparation_id>/capsules")
@access(Action.RECORD_WEIGHING)
def capsules(preparation_id: int) -> ResponseReturnValue:
    form = forms.CapsulesForm()
    if form.validate_on_submit():
        with form.catching():
            was = _state(preparation_id).recorded
            weights = {
                number: typed for number, typed in form.weights().items() if was.get(lines.capsule_key(number)) != typed
            }
            seen = form.seen(Preparation, preparation_id)
            service.record_capsules(session, current_actor(), seen, weights, form.reason.data or "", form.once())
            return redirect(url_for("preparations.bench", preparation_id=preparation_id))
    if form.is_submitted():
        _mark_outside(form, _state(preparation_id).singles)
    return _again(preparation_id, standing.CAPSULES, form)


def _mark_outside(form: forms.CapsulesForm, singles: Sequence[lines.Line]) -> None:
    """Say at each capsule that was refused what is wrong with it, unless a reason keeps it."""
    for line, entry in zip(singles, form.gross, strict=False):
        if entry.data is None or entry.errors:
            continue
        try:
            amount = line.from_typed(entry.data)
            if not line.within(amount) and not form.reason.data:
                entry.errors = [f"{line.verdict(amount)}."]
        except PharmacyError as refused:
            entry.errors = [refused.sentence]


@bp.post("/preparations/<int:preparation_id>/checks")
@access(Action.RECORD_CHECKS)
def checks(preparation_id: int) -> ResponseReturnValue:
    form = forms.ChecksForm()
    names = [one.name for one in _state(preparation_id).plan.formula.particulars.quality_checks]
    if form.validate_on_submit():
        observed = form.observed(names)
        if form.is_whole():
            with form.catching():
                seen = form.seen(Preparation, preparation_id)
                service.record_checks(session, current_actor(), seen, observed, form.once())
                return redirect(url_for("preparations.bench", preparation_id=preparation_id))
    return _again(preparation_id, standing.CHECKS, form)


@bp.post("/preparations/<int:preparation_id>/finish")
@access(Action.FINISH_PREPARATION)
def finish(preparation_id: int) -> ResponseReturnValue:
    form = forms.FinishForm()
    if form.validate_on_submit():
        with form.catching():
            assert form.amount.data is not None
            unit = queries.unit_of(queries.preparation(session, preparation_id))
            made = service.Finish(form.amount.data * forms.SIZE.get(unit, Decimal(1)), form.reason.data or "")
            seen = form.seen(Preparation, preparation_id)
            service.finish_preparation(session, current_actor(), seen, made, form.once())
            flash("Finished. The lot is in quarantine until a pharmacist releases it.", "ok")
            return redirect(url_for("preparations.show", preparation_id=preparation_id))
    return _again(preparation_id, standing.FINISH, form)


def _again(preparation_id: int, stage: str, form: Any) -> ResponseReturnValue:
    """The bench once more, with what was typed and what is wrong about it."""
    found = _state(preparation_id, "", stage)
    if found.stage == standing.DONE:
        return _show(preparation_id)
    return _bench(found, form)


# --- the record, release and rejection ----------------------------------------------------------------------------------


@bp.get("/preparations/<int:preparation_id>")
@access(Action.VIEW)
def show(preparation_id: int) -> ResponseReturnValue:
    queries.preparation(session, preparation_id)
    viewed(Preparation, preparation_id)
    return _show(preparation_id)


@bp.post("/preparations/<int:preparation_id>/release")
@access(Action.RELEASE_PREPARATION)
def release(preparation_id: int) -> ResponseReturnValue:
    form = forms.ReleaseForm()
    if form.validate_on_submit():
        with form.catching():
            seen, key = form.seen(Preparation, preparation_id), form.once()
            own = current_actor().id in queries.preparation(session, preparation_id).made_by
            solo = premises_service.solo(session, form.solo_reason.data or "", own=own)
            signature = signing.sign(session, current_actor(), form.secret.data or "")
            service.release_preparation(session, current_actor(), seen, signature, form.note.data or "", key, solo)
            flash("Released and signed.", "ok")
            return redirect(url_for("preparations.show", preparation_id=preparation_id))
    return _show(preparation_id, release_form=form)


@bp.post("/preparations/<int:preparation_id>/rejection")
@access(Action.REJECT_PREPARATION)
def reject(preparation_id: int) -> ResponseReturnValue:
    form = forms.RejectForm(prefix="reject")
    if form.validate_on_submit():
        with form.catching():
            seen, key = form.seen(Preparation, preparation_id), form.once()
            signature = signing.sign(session, current_actor(), form.secret.data or "")
            service.reject_preparation(session, current_actor(), seen, form.reason.data.strip(), signature, key)
            flash(f"Rejected. {_what_becomes(preparation_id)}", "caution")
            return redirect(url_for("preparations.show", preparation_id=preparation_id))
    return _show(preparation_id, reject_form=form)


@bp.post("/preparations/<int:preparation_id>/giving-up")
@access(Action.GIVE_UP_PREPARATION)
def give_up(preparation_id: int) -> ResponseReturnValue:
    form = forms.GiveUpForm(prefix="give-up")
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(Preparation, preparation_id)
            service.give_up_preparation(session, current_actor(), seen, form.reason.data, form.once())
            flash(f"Given up. {_what_becomes(preparation_id)}", "ok")
            return redirect(url_for("preparations.show", preparation_id=preparation_id))
    return _again(preparation_id, "", form)


def _what_becomes(preparation_id: int) -> str:
    """What becomes of ingredients and fills of a lot that is not made."""
    row = queries.preparation(session, preparation_id)
    stock = (
        "Its ingredients stay used." if row.compounded_on else "Nothing of it was weighed, so nothing left the stock."
    )
    return f"{stock} Its fills wait for preparation again." if queries.fills_of(session, [row.id]) else stock


@bp.get("/preparations/<int:preparation_id>/compounding-record.pdf")
@access(Action.PRINT)
def record_pdf(preparation_id: int) -> ResponseReturnValue:
    queries.preparation(session, preparation_id)
    viewed(Preparation, preparation_id)
    content = paper.render(record.compounding_record(session, preparation_id))
    headers = {"Content-Disposition": "inline; filename=compounding-record.pdf"}
    return Response(content, mimetype="application/pdf", headers=headers)


def _show(preparation_id: int, release_form: Any = None, reject_form: Any = None) -> ResponseReturnValue:
    found = _state(preparation_id)
    row, actor = found.preparation, current_actor()
    checks = tuple(rows[-1] for rows in found.checks.values())
    return answer(
        "preparations/show.html",
        release_form or reject_form,
        found=found,
        medicine=queries.medicine(row),
        made=queries.made_text(row),
        came=queries.made_text(row, row.yield_amount) if row.yield_amount is not None else "",
        own=actor.id in row.made_by,
        alone=premises.policy(session).solo_mode,
        why_not=outcome.why_not_released(found.result, checks) if found.result else "",
        release_form=release_form or forms.fresh(forms.ReleaseForm, row),
        reject_form=reject_form or forms.fresh(forms.RejectForm, row, prefix="reject"),
        record=record.compounding_record(session, preparation_id),
        today=clock.today(),
        amount=amount_text,
    )


def _state(preparation_id: int, line: str = "", stage: str = "") -> State:
    return standing.state(session, preparation_id, line, stage)
