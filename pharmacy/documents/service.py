"""What may be kept as an original or certificate, and keeping it once under its sha256."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select

from pharmacy import clock
from pharmacy.actions.acting import Opened
from pharmacy.documents import pictures
from pharmacy.documents.models import Document
from pharmacy.documents.pictures import JPEG, PDF, PNG, Unreadable
from pharmacy.errors import PharmacyError

LARGEST = 10 * 2**20  # bytes
FIELD = "original"


def check_upload(content: bytes) -> str:
    """The media type of an uploaded PDF, JPEG or PNG, told by its content alone; its name and declared type do not count.

    Raises a :class:`PharmacyError` at the field ``original`` for an empty file, one above 10 MB, another kind of file,
    and one that cannot be shown: cut off, encrypted, without a page, or of an absurd size when unpacked.
    """
    if not content:
        raise PharmacyError("The file is empty.", FIELD)
    if len(content) > LARGEST:
        raise PharmacyError("The file is larger than 10 MB. Scan it with fewer dots per inch.", FIELD)
    try:
        if content.startswith(b"%PDF-"):
            pictures.check_pdf(content)
            return PDF
        if content.startswith(b"\xff\xd8\xff"):
            pictures.check_image(content)
            return JPEG
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            pictures.check_image(content)
            return PNG
    except Unreadable as refused:
        raise PharmacyError(str(refused), FIELD) from None
    raise PharmacyError("This is no PDF, JPEG or PNG, whatever its name says.", FIELD)


def keep(opened: Opened[Any], content: bytes, media_type: str) -> str:
    """Keep the bytes within an open action and return their sha256; the same bytes are kept once."""
    digest = hashlib.sha256(content).hexdigest()
    if opened.db.scalar(select(Document.sha256).where(Document.sha256 == digest)) is None:
        opened.db.add(
            Document(sha256=digest, media_type=media_type, content=content, size=len(content), kept_at=clock.now())
        )
        opened.db.flush()
    opened.concerns("document", digest)
    return digest
