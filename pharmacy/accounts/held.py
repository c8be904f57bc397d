"""The idle session, and what was typed when it ended: held in the database, never in the browser."""

from __future__ import annotations

import json

from flask import Request, Response, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from pharmacy import clock
from pharmacy.access import current_actor
from pharmacy.access import session as db
from pharmacy.accounts import queries, service
from pharmacy.accounts.session import account_of

SEEN, LAPSED = "seen", "lapsed"
DROPPED = frozenset({"csrf_token", "password", "pin", "secret", "new_password", "again", "held_id"})


def touch() -> None:
    """The person is here now."""
    session[SEEN] = int(clock.now().timestamp())


def has_lapsed(idle_minutes: int) -> bool:
    """Whether the session was idle too long; remembers whose it was."""
    seen = session.get(SEEN)
    if isinstance(seen, int) and clock.now().timestamp() - seen <= idle_minutes * 60:
        return False
    session[LAPSED] = account_of(current_user.get_id())
    session.pop(SEEN, None)
    return True


def keep_and_ask(asked: Request) -> ResponseReturnValue:
    """Ask for the sign-in; a form that was posted by somebody whose session had ended is held for that person."""
    if asked.headers.get("X-Requested-With") == "fetch":  # a preview or a suggestion: nothing is lost
        return Response(status=401)
    person_id = session.get(LAPSED)
    if asked.method == "POST" and isinstance(person_id, int):
        fields = [[name, value] for name, value in asked.form.items(multi=True) if name.rsplit("-")[-1] not in DROPPED]
        if asked.endpoint not in {"accounts.sign_out", "accounts.change_user"}:
            service.hold_form(db, person_id, asked.path, json.dumps(fields, ensure_ascii=False))
            flash("You were away, so you were signed out. What you had typed is kept: sign in and send it.", "note")
    return redirect(url_for("accounts.sign_in"))


def returned() -> MultiDict[str, str] | None:
    """What the form held, when the page is opened to go on with it (``?held=…``); None otherwise."""
    asked = request.args.get("held", "")
    if request.method != "GET" or not (asked.isascii() and asked.isdigit()):
        return None
    form = queries.held_form(db, current_actor().id, int(asked))
    if form is None or form.path != request.path:
        return None
    return MultiDict([(name, value) for name, value in json.loads(form.content)] + [("held_id", asked)])


def finish(response: Response) -> None:
    """A held form that was sent and taken need not be held any longer."""
    sent = request.form.get("held_id", "") if request.method == "POST" else ""
    if sent.isascii() and sent.isdigit() and response.status_code in {302, 303} and current_user.is_authenticated:
        service.return_form(db, current_actor(), int(sent))
