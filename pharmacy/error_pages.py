"""The pages of errors: each says in one sentence what to do, and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, g, render_template, request, url_for
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from pharmacy import access
from pharmacy.actions.acting import Conflict, Missing, Refused
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.log import sentences, words

log = structlog.get_logger()
LARGEST_SHOWN_AGAIN = 64 * 2**20  # bytes of a body that is too large, read only to show its text fields again
STATIC = frozenset({"static", "bootstrap.static"})
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
    """Give each kind of error its page."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(Missing, _not_there)
    app.register_error_handler(NotFound, _not_there)
    app.register_error_handler(OverflowError, _not_there)  # an id in an address that no database could hold
    app.register_error_handler(PharmacyError, lambda error: page(422, sentence=error.sentence))
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _fault)


def posted() -> list[tuple[str, str]]:
    """What the person typed, to be shown again; never a secret or a token."""
    if request.method != "POST":
        return []
    try:
        fields: Iterable[tuple[str, str]] = _form().items(multi=True)
        shown = [(name, value) for name, value in fields if value and name.rsplit("-")[-1] not in UNSHOWN]
        return [(name, words.line_words(value) if name == "line" else value) for name, value in shown]
    except HTTPException:  # the body is beyond all measure
        return []


def _form() -> MultiDict[str, str]:
    try:
        return request.form
    except RequestEntityTooLarge:  # a picture of the whole sheet: what was typed beside it must not go with it
        request.max_content_length = LARGEST_SHOWN_AGAIN
        return request.form


_TEMPLATES = frozenset({400, 403, 404, 409, 413, 422, 500, 503})


def page(code: int, **context: Any) -> ResponseReturnValue:
    """The page of an error, with what was typed; the one that asks nothing of the database where that fails."""
    try:
        access.session.rollback()
        return render_template(
            f"errors/{code if code in _TEMPLATES else 400}.html", code=code, posted=posted(), **context
        ), code
    except SQLAlchemyError:
        return plain(503)


def plain(code: int) -> ResponseReturnValue:
    """A page that asks nothing of the database, which may be what failed."""
    g.broken = True
    return render_template(f"errors/{code}.html", code=code, posted=posted()), code


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, CSRFError):
        return page(
            400, sentence="The form is too old or came from elsewhere. Open the page again; what you typed is below."
        )
    if error.code is None or error.code < 400:
        return error
    if error.code == 405:  # the address of a form that was refused, loaded again or typed
        return page(
            405, sentence="This address takes only what its form sends. Open the page again from your work queue."
        )
    return page(error.code)


def _not_there(_error: Exception) -> ResponseReturnValue:
    return page(404)


def _refused(error: Refused) -> ResponseReturnValue:
    log.info("refused", endpoint=request.endpoint, person=_person_id())
    sentence = str(error)
    return page(403, why=f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}.", who=error.who)


def _conflict(error: Conflict) -> ResponseReturnValue:
    return page(409, changes=sentences.who_did_what(access.session, error.since), again=_as_it_is_now(error))


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
    return plain(503)


def _fault(error: Exception) -> ResponseReturnValue:
    place = _place(error)
    log.error("fault", kind=type(error).__name__, place=place, endpoint=request.endpoint, person=_person_id())
    if _view_raises():
        raise error
    return plain(500)


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
