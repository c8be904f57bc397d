"""The pages of the formulary."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session
from pharmacy.accounts import queries as accounts
from pharmacy.accounts import signing
from pharmacy.actions.catalogue import Action
from pharmacy.forms import answer
from pharmacy.formulary import approval, definition, forms, queries, records, service
from pharmacy.formulary.blueprint import bp
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.formulary.queries import DRAFT
from pharmacy.premises import service as premises_service
from pharmacy.rules import book

__all__ = ("bp", "records")


@bp.get("/formulary")
@access(Action.VIEW)
def index() -> ResponseReturnValue:
    listed = queries.records(session)
    people = {one.approved_by for found in listed for one in found.versions}
    return answer(
        "formulary/index.html",
        forms.BringForm(),
        records=listed,
        in_force=queries.in_force,
        waiting=queries.waiting(session),
        approvers=approval.approvers(session),
        nobody_else=approval.NOBODY_ELSE,
        reader=current_actor().id,
        names=accounts.names(session, people | {one.author_id for found in listed for one in found.versions}),
    )


@bp.post("/formulary/starting-formulas")
@access(Action.DRAFT_FORMULA)
def bring_starting() -> ResponseReturnValue:
    form = forms.BringForm()
    if form.validate_on_submit():
        drafts = service.bring_starting_formulas(session, current_actor())
        flash(records.written(len(drafts)), "ok" if drafts else "caution")
    return redirect(url_for("formulary.index"))


@bp.get("/formulary/<int:record_id>")
@access(Action.VIEW)
def show(record_id: int) -> ResponseReturnValue:
    found = queries.record(session, record_id)
    version = queries.in_force(found) or found.latest
    return answer("formulary/show.html", **_about(found, version))


@bp.get("/formulary/versions/<int:version_id>")
@access(Action.VIEW)
def version(version_id: int) -> ResponseReturnValue:
    return _page(version_id)


@bp.post("/formulary/versions/<int:version_id>/approval")
@access(Action.APPROVE_FORMULA)
def approve(version_id: int) -> ResponseReturnValue:
    form = forms.ApproveForm()
    if form.validate_on_submit():
        with form.catching():
            seen, key = form.seen(FormulaVersion, version_id), form.once()
            own = queries.version(session, version_id).author_id == current_actor().id
            solo = premises_service.solo(session, form.solo_reason.data or "", own=own)
            signature = signing.sign(session, current_actor(), form.secret.data or "")
            service.approve_formula(session, current_actor(), seen, signature, key, solo)
            flash("Approved and signed.", "ok")
            return redirect(url_for("formulary.version", version_id=version_id))
    return _page(version_id, approve_form=form)


@bp.post("/formulary/versions/<int:version_id>/withdrawal")
@access(Action.WITHDRAW_FORMULA)
def withdraw(version_id: int) -> ResponseReturnValue:
    form = forms.WithdrawForm()
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(FormulaVersion, version_id)
            service.withdraw_formula(session, current_actor(), seen, form.withdrawal.data, form.once())
            flash("The draft is withdrawn.", "ok")
            return redirect(url_for("formulary.version", version_id=version_id))
    return _page(version_id, withdraw_form=form)


@bp.post("/formulary/versions/<int:version_id>/retirement")
@access(Action.RETIRE_FORMULA)
def retire(version_id: int) -> ResponseReturnValue:
    form = forms.RetireForm()
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(FormulaVersion, version_id)
            service.retire_formula(session, current_actor(), seen, form.reason.data, form.once())
            return redirect(url_for("formulary.version", version_id=version_id))
    return _page(version_id, retire_form=form)


@bp.route("/formulary/<int:record_id>/new-version", methods=["GET", "POST"])
@access(Action.DRAFT_FORMULA)
def new_version(record_id: int) -> ResponseReturnValue:
    found = queries.record(session, record_id)
    former = definition.read(found.latest)
    form = forms.VersionForm.of(found, former, queries.powders(session))
    if form.validate_on_submit():
        with form.catching():
            seen, key = form.seen(MasterFormulationRecord, record_id), form.once()
            formula = form.formula(former)
            draft = service.draft_version(session, current_actor(), seen, formula, form.reason.data, key)
            return redirect(url_for("formulary.version", version_id=draft))
    found = queries.record(session, record_id)
    return answer("formulary/new_version.html", form, record=found, formula=former, latest=found.latest)


def _page(
    version_id: int, approve_form: Any = None, retire_form: Any = None, withdraw_form: Any = None
) -> ResponseReturnValue:
    """One version with what may be done about it; 422 when a form was refused."""
    found = queries.version(session, version_id)
    own = found.author_id == current_actor().id
    return answer(
        "formulary/version.html",
        approve_form or retire_form or withdraw_form or forms.ApproveForm.about(found),
        approve_form=approve_form or forms.ApproveForm.about(found),
        retire_form=retire_form or forms.RetireForm.about(found),
        withdraw_form=withdraw_form or forms.WithdrawForm.about(found),
        approvers=approval.approvers(session),
        own=own,
        reader=current_actor().id,
        outrun=found.status == DRAFT and queries.outrun(found.record, found),
        **_about(found.record, found),
    )


def _about(record: MasterFormulationRecord, found: FormulaVersion) -> dict[str, Any]:
    """Everything that the record asks for (USP <795> (2023), master formulation record), of one version."""
    formula = definition.read(found)
    more = formula.particulars
    limit = book.load().beyond_use_limit(more.bud_class, clock.today())
    former = max(
        (one for one in record.standing if one.number < found.number), key=lambda one: one.number, default=None
    )
    people = {one.author_id for one in record.versions} | {one.approved_by for one in record.versions}
    return {
        "record": record,
        "version": found,
        "formula": formula,
        "amounts": definition.amounts(formula),
        "calculation": definition.calculation(formula),
        "studies": [definition.study_text(one) for one in formula.particulars.studies],
        "former": former,
        "changes": definition.differences(definition.read(former), formula) if former else [],
        "limit": limit,
        "lasting": definition.lasting_text(limit.days, more),
        "names": accounts.names(session, people),
    }
