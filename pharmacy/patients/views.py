"""The pages of patients, of the medicines that they take, and of prescribers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session, viewed
from pharmacy.accounts import queries as accounts
from pharmacy.actions.catalogue import Action
from pharmacy.forms import answer
from pharmacy.patients import queries, service, shown
from pharmacy.patients.forms import FindForm, MedicinesForm, PatientForm, PrescriberForm, ResolveForm
from pharmacy.patients.models import MedicineTaken, Patient, Prescriber

bp = Blueprint("patients", __name__)
CHECKED_AGAIN = "The rules are to be run again for open fills of this patient."


@bp.get("/patients")
@access(Action.VIEW)
def index() -> ResponseReturnValue:
    return answer("patients/index.html", FindForm(), patients=queries.recent(session), text=None, today=clock.today())


@bp.post("/patients/find")
@access(Action.SEARCH)
def find() -> ResponseReturnValue:
    form = FindForm()
    found = queries.search(session, form.q.data, 50) if form.validate_on_submit() else ()
    if not form.errors:
        service.record_search(session, current_actor(), form.q.data)
    return answer("patients/index.html", form, patients=found, text=form.q.data, today=clock.today())


@bp.get("/patients/<int:patient_id>")
@access(Action.VIEW)
def show(patient_id: int) -> ResponseReturnValue:
    viewed(Patient, patient_id)
    row = queries.patient(session, patient_id)
    taken = shown.on_the_list(row)
    asked_by = [row.history_asked_by, *(one.row.asked_by for one in taken), *(one.row.resolved_by for one in taken)]
    names = accounts.names(session, asked_by)
    return answer("patients/show.html", row=row, taken=taken, off=shown.taken_off(row), names=names, strip=_strip(row))


def _strip(row: Patient) -> dict[str, Any]:
    return shown.strip(row, clock.today())


@bp.route("/patients/new", methods=["GET", "POST"])
@access(Action.ADD_PATIENT)
def new() -> ResponseReturnValue:
    form = PatientForm()
    if "add_row" in request.form:
        form.add_rows()
    elif form.validate_on_submit():
        with form.catching():
            alone = form.another_person.data
            patient_id = service.add_patient(
                session, current_actor(), form.patient(), form.once(), another_person=alone
            )
            flash("The patient is added. Ask now for the medicines taken.", "ok")
            return redirect(url_for("patients.medicines", patient_id=patient_id))
    return answer("patients/edit.html", form, row=None)


@bp.route("/patients/<int:patient_id>/edit", methods=["GET", "POST"])
@access(Action.CHANGE_PATIENT)
def edit(patient_id: int) -> ResponseReturnValue:
    row = queries.patient(session, patient_id)
    form = PatientForm.of(row)
    if "add_row" in request.form:
        form.add_rows()
    elif form.validate_on_submit():
        with form.catching():
            seen, alone = form.seen(Patient, patient_id), form.another_person.data
            service.change_patient(session, current_actor(), seen, form.patient(), form.once(), another_person=alone)
            flash(f"The record is changed. {CHECKED_AGAIN}", "ok")
            return redirect(url_for("patients.show", patient_id=patient_id))
    return answer("patients/edit.html", form, row=queries.patient(session, patient_id))


@bp.route("/patients/<int:patient_id>/medicines", methods=["GET", "POST"])
@access(Action.RECORD_MEDICINES)
def medicines(patient_id: int) -> ResponseReturnValue:
    row = queries.patient(session, patient_id)
    form = MedicinesForm.of(row, queries.taken(row))
    if "add_row" in request.form:
        form.add_rows()
    elif form.validate_on_submit():
        with form.catching():
            seen, entries = form.seen(Patient, patient_id), form.entries()
            service.record_medicines(session, current_actor(), seen, entries, form.once(), none=form.none.data)
            flash(f"The list is recorded. {CHECKED_AGAIN}", "ok")
            return redirect(url_for("patients.show", patient_id=patient_id))
    row = queries.patient(session, patient_id)  # read anew: what was refused was also rolled back
    return answer("patients/medicines.html", form, row=row, states=shown.on_the_list(row), strip=_strip(row))


@bp.route("/patients/medicines/<int:medicine_id>/resolve", methods=["GET", "POST"])
@access(Action.RESOLVE_MEDICINE)
def resolve(medicine_id: int) -> ResponseReturnValue:
    found = queries.medicine(session, medicine_id)
    form = ResolveForm.about(found)
    if form.validate_on_submit():
        with form.catching():
            seen, codes, words = form.seen(MedicineTaken, medicine_id), form.codes(), form.resolution.data or ""
            service.resolve_medicine(session, current_actor(), seen, codes, words, form.once())
            flash(f"What {found.typed} is, is recorded. {CHECKED_AGAIN}", "ok")
            return redirect(url_for("patients.show", patient_id=found.patient_id))
    found = queries.medicine(session, medicine_id)
    row = queries.patient(session, found.patient_id)
    known = shown.known_ingredients()
    return answer("patients/resolve.html", form, row=row, state=shown.shown(found), known=known, strip=_strip(row))


# --- suggestions as one types: lists of options, so that nothing of a patient is in an address -----------------------


@bp.post("/patients/suggest")
@access(Action.VIEW)
def suggest() -> ResponseReturnValue:
    found = queries.search(session, request.form.get("q", "")[:200], 8, whole=True)
    return render_template("patients/_suggest_patients.html", patients=found, age=shown.age, today=clock.today())


@bp.post("/patients/suggest-medicine")
@access(Action.VIEW)
def suggest_medicine() -> ResponseReturnValue:
    found = queries.medicine_names(request.form.get("q", "")[:200])
    return render_template("patients/_suggest_medicines.html", names=found)


@bp.post("/patients/suggest-prescriber")
@access(Action.VIEW)
def suggest_prescriber() -> ResponseReturnValue:
    found = queries.search_prescribers(session, request.form.get("q", "")[:200], 8, active_only=True)
    return render_template("patients/_suggest_prescribers.html", prescribers=found)


# --- prescribers -----------------------------------------------------------------------------------------------------


@bp.get("/prescribers")
@access(Action.VIEW)
def prescribers() -> ResponseReturnValue:
    return answer("patients/prescribers.html", prescribers=queries.prescribers(session))


@bp.get("/prescribers/<int:prescriber_id>")
@access(Action.VIEW)
def prescriber(prescriber_id: int) -> ResponseReturnValue:
    return answer("patients/prescriber.html", row=queries.prescriber(session, prescriber_id))


@bp.route("/prescribers/new", methods=["GET", "POST"])
@access(Action.ADD_PRESCRIBER)
def new_prescriber() -> ResponseReturnValue:
    form = PrescriberForm()
    if form.validate_on_submit():
        with form.catching():
            row_id = service.add_prescriber(session, current_actor(), form.prescriber(), form.once())
            flash("The prescriber is added.", "ok")
            return redirect(url_for("patients.prescriber", prescriber_id=row_id))
    return answer("patients/edit_prescriber.html", form, row=None)


@bp.route("/prescribers/<int:prescriber_id>/edit", methods=["GET", "POST"])
@access(Action.CHANGE_PRESCRIBER)
def edit_prescriber(prescriber_id: int) -> ResponseReturnValue:
    row = queries.prescriber(session, prescriber_id)
    form = PrescriberForm.about(row, obj=row)
    if form.validate_on_submit():
        with form.catching():
            seen = form.seen(Prescriber, prescriber_id)
            service.change_prescriber(session, current_actor(), seen, form.prescriber(), form.once())
            flash("The prescriber is changed.", "ok")
            return redirect(url_for("patients.prescriber", prescriber_id=prescriber_id))
    return answer("patients/edit_prescriber.html", form, row=queries.prescriber(session, prescriber_id))
