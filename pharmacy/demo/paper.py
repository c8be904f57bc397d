"""An invented prescription as a one-page PDF: the original of an order that came on paper or by fax."""

from __future__ import annotations

import io

from reportlab.lib.pagesizes import A5, landscape
from reportlab.pdfgen.canvas import Canvas

from labels import fonts


def prescription(prescriber: str, patient: str, written: str, lines: tuple[str, ...]) -> bytes:
    """The page. Everything on it is fiction, and the page says so."""
    fonts.register()
    out = io.BytesIO()
    width, height = landscape(A5)
    page = Canvas(out, pagesize=(width, height), invariant=1)
    page.setTitle("Prescription, invented")
    page.setFont("ClearSans-Bold", 17)
    page.drawString(48, height - 60, prescriber)
    page.setFont("ClearSans", 9)
    page.drawString(48, height - 76, "Invented for a demonstration. Not a prescription.")
    page.line(48, height - 86, width - 48, height - 86)
    page.setFont("ClearSans", 12)
    page.drawString(48, height - 112, f"For {patient}")
    page.drawRightString(width - 48, height - 112, written)
    page.setFont("ClearSans-Bold", 20)
    page.drawString(48, height - 150, "Rx")
    page.setFont("ClearSans", 13)
    for number, line in enumerate(lines):
        page.drawString(84, height - 150 - 20 * number, line)
    page.line(width - 240, 70, width - 48, 70)
    page.setFont("ClearSans", 9)
    page.drawString(width - 240, 58, "signature")
    page.save()
    return out.getvalue()
