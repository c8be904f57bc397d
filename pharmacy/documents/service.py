"""Checking what is uploaded, keeping bytes once, and showing a page of them as a picture."""

from __future__ import annotations

import hashlib
import io
import threading
import warnings
from typing import Any

import pypdfium2 as pdfium
from PIL import Image

from pharmacy import clock
from pharmacy.actions.acting import Opened
from pharmacy.documents.models import Document
from pharmacy.errors import NotFound, PharmacyError

LARGEST = 10 * 2**20
MOST_PIXELS = 60_000_000
FIELD = "original"
_pdfium = threading.Lock()  # the library is not safe for threads


def check_upload(content: bytes, field: str = FIELD) -> str:
    """The media type of a PDF, JPEG or PNG, told by its content alone; anything else is refused at the field."""
    if not content:
        raise PharmacyError("The file is empty.", field)
    if len(content) > LARGEST:
        raise PharmacyError("The file is larger than 10 MB.", field)
    if content.startswith(b"%PDF-"):
        _check_pdf(content, field)
        return "application/pdf"
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return _check_picture(content, field)
    raise PharmacyError("The file is no PDF, JPEG or PNG, whatever its name says.", field)


def _check_pdf(content: bytes, field: str) -> None:
    with _pdfium:
        try:
            document = pdfium.PdfDocument(content)
            try:
                pages = len(document)
            finally:
                document.close()
        except pdfium.PdfiumError:
            raise PharmacyError("The PDF cannot be read; it is damaged or locked with a password.", field) from None
    if not 0 < pages <= 50:
        raise PharmacyError("The PDF has no page, or more than 50.", field)


def _check_picture(content: bytes, field: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise PharmacyError("The picture is too large to be shown; scan it at 300 dots per inch.", field)
                kind = picture.format
                picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PharmacyError("The picture cannot be read; it is damaged or cut off.", field) from None
    return "image/jpeg" if kind == "JPEG" else "image/png"


def keep(opened: Opened[Any], content: bytes, media_type: str) -> str:
    """Keep the bytes in an open action; the same bytes are kept once. Returns their sha256."""
    digest = hashlib.sha256(content).hexdigest()
    if opened.db.get(Document, digest) is None:
        opened.db.add(
            Document(sha256=digest, media_type=media_type, content=content, size=len(content), kept_at=clock.now())
        )
        opened.db.flush()
    opened.concerns("document", digest)
    return digest


def pages(content: bytes, media_type: str) -> int:
    """How many pages there are to show."""
    if media_type != "application/pdf":
        return 1
    with _pdfium:
        document = pdfium.PdfDocument(content)
        try:
            return len(document)
        finally:
            document.close()


def picture(content: bytes, media_type: str, page: int, dots_per_inch: int = 110) -> bytes:
    """One page as a PNG no wider than 1,400 dots (pages are counted from 1)."""
    if media_type == "application/pdf":
        with _pdfium:
            document = pdfium.PdfDocument(content)
            try:
                if not 1 <= page <= len(document):
                    raise NotFound("There is no such page.")
                shown = document[page - 1].render(scale=dots_per_inch / 72).to_pil()
            finally:
                document.close()
    else:
        if page != 1:
            raise NotFound("There is no such page.")
        shown = Image.open(io.BytesIO(content)).convert("RGB")
    shown.thumbnail((1400, 4000))
    out = io.BytesIO()
    shown.save(out, "PNG")
    return out.getvalue()
