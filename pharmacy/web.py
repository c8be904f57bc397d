"""What every request passes: the marks enforced, headers, error pages, filters and what templates may ask."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from pharmacy import access, clock
from pharmacy.accounts import held
from pharmacy.accounts.session import host_name
from pharmacy.actions.acting import Conflict, Missing, Refused
from pharmacy.actions.catalogue import PERMITS, Action, who_may
from pharmacy.config import Config, is_loopback
from pharmacy.domain.dates import day_text
from pharmacy.domain.quantity import NBSP, decimal_text
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.premises import queries as premises
from pharmacy.rules import book

log = structlog.get_logger()
LARGEST = 2**63 - 1
WITH_A_TEMPORARY_PASSWORD = frozenset({"accounts.own_account", "accounts.sign_out", "accounts.change_user"})
LARGEST_SHOWN_AGAIN = 64 * 2**20  # bytes of a body that is too large, read only to show its text fields again
STATIC = frozenset({"static", "bootstrap.static"})
CSP = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
UNSHOWN = frozenset(
    {
        "csrf_token",
        "key",
        "held_id",
        "seen_id",
        "seen_version",
        "password",
        "pin",
        "secret",
        "password_or_pin",
        "new_password",
        "again",
    }
)


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
    _errors(app)


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
        return ("the database file is missing\n", 503) if request.endpoint == "healthz" else _plain(503)
    if request.endpoint == "healthz":
        return None
    if not current_app.extensions["ready"]:
        return _plain(503)
    if any(isinstance(value, int) and value > LARGEST for value in (request.view_args or {}).values()):
        return _page(404)  # no row has such a number, and the database could not even read it
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


# --- errors: a clear answer, and nothing that was typed is lost ------------------------------------------------------


def _errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(Missing, _not_there)
    app.register_error_handler(NotFound, _not_there)
    app.register_error_handler(OverflowError, _not_there)  # an id in an address that no database could hold
    app.register_error_handler(PharmacyError, lambda error: _page(422, sentence=error.sentence))
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _fault)


def posted() -> list[tuple[str, str]]:
    """What the person typed, to be shown again; never a secret or a token."""
    if request.method != "POST":
        return []
    try:
        fields: Iterable[tuple[str, str]] = _form().items(multi=True)
        return [(name, value) for name, value in fields if value and name.rsplit("-")[-1] not in UNSHOWN]
    except HTTPException:  # the body is beyond all measure
        return []


def _form() -> MultiDict[str, str]:
    try:
        return request.form
    except RequestEntityTooLarge:  # a picture of the whole sheet: what was typed beside it must not go with it
        request.max_content_length = LARGEST_SHOWN_AGAIN
        return request.form


_TEMPLATES = frozenset({400, 403, 404, 409, 413, 422, 500, 503})


def _page(code: int, **context: Any) -> ResponseReturnValue:
    try:
        access.session.rollback()
        return render_template(
            f"errors/{code if code in _TEMPLATES else 400}.html", code=code, posted=posted(), **context
        ), code
    except SQLAlchemyError:
        return _plain(503)


def _plain(code: int) -> ResponseReturnValue:
    """A page that asks nothing of the database, which may be what failed."""
    g.broken = True
    return render_template(f"errors/{code}.html", code=code, posted=posted()), code


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, CSRFError):
        return _page(
            400, sentence="The form is too old or came from elsewhere. Open the page again; what you typed is below."
        )
    if error.code is None or error.code < 400:
        return error
    if error.code == 405:  # the address of a form that was refused, loaded again or typed
        return _page(
            405, sentence="This address takes only what its form sends. Open the page again from your work queue."
        )
    return _page(error.code)


def _not_there(_error: Exception) -> ResponseReturnValue:
    return _page(404)


def _refused(error: Refused) -> ResponseReturnValue:
    log.info("refused", endpoint=request.endpoint, person=_person_id())
    sentence = str(error)
    return _page(403, why=f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}.", who=error.who)


def _conflict(error: Conflict) -> ResponseReturnValue:
    from pharmacy.log import sentences

    return _page(409, changes=sentences.who_did_what(access.session, error.since), again=_as_it_is_now(error))


# The page of each thing that two people may change at once, and the name of its number there.
_PAGES = {
    "balance": ("premises.balance", "balance_id"),
    "fill": ("prescriptions.review", "fill_id"),
    "formula_version": ("formulary.version", "version_id"),
    "lot": ("stock.lot", "lot_id"),
    "patient": ("patients.show", "patient_id"),
    "person": ("accounts.change", "person_id"),
    "preparation": ("preparations.show", "preparation_id"),
    "prescriber": ("patients.prescriber", "prescriber_id"),
    "prescription": ("prescriptions.show", "prescription_id"),
}


def _as_it_is_now(error: Conflict) -> str:
    """The address of what changed, as it is now: the page with the form where it can be opened again, else the thing's own."""
    for path in (request.path, _came_from()):
        if path and _opens(path) and not path.startswith("/calculators/"):  # a calculator is not what changed
            return path
    endpoint, name = _PAGES.get(error.on.kind if error.on else "", ("", ""))
    number: dict[str, Any] = {name: error.on.id} if error.on else {}
    return url_for(endpoint, **number) if number and access.may_open(endpoint) else ""


def _came_from() -> str:
    """The page of this pharmacy that the form stood on, by the browser's word."""
    origin = urlsplit(request.referrer or "")
    return origin.path if origin.netloc == request.host else ""


def _opens(path: str) -> bool:
    """Whether the address is a page of ours that may be opened; its number is not looked up."""
    try:
        endpoint, _ = request_ctx.url_adapter.match(path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return False
    return endpoint not in STATIC and access.may_open(endpoint)


def _database_error(error: SQLAlchemyError) -> ResponseReturnValue:
    # the statement's parameters hold patient data: only the kind of the fault is logged
    log.error(
        "database", kind=type(getattr(error, "orig", error)).__name__, endpoint=request.endpoint, person=_person_id()
    )
    return _plain(503)


def _fault(error: Exception) -> ResponseReturnValue:
    place = _place(error)
    log.error("fault", kind=type(error).__name__, place=place, endpoint=request.endpoint, person=_person_id())
    if _view_raises():
        raise error
    return _plain(500)


def _view_raises() -> bool:
    return bool(current_app.config.get("PROPAGATE_EXCEPTIONS"))


def _place(error: BaseException) -> str:
    """File and line where it happened, without values."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return "" if step is None else f"{step.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{step.tb_lineno}"


def _person_id() -> int | None:
    person = g.get("person")
    return None if person is None else int(person.id)
