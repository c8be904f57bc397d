"""A kept document as it is, and a picture of each of its pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers

from pharmacy.access import access, session, viewed
from pharmacy.actions.catalogue import Action
from pharmacy.documents import pictures, queries
from pharmacy.documents.models import Document

bp = Blueprint("documents", __name__)
NAMES = {pictures.PDF: "document.pdf", pictures.JPEG: "document.jpg", pictures.PNG: "document.png"}


class Foreign(Response):
    """Bytes that came from outside: nothing in them may run, load or frame.

    The policy is a second header beside the page's own, so that both hold. Chromium shows no PDF at all under
    ``sandbox``; its viewer keeps a PDF's scripts in a process of its own, so a PDF gets the rest of the policy.
    """

    def get_wsgi_headers(self, environ: Any) -> Headers:
        headers = super().get_wsgi_headers(environ)
        if self.mimetype != pictures.PDF:
            headers.add(
                "Content-Security-Policy", "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
            )
        return headers


@bp.get("/documents/<sha256>")
@access(Action.VIEW)
def show(sha256: str) -> ResponseReturnValue:
    viewed(Document, sha256)
    content, media_type = queries.content(session, sha256)
    name = NAMES.get(media_type, "document.bin")
    response = Foreign(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@bp.get("/documents/<sha256>/page/<int:n>.png")
@access(Action.VIEW)
def picture(sha256: str, n: int) -> ResponseReturnValue:
    viewed(Document, sha256)
    content, media_type = queries.content(session, sha256)
    try:
        made = pictures.picture(sha256, content, media_type, n)
    except LookupError:
        abort(404)
    response = Foreign(made, mimetype=pictures.PNG)
    response.headers["Content-Disposition"] = 'inline; filename="page.png"'
    return response
