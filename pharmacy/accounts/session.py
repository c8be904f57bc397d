"""Who is signed in on this browser, for Flask-Login; and a session cookie that is Secure wherever it can be."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, login_user, logout_user

from pharmacy.access import session as db
from pharmacy.accounts import queries
from pharmacy.accounts.models import Person
from pharmacy.config import is_loopback

login_manager = LoginManager()
login_manager.session_protection = None  # an address may change behind a proxy; the epoch ends sessions
SESSION_ID = "session_id"


class SignedIn(UserMixin):  # type: ignore[misc]
    """A person for Flask-Login. The id carries the epoch: a new password or a closed account ends every session."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def get_id(self) -> str:
        return f"{self.person.id}:{self.person.session_epoch}"


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(key: str) -> SignedIn | None:
    person_id, _, epoch = key.partition(":")
    if not (person_id.isdigit() and epoch.isdigit()):
        return None
    person = db.get(Person, int(person_id))
    if person is None or not person.active or person.session_epoch != int(epoch) or is_over():
        return None
    return SignedIn(person)


def begin(person: Person) -> None:
    """A new session: nothing that was planted in the cookie before stays in it."""
    session.clear()
    session[SESSION_ID] = secrets.token_hex(16)
    login_user(SignedIn(person))


def is_over() -> bool:
    """Whether the cookie is one of a session that its person has signed out of, or of none."""
    return not session.get(SESSION_ID) or queries.has_ended(db, session[SESSION_ID])


def end() -> None:
    """Empty the cookie."""
    logout_user()
    session.clear()


class LoopbackAwareSessions(SecureCookieSessionInterface):
    """The cookie is Secure except on plain HTTP to this very machine, where no network is passed."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  Flask's signature
        return request.is_secure or not is_loopback(host_name(request.host))


def host_name(host: str) -> str:
    """The name in a Host header, without its port; an IPv6 address stands in brackets."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]


def account_of(key: Any) -> int | None:
    """The person's id in a session key."""
    head = str(key or "").partition(":")[0]
    return int(head) if head.isdigit() else None
