"""Signing in and out, one's own account, people."""

from __future__ import annotations

import json

from flask import Blueprint, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from pharmacy.access import PUBLIC, SIGNED_IN, access, current_actor
from pharmacy.access import session as db
from pharmacy.accounts import held, queries, service
from pharmacy.accounts.forms import ChangePersonForm, PasswordForm, PersonForm, PinForm, ResetForm, SignInForm
from pharmacy.accounts.models import Person
from pharmacy.accounts.secrets import random_password
from pharmacy.accounts.session import SESSION_ID, SignedIn, begin, end
from pharmacy.actions.catalogue import Action
from pharmacy.forms import answer

bp = Blueprint("accounts", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
@access(PUBLIC)
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if form.validate_on_submit():
        with form.catching():
            person = service.sign_in(db, form.name.data, form.password.data, request.remote_addr or "")
            begin(person)
            held.touch()
            if person.password_is_temporary:
                return redirect(url_for("accounts.own_account"))
            waiting = queries.held_form(db, person.id)
            return redirect(url_for("accounts.resume") if waiting else url_for("desk.queue"))
    return answer("accounts/sign_in.html", form)


@bp.post("/sign-out")
@access(SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    service.sign_out(db, current_actor(), session[SESSION_ID])
    end()
    return redirect(url_for("accounts.sign_in"))


@bp.post("/change-user")
@access(SIGNED_IN)
def change_user() -> ResponseReturnValue:
    """The next person takes over this PC: one press, then the sign-in page."""
    return sign_out()


@bp.get("/resume")
@access(SIGNED_IN)
def resume() -> ResponseReturnValue:
    """What was typed when the session ended, with a button that sends it."""
    form = queries.held_form(db, current_actor().id)
    if form is None:
        return redirect(url_for("desk.queue"))
    fields = json.loads(form.content)
    return answer("accounts/resume.html", held_form=form, fields=fields, opens_again=held.opens_again(form.path))


@bp.post("/resume/<int:form_id>/discard")
@access(SIGNED_IN)
def discard(form_id: int) -> ResponseReturnValue:
    service.return_form(db, current_actor(), form_id)
    return redirect(url_for("accounts.resume"))


@bp.route("/account", methods=["GET", "POST"])
@access(SIGNED_IN)
def own_account() -> ResponseReturnValue:
    """Choose a new password."""
    person = queries.person(db, current_actor().id)
    form = PasswordForm.about(person)
    if form.validate_on_submit():
        with form.catching():
            if form.new_password.data != form.again.data:
                form.again.errors = ["The two are not the same."]
                return answer(
                    "accounts/own_account.html", form, pin_form=PinForm.about(person, formdata=None), me=person
                )
            service.set_own_password(
                db, current_actor(), form.seen(Person, person.id), form.password.data, form.new_password.data
            )
            login_user(SignedIn(queries.person(db, person.id)))
            flash("Your password is changed; your other sessions have ended.", "ok")
            return redirect(url_for("accounts.resume"))  # which goes on to the queue where nothing waits
    return answer("accounts/own_account.html", form, pin_form=PinForm.about(person, formdata=None), me=person)


@bp.post("/account/pin")
@access(SIGNED_IN)
def own_pin() -> ResponseReturnValue:
    person = queries.person(db, current_actor().id)
    form = PinForm.about(person)
    if form.validate_on_submit():
        with form.catching():
            service.set_own_pin(db, current_actor(), form.seen(Person, person.id), form.password.data, form.pin.data)
            flash("Your PIN is set.", "ok")
            return redirect(url_for("accounts.own_account"))
    return answer("accounts/own_account.html", PasswordForm.about(person, formdata=None), 422, pin_form=form, me=person)


@bp.get("/people")
@access(Action.LIST_PEOPLE)
def people() -> ResponseReturnValue:
    return answer("accounts/people.html", people=queries.people(db))


@bp.route("/people/new", methods=["GET", "POST"])
@access(Action.ADD_PERSON)
def add() -> ResponseReturnValue:
    form = PersonForm()
    if form.validate_on_submit():
        with form.catching():
            password = random_password(form.sign_in_name.data)
            added = service.add_person(
                db, current_actor(), form.full_name.data, form.sign_in_name.data, password, form.chosen(), form.once(),
                credentials=form.credentials.data or "",
            )  # fmt: skip
            assert isinstance(added, int)
            if not service.has_password(db, added, password):  # the same form again: the first password holds
                flash(
                    "This person is added already; the password was shown then. If nobody has it, make another.", "note"
                )
                return redirect(url_for("accounts.change", person_id=added))
            return answer(
                "accounts/told_once.html",
                name=form.full_name.data,
                sign_in_name=form.sign_in_name.data,
                password=password,
            )
    return answer("accounts/person_new.html", form)


@bp.route("/people/<int:person_id>", methods=["GET", "POST"])
@access(Action.CHANGE_PERSON)
def change(person_id: int) -> ResponseReturnValue:
    person = queries.person(db, person_id)
    form = ChangePersonForm.about(person, data={"roles": [row.role for row in person.roles], "active": person.active})
    if form.validate_on_submit():
        with form.catching():
            service.change_person(
                db,
                current_actor(),
                form.seen(Person, person_id),
                form.chosen(),
                form.active.data,
                form.reason.data,
                form.once(),
            )
            flash(f"{person.full_name}: changed.", "ok")
            return redirect(url_for("accounts.people"))
    return answer("accounts/person.html", form, colleague=person, reset_form=ResetForm.about(person, formdata=None))


@bp.post("/people/<int:person_id>/reset")
@access(Action.RESET_SECRET)
def reset(person_id: int) -> ResponseReturnValue:
    person = queries.person(db, person_id)
    form = ResetForm.about(person)
    if form.validate_on_submit():
        with form.catching():
            password = service.reset_password(db, current_actor(), form.seen(Person, person_id), form.reason.data)
            return answer(
                "accounts/told_once.html", name=person.full_name, sign_in_name=person.sign_in_name, password=password
            )
    change_form = ChangePersonForm.about(
        person, formdata=None, data={"roles": [row.role for row in person.roles], "active": person.active}
    )
    return answer("accounts/person.html", change_form, 422, colleague=person, reset_form=form)
