"""The page on which a titration kit is entered: daily doses in, strengths and containers proposed."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pharmacy.access import access, current_actor, session
from pharmacy.accounts import held
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Action
from pharmacy.domain.directions import sentence
from pharmacy.domain.kit_plan import KitPlan
from pharmacy.domain.kits import MOST_CONTAINERS
from pharmacy.errors import PharmacyError
from pharmacy.forms import answer
from pharmacy.patients.models import Patient
from pharmacy.prescriptions import queries, screen, service
from pharmacy.prescriptions.blueprint import bp
from pharmacy.prescriptions.entry import asked_for_help, begin, chosen, found, look_up, row_of, say_what_is_missing
from pharmacy.prescriptions.forms import whole_id
from pharmacy.prescriptions.kit_forms import KitForm
from pharmacy.prescriptions.models import Fill
from pharmacy.rules.findings import Finding
from pharmacy.screening.service import Planned


@bp.route("/kits/new", methods=["GET", "POST"])
@access(Action.ENTER_PRESCRIPTION)
def new_kit() -> ResponseReturnValue:
    """Enter a titration that several strengths make. A form that was held comes back with all that was typed."""
    kept = held.returned()
    form = KitForm(formdata=kept) if kept is not None else KitForm()
    if request.method == "GET" and kept is None:
        begin(form)
    if form.is_submitted():
        if asked_for_help(form):
            return _page(form, 200)
        look_up(form)
        if form.validate():
            with form.catching():
                return _save(form)
    return _page(form)


def _save(form: KitForm) -> ResponseReturnValue:
    patient_id, prescriber_id = whole_id(form.patient_id), whole_id(form.prescriber_id)
    if patient_id is None:
        raise PharmacyError("Choose the patient.", "patient")
    if prescriber_id is None:
        raise PharmacyError("Choose the prescriber.", "prescriber")
    key = form.once()
    made = service.enter_kit(session, current_actor(), patient_id, prescriber_id, form.receipt(), form.order(), key)
    assert isinstance(made, list)
    ids = [one for one in made if isinstance(one, int)]
    numbers = " and ".join(queries.fill(session, one).number for one in ids)
    if request.form.get("then") != "keep":
        for at, one in enumerate(ids):
            service.submit_fill(session, current_actor(), Seen(Fill, one), service.derived(key, f"submit {at}"))
    several = len(ids) > 1
    waits = (
        "wait for their review: what is decided for one counts for the others" if several else "waits for its review"
    )
    flash(f"Rx {numbers} {'are' if several else 'is'} saved and {waits}.", "ok")
    return redirect(url_for("prescriptions.review", fill_id=ids[0]))


def _page(form: KitForm, status: int | None = None) -> ResponseReturnValue:
    say_what_is_missing(form)
    return answer("prescriptions/new_kit.html", form, status, **chosen(form), **found(form))


@dataclass(slots=True)
class KitPanel:
    """What will come of a kit: its containers in words, the worksheet, doubts; each part only as far as known."""

    plan: KitPlan | None = None
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)  # strength, quantity, days, directions
    figures: list[tuple[str, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    screened: bool = False


@bp.post("/kits/preview")
@access(Action.ENTER_PRESCRIPTION)
def preview_kit() -> ResponseReturnValue:
    """The side panel for what is typed so far; nothing is written, and no view is recorded."""
    form = KitForm()
    shown = KitPanel()
    _work_out(form, shown)
    who = row_of("patient", whole_id(form.patient_id))
    if isinstance(who, Patient):
        _screen(form, shown, who)
    return answer("prescriptions/_kit_panel.html", panel=shown)


def _work_out(form: KitForm, shown: KitPanel) -> None:
    try:
        order = form.order()
    except ValueError as unreadable:
        if any(not entry.form.is_empty for entry in form.steps):
            shown.doubts += form.doubts() or [str(unreadable)]
        return
    if not 1 <= order.most <= MOST_CONTAINERS:
        return
    made = service.made_here(session, order.titration.form)
    try:
        plan = shown.plan = order.plan(made)
        order.orders(plan.kit, made)
    except PharmacyError as refused:
        shown.doubts.append(refused.sentence)
    if shown.plan is None:
        return
    kit = shown.plan.kit
    shown.figures = [
        ("Days’ supply", f"{kit.titration.days} days"),
        ("Highest daily dose", max(step.dose for step in kit.titration.steps).text("mg")),
        ("Taken in all", kit.titration.form.amount_text(kit.units)),
    ]
    for part in kit.parts:
        amount = part.strength.form.amount_text(part.quantity)
        with_it = f" Oral syringe: {part.syringe.words()}." if part.syringe else ""
        shown.rows.append(
            (part.strength.text(), amount, f"to day {part.days}", f"{sentence(part.directions)}{with_it}")
        )


def _screen(form: KitForm, shown: KitPanel, who: Patient) -> None:
    """The rules see the daily totals as far as they are typed, and of a kit that can be made its largest strength."""
    kit = shown.plan.kit if shown.plan else None
    strength = kit.parts[-1].strength if kit else None
    planned = Planned(
        strength,
        None,
        screen.formula_for(session, strength, who) if strength else None,
        screen.others(session, who.id, None),
        screen.liquid_before(session, who.id),
        form.doses_so_far(),
    )
    shown.findings = screen.so_far(who, planned)
    shown.screened = True
