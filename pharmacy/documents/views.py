"""Showing kept documents: the bytes as they are, or a page as a picture."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from pharmacy.access import access, session, viewed
from pharmacy.actions.catalogue import Action
from pharmacy.documents import queries, service
from pharmacy.documents.models import Document

bp = Blueprint("documents", __name__)
_ENDING = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


@bp.get("/documents/<sha256>")
@access(Action.VIEW)
def show(sha256: str) -> ResponseReturnValue:
    content, media_type = queries.content(session, sha256)
    viewed(Document, sha256)
    name = f"document.{_ENDING.get(media_type, 'bin')}"
    return Response(content, mimetype=media_type, headers={"Content-Disposition": f"inline; filename={name}"})


@bp.get("/documents/<sha256>/page/<int:page>.png")
@access(Action.VIEW)
def picture(sha256: str, page: int) -> ResponseReturnValue:
    content, media_type = queries.content(session, sha256)
    viewed(Document, sha256)
    return Response(service.picture(content, media_type, page), mimetype="image/png")
