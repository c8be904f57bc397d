"""The page that pharmacists live in: a prescription entered in the order of the paper, and corrected before its review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session, viewed
from pharmacy.accounts import held
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Action
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.forms import answer
from pharmacy.patients import queries as patients
from pharmacy.patients.models import Patient, Prescriber
from pharmacy.prescriptions import queries, screen, service
from pharmacy.prescriptions.blueprint import bp
from pharmacy.prescriptions.forms import EntryForm, OrderForm, ReceivedForm, WhyForm, whole_id
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.prescriptions.panel import panel
from pharmacy.prescriptions.words import patient_facts
from pharmacy.screening.service import Planned


@bp.route("/prescriptions/new", methods=["GET", "POST"])
@access(Action.ENTER_PRESCRIPTION)
def new() -> ResponseReturnValue:
    """Enter a prescription. A form that was held when a session ended comes back here with all that was typed."""
    kept = held.returned()
    form = EntryForm(formdata=kept) if kept is not None else EntryForm()
    if request.method == "GET" and kept is None:
        begin(form)
    if form.is_submitted():
        if asked_for_help(form):
            return _entry_page(form, 200)
        look_up(form)
        if form.validate():
            with form.catching():
                return _save(form)
    return _entry_page(form)


def begin(form: ReceivedForm) -> None:
    """Coming from a patient's page, the patient is chosen already; the id alone is in the address, never a name."""
    patient_id = request.args.get("patient", type=int)
    if patient_id is not None:
        try:
            form.patient.data = patients.patient(session, patient_id).full_name
        except NotFound:
            return
        form.patient_id.data = str(patient_id)


def _save(form: EntryForm) -> ResponseReturnValue:
    patient_id, prescriber_id = whole_id(form.patient_id), whole_id(form.prescriber_id)
    if patient_id is None:
        raise PharmacyError("Choose the patient.", "patient")
    if prescriber_id is None:
        raise PharmacyError("Choose the prescriber.", "prescriber")
    key = form.once()
    made = service.enter_prescription(
        session, current_actor(), patient_id, prescriber_id, form.receipt(), form.order(), key
    )
    assert isinstance(made, int)
    one = queries.fill(session, made)
    if request.form.get("then") == "keep":
        flash(f"Rx {one.number} is saved. Send it to review when it is complete.", "ok")
        return redirect(url_for("prescriptions.show", prescription_id=one.prescription_id))
    service.submit_fill(session, current_actor(), Seen(Fill, made), service.derived(key, "submit"))
    flash(f"Rx {one.number} is saved and waits for its review.", "ok")
    return redirect(url_for("prescriptions.review", fill_id=made))


def _entry_page(form: EntryForm, status: int | None = None) -> ResponseReturnValue:
    say_what_is_missing(form)
    return answer("prescriptions/new.html", form, status, **chosen(form), **found(form))


@bp.route("/prescriptions/<int:prescription_id>/edit", methods=["GET", "POST"])
@access(Action.CHANGE_PRESCRIPTION)
def edit(prescription_id: int) -> ResponseReturnValue:
    """Correct an entry before its review is finished. How it came, and for whom, stays as it was."""
    row = queries.prescription(session, prescription_id)
    kept = held.returned()
    form = OrderForm(formdata=kept) if kept is not None else OrderForm.about(row)
    if request.method == "GET" and kept is None:
        viewed(Prescription, prescription_id)
        row = queries.prescription(session, prescription_id)
        form.show(queries.order_of(row))
        form.prescriber.data, form.prescriber_id.data = row.prescriber.full_name, str(row.prescriber_id)
    if form.is_submitted():
        if asked_for_help(form):
            return _edit_page(form, row, 200)
        look_up(form)
        if form.validate():
            with form.catching():
                return _change(form, row)
    # read anew: what was refused was also rolled back
    return _edit_page(form, queries.prescription(session, prescription_id))


def _change(form: OrderForm, row: Prescription) -> ResponseReturnValue:
    prescriber_id = whole_id(form.prescriber_id)
    if prescriber_id is None:
        raise PharmacyError("Choose the prescriber.", "prescriber")
    seen = form.seen(Prescription, row.id)
    service.change_prescription(session, current_actor(), seen, prescriber_id, form.order(), form.once())
    flash(f"Rx {row.number} is changed.", "ok")
    return redirect(url_for("prescriptions.show", prescription_id=row.id))


def _edit_page(form: OrderForm, row: Prescription, status: int | None = None) -> ResponseReturnValue:
    reviewed = queries.was_reviewed(session, row)
    facts = patient_facts(row.patient, clock.today())
    return answer(
        "prescriptions/edit.html",
        form,
        status,
        row=row,
        reviewed=reviewed,
        patient=facts,
        **chosen(form),
        **found(form),
    )


