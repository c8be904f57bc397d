"""The label's content on a stock, drawn and proved; and pictures of its bytes. Under the one lock that PDFium needs."""

from __future__ import annotations

import pypdfium2

from labels import LabelContent, LabelOverflow, LabelStock, render
from labels.proof import ProofFailed, picture, proof
from labels.stock import stock
from pharmacy.documents.pictures import PDFIUM
from pharmacy.errors import PharmacyError

ON_SCREEN = 203  # dots an inch: what the printer sets is what the screen shows


def stock_of(code: str) -> LabelStock:
    """The label stock of that code; a PharmacyError at the field ``stock`` if there is none."""
    try:
        return stock(code)
    except ValueError as none:
        raise PharmacyError("There is no such label stock.", "stock") from none


def drawn(content: LabelContent, stock_code: str) -> bytes:
    """The label's PDF, read back and proved. A PharmacyError at ``stock`` names what does not fit and what would do."""
    chosen = stock_of(stock_code)
    with PDFIUM:
        try:
            pdf = render(content, chosen)
            proof(pdf, content, chosen)
        except LabelOverflow as overflow:
            raise PharmacyError(overflow.message, "stock") from overflow
        except ProofFailed as failed:
            raise PharmacyError(f"The label was drawn, but its proof failed: {failed}", "stock") from failed
    return pdf


def pages(pdf: bytes) -> int:
    """How many labels of the stock it takes: one, or two."""
    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return len(document)
        finally:
            document.close()


def page_picture(pdf: bytes, number: int) -> bytes:
    """The PNG of one page, counted from 1. Raises LookupError where there is no such page."""
    with PDFIUM:
        pictures = picture(pdf, ON_SCREEN)
    if not 1 <= number <= len(pictures):
        raise LookupError(f"no page {number}")
    return pictures[number - 1]
