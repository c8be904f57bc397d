"""The pharmacy's own pages: identity, settings with their history, balances."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from pharmacy import clock
from pharmacy.access import access, current_actor, session
from pharmacy.actions.catalogue import Action
from pharmacy.domain.dates import day_text
from pharmacy.errors import NotFound
from pharmacy.forms import answer
from pharmacy.premises import queries, service
from pharmacy.premises.forms import BalanceForm, ChangeBalanceForm, IdentityForm, SettingForm, setting_form
from pharmacy.premises.models import Balance, Pharmacy

bp = Blueprint("premises", __name__)


@bp.get("/pharmacy")
@access(Action.VIEW)
def show() -> ResponseReturnValue:
    states = queries.settings(session)
    groups: dict[str, list[queries.SettingState]] = {}
    for state in states.values():
        groups.setdefault(state.kind.group, []).append(state)
    return answer(
        "premises/show.html",
        own=_own(),
        groups=groups,
        solo_mode=queries.policy(session).solo_mode,
        balances=queries.balances(session, clock.today()),
    )


def _own() -> Pharmacy:
    found = queries.the_pharmacy(session)
    if found is None:
        raise NotFound("The pharmacy is not set up.")
    return found


@bp.route("/pharmacy/identity", methods=["GET", "POST"])
@access(Action.CHANGE_PHARMACY)
def edit() -> ResponseReturnValue:
    own = _own()
    form = IdentityForm.about(own, obj=own)
    if form.validate_on_submit():
        with form.catching():
            seen, given = form.seen(Pharmacy, own.id), form.identity(own.timezone)
            service.change_pharmacy(session, current_actor(), seen, given, form.reason.data, form.once())
            flash("The pharmacy’s identity is changed.", "ok")
            return redirect(url_for("premises.show"))
    return answer("premises/identity.html", form)


@bp.get("/pharmacy/settings/<key>")
@access(Action.VIEW)
def setting(key: str) -> ResponseReturnValue:
    kind = queries.setting_kind(key)
    form = setting_form(kind).about(_own())
    form.value.data = queries.settings(session)[key].stored
    return _setting_page(key, form)


@bp.post("/pharmacy/settings/<key>")
@access(Action.SET_POLICY)
def set_policy(key: str) -> ResponseReturnValue:
    form = setting_form(queries.setting_kind(key))()
    if form.validate_on_submit():
        with form.catching():
            day = form.effective_from.data
            begins = service.beginning_of(day) if day else None
            seen, value, reason = form.seen(Pharmacy, _own().id), form.value.data, form.reason.data
            service.set_policy(session, current_actor(), seen, key, value, reason, form.once(), effective_from=begins)
            flash(
                f"The setting is changed from {day_text(day)} on." if day and begins else "The setting is changed.",
                "ok",
            )
            return redirect(url_for("premises.show"))
    return _setting_page(key, form)


def _setting_page(key: str, form: SettingForm) -> ResponseReturnValue:
    return answer("premises/setting.html", form, state=queries.settings(session)[key])


@bp.route("/pharmacy/balances/new", methods=["GET", "POST"])
@access(Action.ADD_BALANCE)
def new_balance() -> ResponseReturnValue:
    form = BalanceForm()
    if form.validate_on_submit():
        with form.catching():
            service.add_balance(session, current_actor(), form.balance(), form.once())
            flash("The balance is added.", "ok")
            return redirect(url_for("premises.show"))
    return answer("premises/balance.html", form, balance=None, state=None)


@bp.route("/pharmacy/balances/<int:balance_id>", methods=["GET", "POST"])
@access(Action.CHANGE_BALANCE)
def balance(balance_id: int) -> ResponseReturnValue:
    found = queries.balance(session, balance_id)
    form = ChangeBalanceForm.about(found, obj=found)
    if form.validate_on_submit():
        with form.catching():
            seen, given = form.seen(Balance, balance_id), form.balance()
            service.change_balance(session, current_actor(), seen, given, form.reason.data, form.once())
            flash("The balance is changed.", "ok")
            return redirect(url_for("premises.show"))
    stands = queries.balance(session, balance_id)
    return answer("premises/balance.html", form, balance=stands, state=queries.balance_state(stands, clock.today()))
