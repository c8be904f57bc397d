"""Reading what was kept."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.documents import pictures
from pharmacy.documents.models import Document
from pharmacy.errors import NotFound


def content(db: Session, sha256: str) -> tuple[bytes, str]:
    """The bytes and their media type, exactly as they were kept."""
    found = db.execute(select(Document.content, Document.media_type).where(Document.sha256 == sha256)).one_or_none()
    if found is None:
        raise NotFound("There is no such document.")
    return found.content, found.media_type


def pages(db: Session, sha256: str) -> int:
    """How many pictures show the whole document: the pages of a PDF, 1 for an image."""
    return pictures.count(*content(db, sha256))
