"""All that a view or a template may reach for: the mark, the session, who acts, and what that person can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from pharmacy.actions.acting import Seen, may, turn_away, view
from pharmacy.actions.catalogue import PERMITS, Action, Actor, who_may
from pharmacy.db import Base

SIGNED_IN = "signed in"
PUBLIC = "public"
V = TypeVar("V", bound=Callable[..., Any])


def _session() -> Session:
    if "db" not in g:
        g.db = Session(current_app.extensions["engine"], expire_on_commit=False)
    return cast("Session", g.db)


#: The database session of this request: opened at its first use, closed when the request ends.
session: Session = cast("Session", LocalProxy(_session))


def access(mark: Action | str) -> Callable[[V], V]:
    """Mark a view with the action that opens it, or SIGNED_IN, or PUBLIC. A view without a mark stops the start."""

    def marked(function: V) -> V:
        function.access = mark  # type: ignore[attr-defined]
        return function

    return marked


def current_actor() -> Actor:
    """Who is signed in, as the door knows that person."""
    return cast("Actor", g.actor)


def can(action: Action | str, subject: Any = None) -> bool:
    """Whether the person signed in may do this (to this row): what the door will say, asked by a template."""
    actor = g.get("actor")
    return actor is not None and may(actor, Action(action), subject)


def may_open(endpoint: str) -> bool:
    """Whether the person signed in may open the page; False if there is no such page."""
    function = current_app.view_functions.get(endpoint)
    mark = getattr(function, "access", None)
    if mark is None or g.get("actor") is None:
        return mark == PUBLIC
    return mark in {SIGNED_IN, PUBLIC} or any(role in g.actor.roles for role in PERMITS[Action(mark)].roles)


def viewed(model: type[Base], row_id: int | str) -> None:
    """Record that this person opened this subject (once a quarter of an hour)."""
    view(session, current_actor(), Seen(model, row_id))
    session.rollback()  # an older snapshot would not show what was just recorded


def turned_away(action: Action) -> None:
    """Record that this person asked for a page that is for others, and whose."""
    kinds = {"fill", "finding", "lot", "patient", "person", "preparation", "prescriber", "prescription"}
    asked = {name.removesuffix("_id"): str(value) for name, value in (request.view_args or {}).items()}
    subjects = [(kind, row_id) for kind, row_id in asked.items() if kind in kinds]
    why = "this is done by" if request.method == "POST" else "this page is for"
    turn_away(session, current_actor(), action, subjects, f"{why}: {who_may(action)}")