def say_what_is_missing(form: ReceivedForm) -> None:
    """Beside what else is wrong: who is not chosen, and the file, which a browser does not send twice."""
    if not form.errors:
        return
    for who in ("patient", "prescriber"):
        field = form[who]
        if whole_id(form[f"{who}_id"]) is None and not field.errors:
            field.errors = [f"Choose the {who}."]
    if form.came_by.data != service.CameBy.TELEPHONE.value and not form.original.errors:
        came = bool(getattr(form.original.data, "filename", ""))
        form.original.errors = [
            "Choose the file again: a browser does not send it twice."
            if came
            else "Add the original as a PDF, JPEG or PNG file."
        ]


# --- without the script: further steps, and choosing by pressing a button ---------------------------------------------


def asked_for_help(form: Any) -> bool:
    """One more step, or a search: the page comes back with it, and nothing is checked yet."""
    if "add_step" in request.form:
        form.grow()
        return True
    for who in ("patient", "prescriber"):
        picked = request.form.get(f"pick_{who}", "")
        if picked and hasattr(form, who):
            getattr(form, f"{who}_id").data = picked
            _label(form, who)
            return True
    return "find" in request.form


def _label(form: Any, who: str) -> None:
    row = row_of(who, whole_id(getattr(form, f"{who}_id")))
    getattr(form, f"{who}_id").data = str(row.id) if row else ""
    if row:
        getattr(form, who).data = row.full_name


def row_of(who: str, row_id: int | None) -> Patient | Prescriber | None:
    """The patient or prescriber of that id, if there is one."""
    if row_id is None:
        return None
    try:
        return patients.patient(session, row_id) if who == "patient" else patients.prescriber(session, row_id)
    except NotFound:
        return None


def _search(who: str, text: str) -> Sequence[Patient | Prescriber]:
    if len(text.strip()) < 2:
        return []
    return patients.search(session, text) if who == "patient" else patients.search_prescribers(session, text)


def look_up(form: WhyForm) -> None:
    """A name that was typed in full, without choosing, is looked up; only a single match is taken."""
    for who in ("patient", "prescriber"):
        if not hasattr(form, who):
            continue
        if row_of(who, whole_id(getattr(form, f"{who}_id"))) is not None:
            continue
        getattr(form, f"{who}_id").data = ""
        hits = _search(who, getattr(form, who).data or "")
        if len(hits) == 1:
            getattr(form, f"{who}_id").data = str(hits[0].id)


def chosen(form: WhyForm) -> dict[str, Any]:
    """Who is chosen so far, for the lines beside the two fields."""
    shown: dict[str, Any] = {"prescriber": row_of("prescriber", whole_id(form.prescriber_id))}
    if isinstance(form, ReceivedForm):
        who = row_of("patient", whole_id(form.patient_id))
        shown["patient"] = patient_facts(who, clock.today()) if isinstance(who, Patient) else None
    return shown


def found(form: WhyForm) -> dict[str, Any]:
    """Whom a typed name could mean, where nobody is chosen yet: each a button."""
    shown: dict[str, Any] = {"found": {}}
    if not form.is_submitted():
        return shown
    for who in ("patient", "prescriber"):
        if hasattr(form, who) and getattr(form, who).data and whole_id(getattr(form, f"{who}_id")) is None:
            shown["found"][who] = _search(who, getattr(form, who).data or "")
    return shown


# --- the panel --------------------------------------------------------------------------------------------------------


@bp.post("/prescriptions/preview")
@access(Action.ENTER_PRESCRIPTION)
def preview() -> ResponseReturnValue:
    """The side panel for what is typed so far: half a form is welcome; nothing is written, and no view is recorded."""
    form = EntryForm()
    typed = form.typed()
    who = row_of("patient", whole_id(form.patient_id))
    of = queries.prescription(session, its_id) if (its_id := whole_id(form.seen_id)) else None
    who = of.patient if of is not None else who
    shown = panel(session, typed, who if isinstance(who, Patient) else None)
    if isinstance(who, Patient):
        strength = typed.stated
        formula = screen.formula_for(session, strength, who) if strength else None
        others = screen.others(session, who.id, of.id if of is not None else None)
        before = screen.liquid_before(session, who.id)
        planned = Planned(strength, typed.directions, formula, others, before)
        shown.findings, shown.screened = screen.so_far(who, planned), True
    return answer("prescriptions/_panel.html", panel=shown)
