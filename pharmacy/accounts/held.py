"""The idle session, and what was typed when it ended: held in the database, never in the browser."""

from __future__ import annotations

import contextlib
import json

from flask import Request, Response, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from pharmacy import clock
from pharmacy.access import current_actor
from pharmacy.access import session as db
from pharmacy.accounts import queries, service
from pharmacy.accounts.session import account_of, is_over
from pharmacy.actions.acting import Refused

SEEN, LAPSED = "seen", "lapsed"
NOT_HELD = frozenset({"accounts.sign_out", "accounts.change_user", "accounts.own_account", "accounts.own_pin"})
GIVEN_BACK = frozenset({"prescriptions.new", "prescriptions.edit", "desk.amend"})  # pages that call :func:`returned`
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
    person_id = _whose()
    if asked.method == "POST" and person_id is not None and asked.endpoint not in NOT_HELD:
        fields = [[name, value] for name, value in asked.form.items(multi=True) if name.rsplit("-")[-1] not in DROPPED]
        service.hold_form(db, person_id, asked.path, json.dumps(fields, ensure_ascii=False))
        flash("Your session had ended. What you had typed is kept: sign in and send it.", "note")
    return redirect(url_for("accounts.sign_in"))


def _whose() -> int | None:
    """Whose session it was that ended: idle too long, or by a new password. One that was signed out of is nobody's."""
    person_id = session.get(LAPSED)
    if person_id is None and not is_over():
        person_id = account_of(session.get("_user_id"))
    return person_id if isinstance(person_id, int) else None


def opens_again(path: str) -> bool:
    """Whether the page at this address comes back with what was typed in it."""
    try:
        endpoint, _values = current_app.url_map.bind("localhost").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return endpoint in GIVEN_BACK


def returned() -> MultiDict[str, str] | None:
    """What the form held, when the page is opened to go on with it (``?held=…``); None otherwise."""
    asked = request.args.get("held", "")
    if request.method != "GET" or not (asked.isascii() and asked.isdigit() and len(asked) <= 15):
        return None
    form = queries.held_form(db, current_actor().id, int(asked))
    if form is None or form.path != request.path:
        return None
    return MultiDict([(name, value) for name, value in json.loads(form.content)] + [("held_id", asked)])


def finish(response: Response) -> None:
    """A held form that was sent and taken need not be held any longer."""
    if not g.get("let_in") or request.method != "POST" or response.status_code not in {302, 303}:
        return
    sent = request.form.get("held_id", "")
    if sent.isascii() and sent.isdigit() and len(sent) <= 15:
        # what was sent is done already: a form that stays held can do no harm, because its key acts once
        with contextlib.suppress(SQLAlchemyError, Refused):
            service.return_form(db, current_actor(), int(sent))
