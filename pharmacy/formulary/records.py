"""The pages on which a record begins, and the file that a version is exported as."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy.access import access, current_actor, session
from pharmacy.actions.catalogue import Action
from pharmacy.domain.formula import Formula
from pharmacy.errors import PharmacyError
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
            flash(written(len(drafts)), "ok" if drafts else "caution")
            return redirect(url_for("formulary.index"))
    return answer("formulary/family.html", form, families=FAMILIES, unit_of=family_unit)


def _make_family(form: FamilyForm) -> list[int]:
    sort, which = form.chosen
    if sort == PROGRAM:
        return service.bring_family(session, current_actor(), FAMILIES[which], form.strengths.strengths, form.once())
    base = _latest(queries.record(session, int(which)))
    formulas = [at_strength(base, one) for one in form.strengths.strengths]
    return service.draft_family(session, current_actor(), formulas, form.once())


def written(count: int) -> str:
    if not count:
        return "Every strength that it comes in has its record already."
    return (
        "1 draft was written. It waits for approval."
        if count == 1
        else f"{count} drafts were written. They wait for approval."
    )


def _latest(record: MasterFormulationRecord) -> Formula:
    """The version in force, else the newest."""
    return definition.read(queries.in_force(record) or record.latest)


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
    """A draft from an exported file: of a new record, or, once it was said what changes, the next version of its own."""
    form = ImportForm()
    if form.validate_on_submit():
        with form.catching():
            try:
                return redirect(url_for("formulary.version", version_id=_import(form)))
            except service.HasRecord:
                _keep(form)
    return answer("formulary/import.html", form, largest=LARGEST // 1024, found=_next_of(form))


def _import(form: ImportForm) -> int:
    """Write what was sent: with a text that came back, the next version; else a record of its own."""
    content, key = form.content(), form.once()
    if not form.text.data:
        return service.import_formula(session, current_actor(), content, key)
    seen, reason = form.seen(MasterFormulationRecord), form.reason.data or ""
    return service.import_version(session, current_actor(), seen, content, reason, key)


@dataclass(frozen=True, slots=True)
class NextVersion:
    """The record that a file is of, the number of the version that it would be, and what that changes."""

    record: MasterFormulationRecord
    last: int
    number: int
    changes: list[tuple[str, str, str]]


def _keep(form: ImportForm) -> None:
    """Keep the text of a file that has a record here, for the question what changes and why; refused where nothing does."""
    content = form.content()
    formula = service.formula_of_file(session, content)
    record = queries.record_of(session, formula)
    assert record is not None
    try:
        service.check_changed(record, formula)
    except PharmacyError as refused:
        raise PharmacyError(f"This is {record.number} as it stands. {refused.sentence}", "file") from None
    form.text.data = content.decode("utf-8-sig")
    form.seen_id.data, form.seen_version.data = str(record.id), str(record.version)


def _next_of(form: ImportForm) -> NextVersion | None:
    """What the text that is kept would be in its record; None without one, or where it is none of a record here."""
    try:
        formula = service.formula_of_file(session, form.content()) if form.text.data else None
    except PharmacyError:  # said at its field already
        return None
    record = queries.record_of(session, formula) if formula else None
    if formula is None or record is None:
        return None
    last = record.latest
    return NextVersion(
        record, last.number, record.versions[-1].number + 1, definition.differences(definition.read(last), formula)
    )


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
