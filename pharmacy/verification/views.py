"""The page of the final check: original, data, findings, lot and label side by side; the signature stands last."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, can, current_actor, session, viewed
from pharmacy.accounts import queries as accounts
from pharmacy.accounts.signing import sign
from pharmacy.actions.catalogue import Action
from pharmacy.forms import ActForm, answer
from pharmacy.premises import queries as premises
from pharmacy.premises.service import solo
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.prescriptions.words import patient_facts, subject_fill
from pharmacy.verification import queries, service
from pharmacy.verification.forms import AgainForm, SendBackForm, VerifyForm

bp = Blueprint("verification", __name__)
KINDS: dict[str, type[ActForm]] = {"verify": VerifyForm, "back": SendBackForm, "again": AgainForm}


@bp.get("/fills/<int:fill_id>/verification")
@access(Action.VIEW)
def show(fill_id: int) -> ResponseReturnValue:
    """The fill with all that is compared. After the check the same page reads what was compared and signed."""
    prescriptions.fill(session, fill_id)  # 404 before it is said that someone looked at it
    viewed(Fill, fill_id)
    return _page(fill_id)


@bp.post("/fills/<int:fill_id>/verification")
@access(Action.VERIFY_FILL)
def verify(fill_id: int) -> ResponseReturnValue:
    """Approve, signed."""
    form = VerifyForm(prefix="verify")
    if form.validate_on_submit():
        with form.catching():
            actor, reason = current_actor(), form.solo_reason.data or ""
            waived = solo(session, reason)
            signature = sign(session, actor, form.secret.data or "")
            service.verify_fill(session, actor, form.seen(Fill, fill_id), form.once(), signature, waived)
            flash("Verified and signed. The fill waits for pick-up.", "ok")
            return redirect(url_for("dispensing.show", fill_id=fill_id))
    return _page(fill_id, "verify", form)


@bp.post("/fills/<int:fill_id>/verification/refusal")
@access(Action.SEND_BACK_FILL)
def send_back(fill_id: int) -> ResponseReturnValue:
    """Send back with the reason; the labels are void."""
    form = SendBackForm(prefix="back")
    if form.validate_on_submit():
        with form.catching():
            seen, reason = form.seen(Fill, fill_id), form.reason.data or ""
            service.send_back_fill(session, current_actor(), seen, reason, form.once(), to=form.where())
            flash("Sent back. Its labels are void: take them off and destroy them.", "ok")
            return redirect(url_for("verification.show", fill_id=fill_id))
    return _page(fill_id, "back", form)


@bp.post("/fills/<int:fill_id>/verification/screening")
@access(Action.SCREEN_FILL)
def screen_again(fill_id: int) -> ResponseReturnValue:
    """Run the rules again; what is then to be decided is decided in the clinical review."""
    form = AgainForm(prefix="again")
    if form.validate_on_submit():
        with form.catching():
            went = service.return_to_review(session, current_actor(), form.seen(Fill, fill_id), form.once())
            if went:
                flash(
                    "A finding is to be decided: the fill is in clinical review again, its labels are void.", "caution"
                )
                return redirect(url_for("prescriptions.review", fill_id=fill_id))
            flash("The rules were run again: nothing is to be decided.", "ok")
            return redirect(url_for("verification.show", fill_id=fill_id))
    return _page(fill_id, "again", form)


def _page(fill_id: int, name: str = "", refused: ActForm | None = None) -> ResponseReturnValue:
    """The page anew; a form that was refused stands in it with what was typed, about the fill as the page now shows it."""
    found = queries.evidence(session, fill_id)
    one = found.fill
    shown = {what: refused if what == name and refused else _blank(kind, one, what) for what, kind in KINDS.items()}
    if isinstance(refused, VerifyForm) and refused.seen_version.data != str(one.version):
        refused.compared.data = False  # the rules were run again, or someone changed it: compare anew
    if refused is not None:
        refused.seen_version.data = str(one.version)
    mine = current_actor().id in one.made_by
    return answer(
        "verification/show.html",
        refused,
        one=one,
        row=one.prescription,
        found=found,
        forms_of=shown,
        mine=mine,
        username=accounts.person(session, current_actor().id).sign_in_name,
        solo_mode=premises.policy(session).solo_mode,
        may_sign=can(Action.VERIFY_FILL) and one.status in _SIGNED_WHILE,
        patient=patient_facts(one.prescription.patient, clock.today()),
        subject={**subject_fill(one), "lot": ", ".join(lot.lot.number for lot in found.lots)},
    )


_SIGNED_WHILE = frozenset({"labelled"})


def _blank(kind: type[ActForm], one: Fill, prefix: str) -> Any:
    """A fresh form about the fill; its names carry the prefix, because the page holds several forms."""
    form = kind(prefix=prefix, formdata=None)
    form.seen_id.data, form.seen_version.data = str(one.id), str(one.version)
    return form
