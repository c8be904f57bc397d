"""What every document on letter paper shares: numbered pages with a foot, and text in which nothing vanishes."""

from __future__ import annotations

from typing import Any

from reportlab.lib.pagesizes import letter
from reportlab.lib.units import inch
from reportlab.pdfgen.canvas import Canvas

from labels import fonts

MARGIN = 7 * inch / 10
FOOT = 42 * inch / 100  # from the lower edge


def numbered(foot: str, size: int) -> type[Canvas]:
    """A canvas that knows how many pages there are before it writes the first foot, in type of that size."""

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  ReportLab's name
            self.kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self.kept, start=1):
                self.__dict__.update(page)
                self.setFont(fonts.READ, size)
                self.drawString(MARGIN, FOOT, foot)
                self.drawRightString(letter[0] - MARGIN, FOOT, f"page {number} of {len(self.kept)}")
                Canvas.showPage(self)
            Canvas.save(self)

    return Numbered


def drawable(text: str) -> str:
    """The text with what the faces cannot draw written as ``[U+4E00]``: nothing vanishes without a word."""
    lacking = fonts.missing(text, (fonts.READ, fonts.READ_BOLD)) - {"\n"}
    return "".join(f"[U+{ord(sign):04X}]" if sign in lacking else sign for sign in text)
