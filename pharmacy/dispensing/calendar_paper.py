"""The patient's calendar on paper: letter size, a row for each day with a box to tick, in words that a patient reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from labels import fonts
from pharmacy.dispensing.plan import Calendar
from pharmacy.documents.letter import MARGIN, drawable, numbered
from pharmacy.domain.dates import day_text
from pharmacy.domain.quantity import NBSP
from pharmacy.premises.models import Pharmacy

FRAME = 6
WIDTH = letter[0] - 2 * MARGIN
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TEXT = ParagraphStyle("text", fontName=fonts.READ, fontSize=11, leading=14, splitLongWords=1)
_BOLD = ParagraphStyle("bold", _TEXT, fontName=fonts.READ_BOLD)
_FAINT = ParagraphStyle("faint", _TEXT, textColor=colors.Color(0.4, 0.4, 0.4))
_HEAD = ParagraphStyle("head", _TEXT, fontName=fonts.READ_BOLD, fontSize=18, leading=23, spaceAfter=4)
_RULE = colors.Color(0.75, 0.75, 0.75)
NONE = "none"


def render(calendar: Calendar, patient: str, pharmacy: Pharmacy | None) -> bytes:
    """The PDF. Nothing is shortened: a long table goes on to the next page under the same heads."""
    fonts.register()
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=letter,
        leftMargin=MARGIN - FRAME,
        rightMargin=MARGIN - FRAME,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        invariant=1,
        title="Calendar of your medicine",
        author=pharmacy.name if pharmacy else "",
    )
    named = (pharmacy.name, pharmacy.phone) if pharmacy else ()
    foot = drawable(" · ".join((*named, "calendar of your medicine")))
    document.build([*_begin(calendar, patient), _days(calendar), *_end(calendar)], canvasmaker=numbered(foot, 9))
    return target.getvalue()


def _p(text: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    return Paragraph(escape(drawable(text)), style)


def _begin(calendar: Calendar, patient: str) -> list[Any]:
    when = f" Take it {calendar.when.value}." if calendar.when else ""
    rows = [
        [_p(f"Container {one.place}", _BOLD), _p(one.medicine, _BOLD), _p(one.directions)] for one in calendar.columns
    ]
    table = Table(rows, [1.25 * inch, 1.55 * inch, WIDTH - 2.8 * inch])
    table.setStyle(_style())
    return [
        _p("Calendar of your medicine", _HEAD),
        _p(f"{patient}. Naltrexone{NBSP}HCl, by mouth.{when}", _BOLD),
        _p(f"Day{NBSP}1 is {_day(calendar, 0)}. The last day is {_day(calendar, -1)}."),
        *(_p(f"Measure it with the oral syringe supplied: {one.syringe}.") for one in calendar.columns if one.syringe),
        Spacer(1, 6),
        table,
        Spacer(1, 8),
    ]


def _day(calendar: Calendar, at: int) -> str:
    on = calendar.days[at].on
    return f"{WEEKDAYS[on.weekday()]}, {day_text(on)}".replace(" ", NBSP)


def _days(calendar: Calendar) -> Table:
    several = len(calendar.columns) > 1
    heads = [f"{one.place}: {one.medicine}" for one in calendar.columns] if several else ["Take"]
    body: list[list[Any]] = [[_p(one, _BOLD) for one in ("Day", "Date", *heads, "Taken")]]
    body += [
        [_p(str(day.number), _BOLD), _p(_short(day.on)), *(_amount(calendar, one) for one in day.amounts), _Box()]
        for day in calendar.days
    ]
    ends = (0.55 * inch, 1.5 * inch, 0.65 * inch)
    each = (WIDTH - sum(ends)) / len(heads)
    table = Table(body, [ends[0], ends[1], *(each for _ in heads), ends[2]], repeatRows=1)
    table.setStyle(_style())
    table.setStyle(TableStyle([("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)]))
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, 0), 0.9, colors.black)]))
    weeks = [("LINEBELOW", (0, at), (-1, at), 0.9, colors.Color(0.3, 0.3, 0.3)) for at in range(7, len(body), 7)]
    table.setStyle(TableStyle(weeks))
    return table


def _short(on: date) -> str:
    """``Mon 02 MAR 2026``, never broken."""
    return f"{WEEKDAYS[on.weekday()][:3]} {day_text(on)}".replace(" ", NBSP)


def _amount(calendar: Calendar, amount: Decimal) -> Paragraph:
    return _p(calendar.form.amount_text(amount), _BOLD) if amount else _p(NONE, _FAINT)


class _Box(Table):  # type: ignore[misc]
    """An empty box to tick."""

    def __init__(self) -> None:
        super().__init__([[""]], [10], [10])
        self.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 0.8, colors.black)]))


def _style() -> TableStyle:
    return TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 6),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )


def _end(calendar: Calendar) -> Sequence[Any]:
    units = "capsules" if calendar.form.value == "capsule" else "mL"
    said = (
        f"Begin on day 1 and take only what the row of that day says, in {units}. If you miss a day, skip it: never take "
        "double. Do not begin the calendar again; after the last day go on as your refill or your prescriber "
        "says. Call us if anything is not clear."
    )
    return [Spacer(1, 8), _p(said)]
