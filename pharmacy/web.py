"""What every request passes: the marks enforced, headers, filters and what templates may ask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

from pharmacy import access, clock, error_pages
from pharmacy.accounts import held
from pharmacy.accounts.session import host_name
from pharmacy.actions.acting import Refused
from pharmacy.actions.catalogue import PERMITS, Action, who_may
from pharmacy.config import Config, is_loopback
from pharmacy.domain.dates import day_text
from pharmacy.domain.quantity import NBSP, decimal_text
from pharmacy.domain.worksheet import AS_SHOWN
from pharmacy.error_pages import STATIC
from pharmacy.premises import queries as premises
from pharmacy.rules import book

log = structlog.get_logger()
LARGEST = 2**63 - 1
WITH_A_TEMPORARY_PASSWORD = frozenset({"accounts.own_account", "accounts.sign_out", "accounts.change_user"})
CSP = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"


def install(app: Flask) -> None:
    """Put all of it on the application; an endpoint without a mark stops the start."""
    for endpoint, function in app.view_functions.items():
        mark = getattr(function, "access", None)
        if endpoint not in STATIC and not (mark in {access.SIGNED_IN, access.PUBLIC} or mark in PERMITS):
            raise RuntimeError(f"the view {endpoint} has no access mark: write @access(Action.…) under its route")
    app.extensions["database file"] = _file_of(app.extensions["config"])
    app.before_request(_enforce)
    app.after_request(_headers)
    app.teardown_request(_close)
    app.context_processor(_context)
    app.jinja_env.filters |= {
        "day": day_text,
        "moment": moment,
        "instant": instant,
        "number": number,
        "quantity": quantity,
        "bound": bound,
    }
    app.jinja_env.globals["as_shown"] = AS_SHOWN
    error_pages.install(app)


def _enforce() -> ResponseReturnValue | None:
    """The only before_request: who is it, and may that person open this?"""
    if request.endpoint is None and current_app.extensions["ready"] and not _is_lost():
        _know()  # no such address, or not in this way: the page that says so still shows the way back
    if request.endpoint is None or request.endpoint in STATIC:
        return None
    function = _view(request.endpoint)
    mark = function.access
    if _is_lost():
        log.error("database", kind="the file is gone, or another stands in its place", endpoint=request.endpoint)
        return ("the database file is missing\n", 503) if request.endpoint == "healthz" else error_pages.plain(503)
    if request.endpoint == "healthz":
        return None
    if not current_app.extensions["ready"]:
        return error_pages.plain(503)
    if any(isinstance(value, int) and value > LARGEST for value in (request.view_args or {}).values()):
        return error_pages.page(404)  # no row has such a number, and the database could not even read it
    if (shown := _pharmacy()) is not None and shown.demonstration and not is_loopback(host_name(request.host)):
        raise Refused("demonstration data are served on this machine alone")
    if mark == access.PUBLIC:
        _know()
        return None
    if not _know():
        if premises.is_empty(access.session):
            return redirect(url_for("desk.set_up"))
        return held.keep_and_ask(request)
    if g.person.password_is_temporary and request.endpoint not in WITH_A_TEMPORARY_PASSWORD:
        return redirect(url_for("accounts.own_account"))
    if mark != access.SIGNED_IN and not access.can(mark):
        access.turned_away(Action(mark))
        raise Refused(f"this page is for: {who_may(Action(mark))}", who_may(Action(mark)))
    g.let_in = True
    return None


def _file_of(config: Config) -> tuple[int, int] | None:
    """Which file it is that the database is in."""
    try:
        found = config.database.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_lost() -> bool:
    """Whether the file is another than at the start. An open connection would go on writing to the one that was removed,
    and all of that would be lost with the process.
    """
    at_start = current_app.extensions["database file"]
    return at_start is not None and _file_of(current_app.extensions["config"]) != at_start


def _view(endpoint: str) -> Any:
    return current_app.view_functions.get(endpoint)


def _know() -> bool:
    """Load who is signed in; a session that was idle too long is over."""
    if not current_user.is_authenticated:
        return False
    if held.has_lapsed(premises.policy(access.session).idle_minutes):
        logout_user()
        return False
    held.touch()
    g.person = current_user.person
    g.actor = current_user.person.to_actor()
    return True


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Frame-Options"] = "DENY"
    if request.endpoint not in STATIC:
        held.finish(response)
        response.headers["Cache-Control"] = "no-store"
    return response


def _close(_error: BaseException | None) -> None:
    db = g.pop("db", None)
    if db is not None:
        db.close()


def _context() -> dict[str, Any]:
    if g.get("broken"):
        return {"person": None, "pharmacy": None, "now": clock.now()}
    return {
        "person": _whom(),
        "pharmacy": _pharmacy(),
        "rule_book_edition": book.load().edition,
        "can": access.can,
        "may_open": access.may_open,
        "now": clock.now(),
        "Action": Action,
    }


@dataclass(frozen=True, slots=True)
class _Whom:
    full_name: str
    roles: tuple[str, ...]


def _whom() -> _Whom | None:
    person = g.get("person")
    return None if person is None else _Whom(person.full_name, tuple(sorted(row.role for row in person.roles)))


def _pharmacy() -> Any:
    if "pharmacy" not in g:
        g.pharmacy = premises.the_pharmacy(access.session)
    return g.pharmacy


def moment(at: datetime) -> str:
    """``23 NOV 2026 11:20`` on the pharmacy's wall clock."""
    here = clock.local(at)
    return f"{day_text(here.date())} {here:%H:%M}"


def instant(at: datetime) -> str:
    """The instant for a ``datetime`` attribute."""
    return at.isoformat()


def number(value: Decimal | int) -> str:
    """A number as people read it: leading zero, no trailing zero."""
    return decimal_text(value, 6)


def quantity(value: Any) -> str:
    """A quantity of the domain in the unit that it is made of: ``4.5 mg``."""
    return str(value.text(next(unit for unit, size in value.units.items() if size == 1)))


_AND_UNIT = re.compile(r"(?<=\d) (?=(?:%|mg/mL|mg/g|mcg|mg|g|mL|°C)(?![A-Za-z]))")


def bound(text: object) -> str:
    """A text in which no number is parted from its unit at the end of a line."""
    return _AND_UNIT.sub(NBSP, str(text))
