"""The pages on which a record begins, and the file that a version is exported as."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy.access import access, current_actor, session
from pharmacy.actions.catalogue import Action
from pharmacy.domain.formula import Formula
from pharmacy.forms import answer
from pharmacy.formulary import definition, queries, service
from pharmacy.formulary.blueprint import bp
from pharmacy.formulary.exchange import LARGEST, export_text, file_name
from pharmacy.formulary.models import MasterFormulationRecord
from pharmacy.formulary.record_forms import PROGRAM, CopyForm, FamilyForm, ImportForm
from pharmacy.formulary.starting import FAMILIES
from pharmacy.formulary.variants import at_strength, family_strength, family_unit


@bp.route("/formulary/families", methods=["GET", "POST"])
@access(Action.DRAFT_FORMULA)
def family() -> ResponseReturnValue:
    """A record for each strength of one formulation."""
    form = FamilyForm.of(queries.records(session))
    if form.validate_on_submit():
        with form.catching():
            drafts = _make_family(form)
            flash(_written(len(drafts)), "ok" if drafts else "caution")
            return redirect(url_for("formulary.index"))
    return answer("formulary/family.html", form, families=FAMILIES, unit_of=family_unit)


def _make_family(form: FamilyForm) -> list[int]:
    sort, which = form.chosen
    if sort == PROGRAM:
        return service.bring_family(session, current_actor(), FAMILIES[which], form.strengths.strengths, form.once())
    base = _latest(queries.record(session, int(which)))
    formulas = [at_strength(base, one) for one in form.strengths.strengths]
    return service.draft_family(session, current_actor(), formulas, form.once())


def _written(count: int) -> str:
    if not count:
        return "Every strength that it comes in has its record already."
    if count == 1:
        return "1 draft was written. It waits for the pharmacist in charge."
    return f"{count} drafts were written. They wait for the pharmacist in charge."


def _latest(record: MasterFormulationRecord) -> Formula:
    """The version in force, else the newest."""
    return definition.read(queries.in_force(record) or record.versions[-1])


@bp.route("/formulary/<int:record_id>/copy", methods=["GET", "POST"])
@access(Action.DRAFT_FORMULA)
def copy(record_id: int) -> ResponseReturnValue:
    """Another record after this one."""
    found, fillers = queries.record(session, record_id), queries.fillers(session)
    formula = _latest(found)
    form = CopyForm.of(found, formula, fillers)
    if form.validate_on_submit():
        with form.catching():
            made, key = form.copy(formula, fillers), form.once()
            draft = service.draft_formula(session, current_actor(), made, key)
            return redirect(url_for("formulary.version", version_id=draft))
    found = queries.record(session, record_id)
    unit, own = family_unit(formula), family_strength(formula)
    return answer("formulary/copy.html", form, record=found, formula=formula, unit=unit, own=own)


@bp.route("/formulary/import", methods=["GET", "POST"])
@access(Action.DRAFT_FORMULA)
def import_file() -> ResponseReturnValue:
    """A draft from an exported file."""
    form = ImportForm()
    if form.validate_on_submit():
        with form.catching():
            draft = service.import_formula(session, current_actor(), form.content(), form.once())
            return redirect(url_for("formulary.version", version_id=draft))
    return answer("formulary/import.html", form, largest=LARGEST // 1024)


@bp.get("/formulary/versions/<int:version_id>/file")
@access(Action.VIEW)
def export(version_id: int) -> ResponseReturnValue:
    """The version as a file: its name tells record and version and nothing else."""
    found = queries.version(session, version_id)
    formula = definition.read(found)
    said = f"{found.record.number}, version {found.number}, {found.status}: {found.record.title}"
    name = file_name(found.record.number, found.number)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(export_text(formula, said), mimetype="application/toml", headers=headers)
