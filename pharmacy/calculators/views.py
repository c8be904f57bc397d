"""The pages of the calculators: the list, one page a kind, and attaching to a compounding record."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy.access import access, current_actor, session
from pharmacy.actions.catalogue import Action
from pharmacy.calculators import forms, queries, service
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems import Calculation, ProblemKind, solve
from pharmacy.domain.problems.said import said
from pharmacy.errors import PharmacyError
from pharmacy.forms import answer

bp = Blueprint("calculators", __name__)


@bp.get("/calculators")
@access(Action.VIEW)
def index() -> ResponseReturnValue:
    return answer("calculators/index.html", groups=queries.groups())


@bp.route("/calculators/<key>", methods=["GET", "POST"])
@access(Action.VIEW)
def calculator(key: str) -> ResponseReturnValue:
    """One kind. It is posted so that long lists fit and nothing of it stands in an address; nothing is saved."""
    kind = queries.calculator(key)
    form = forms.calculator_form(kind)
    solved = _solved(form) if form.validate_on_submit() else None
    return _page(kind, form, solved)


@bp.post("/calculators/<key>/attachments")
@access(Action.ATTACH_CALCULATION)
def attach(key: str) -> ResponseReturnValue:
    kind = queries.calculator(key)
    form = forms.attach_form(kind, queries.open_records(session))
    if form.validate_on_submit():
        try:
            seen, note = form.seen_preparation(), form.note.data or ""
            service.attach(session, current_actor(), seen, kind.key, form.given(), note, form.once())
        except PharmacyError as refused:
            form.refuse(refused)
        else:
            flash("Attached to this compounding record.", "ok")
            return redirect(url_for("preparations.show", preparation_id=seen.id))
    asked = forms.calculator_form(kind)
    solved = _solved(asked) if asked.validate() else None
    return _page(kind, asked, solved, form)


def _solved(form: forms.CalculatorForm) -> Calculation | None:
    """The problem solved in two ways; None where it was refused, which then stands at its field."""
    try:
        return solve(form.kind.key, form.given())
    except CalculationRefused as refused:
        form.refuse(refused)
        return None


def _page(
    kind: ProblemKind,
    form: forms.CalculatorForm,
    solved: Calculation | None,
    attaching: forms.AttachForm | None = None,
) -> ResponseReturnValue:
    records = queries.open_records(session) if solved else []
    attaching = attaching or forms.attach_form(kind, records, form)
    return answer(
        "calculators/show.html",
        attaching if attaching.errors else form,
        kind=kind,
        asked=form,
        solved=solved,
        answers=said(solved, kind) if solved else (),
        attaching=attaching,
        records=records,
    )
