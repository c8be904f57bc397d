"""Reading uploaded PDFs and images with suspicion, and making a picture of each page.

PDFium is not thread-safe (pypdfium2's readme says so), and requests run in threads: one lock holds around every use.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
MOST_PAGES = 40
MOST_PIXELS = 50_000_000  # a letter page at 600 dpi has 34 million
WIDEST, TALLEST = 1275, 1650  # pixels of a picture: a letter page at 150 dpi
KEPT_PICTURES = 24

PDFIUM = threading.Lock()  # whoever else uses pypdfium2 in this program holds it too
_kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
_keeping = threading.Lock()


class Unreadable(ValueError):
    """The file cannot be shown; the message is one sentence for the person who chose it."""


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    """The PDF; one that needs a password, or that no page can be read from, is refused."""
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).casefold():
                raise Unreadable("The PDF is protected by a password. Save it without one.") from None
            raise Unreadable("The PDF is damaged and cannot be read.") from None
        try:
            yield document
        except pypdfium2.PdfiumError:
            raise Unreadable("A page of the PDF is damaged and cannot be read.") from None
        finally:
            document.close()


def check_pdf(content: bytes) -> None:
    """Open it, and draw its first page small: what cannot be drawn now could not be shown at verification."""
    with _opened(content) as document:
        if pypdfium2.raw.FPDF_GetSecurityHandlerRevision(document.raw) != -1:
            raise Unreadable("The PDF is encrypted. Save it without protection.")
        if not 1 <= len(document) <= MOST_PAGES:
            raise Unreadable(f"The PDF has {len(document)} pages; an original has 1 to {MOST_PAGES}.")
        for number in range(len(document)):
            width, height = document.get_page_size(number)
            if width < 1 or height < 1:
                raise Unreadable("A page of the PDF has no size.")
        _drawn(document, 0, 100, 130)


def check_image(content: bytes) -> None:
    """Read the whole image, so that one cut off or unpacking to an absurd size is refused now."""
    with _image(content) as image:
        image.load()


@contextmanager
def _image(content: bytes) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable("The image has too many pixels. Scan it with fewer dots per inch.")
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable("The image has too many pixels. Scan it with fewer dots per inch.") from None
    except Unreadable:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):  # what Pillow raises for broken files
        raise Unreadable("The image is damaged and cannot be read.") from None


def count(content: bytes, media_type: str) -> int:
    """How many pictures show all of it."""
    if media_type != PDF:
        return 1
    with _opened(content) as document:
        return len(document)


def picture(sha256: str, content: bytes, media_type: str, number: int) -> bytes:
    """The PNG of page ``number``, counted from 1. Raises :class:`LookupError` where there is no such page.

    The last few are remembered, because a page is looked at again and again while a fill is verified.
    """
    key = (sha256, number)
    with _keeping:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = _page(content, number) if media_type == PDF else _photograph(content, number)
    with _keeping:
        _kept[key] = made
        while len(_kept) > KEPT_PICTURES:
            _kept.popitem(last=False)
    return made


def _page(content: bytes, number: int) -> bytes:
    with _opened(content) as document:
        if not 1 <= number <= len(document):
            raise LookupError(f"no page {number}")
        return _png(_drawn(document, number - 1, WIDEST, TALLEST))


def _drawn(document: Any, index: int, widest: int, tallest: int) -> Image.Image:
    """The page on white, within the given pixels whatever size it claims to be."""
    page = document[index]
    try:
        width, height = page.get_size()
        bitmap = page.render(scale=min(widest / width, tallest / height))
        drawn: Image.Image = bitmap.to_pil().copy()  # its memory is PDFium's, and is given back under the lock
        bitmap.close()
    finally:
        page.close()
    return drawn


def _photograph(content: bytes, number: int) -> bytes:
    if number != 1:
        raise LookupError(f"no page {number}")
    with _image(content) as image:
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((WIDEST, TALLEST))
        if upright.mode not in {"L", "RGB", "1"}:
            ground = Image.new("RGB", upright.size, "white")
            seen = upright.convert("RGBA")
            ground.paste(seen, mask=seen.getchannel("A"))
            upright = ground
        return _png(upright)


def _png(image: Image.Image) -> bytes:
    to = io.BytesIO()
    image.save(to, "PNG")
    return to.getvalue()
