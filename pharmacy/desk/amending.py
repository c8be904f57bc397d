"""Changing a prescription after its review, on the prescriber's word: it reaches from the order to labels already issued."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import current_actor, session, viewed
from pharmacy.accounts import held
from pharmacy.errors import PharmacyError
from pharmacy.forms import answer
from pharmacy.labelling.service import void_within
from pharmacy.prescriptions import entry, queries, service
from pharmacy.prescriptions.forms import AmendForm, whole_id
from pharmacy.prescriptions.models import Prescription
from pharmacy.prescriptions.words import patient_facts


def page(prescription_id: int) -> ResponseReturnValue:
    """Was stands in the fields; what is changed becomes now. Open fills go back to review, their labels are void."""
    row = queries.prescription(session, prescription_id)
    kept = held.returned()
    form = AmendForm(formdata=kept) if kept is not None else AmendForm.about(row)
    if request.method == "GET" and kept is None:
        viewed(Prescription, prescription_id)
        row = queries.prescription(session, prescription_id)
        form.show(queries.order_of(row))
        form.prescriber.data, form.prescriber_id.data = row.prescriber.full_name, str(row.prescriber_id)
    if form.is_submitted():
        if entry.asked_for_help(form):
            return _shown(form, row, 200)
        entry.look_up(form)
        if form.validate():
            with form.catching():
                return _amend(form, row)
    # read anew: what was refused was also rolled back
    return _shown(form, queries.prescription(session, prescription_id))


def _amend(form: AmendForm, row: Prescription) -> ResponseReturnValue:
    prescriber_id = whole_id(form.prescriber_id)
    if prescriber_id is None:
        raise PharmacyError("Choose the prescriber.", "prescriber")
    service.amend_prescription(
        session, current_actor(), form.seen(Prescription, row.id), form.order(), form.authorised_by.data, form.reason.data,
        form.once(), prescriber_id=prescriber_id, also=void_within,
    )  # fmt: skip
    flash(f"Rx {row.number} is amended. Its open fills went back to review, and their labels are void.", "ok")
    return redirect(url_for("prescriptions.show", prescription_id=row.id))


def _shown(form: AmendForm, row: Prescription, status: int | None = None) -> ResponseReturnValue:
    return answer(
        "desk/amend.html", form, status, row=row, patient=patient_facts(row.patient, clock.today()),
        **entry.chosen(form), **entry.found(form),
    )  # fmt: skip
