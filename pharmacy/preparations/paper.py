"""The compounding record on paper: letter size, page numbers, nothing cut off; the same record gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.platypus import CondPageBreak, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from labels import fonts
from pharmacy.documents.letter import MARGIN, drawable, numbered
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.worksheet import AS_SHOWN, WorksheetStep
from pharmacy.preparations.evenness import Evenness
from pharmacy.preparations.record import CompoundingRecord

FRAME = 6  # ReportLab's own padding inside a frame
WIDTH = letter[0] - 2 * MARGIN
_TEXT = ParagraphStyle("text", fontName=fonts.READ, fontSize=8.5, leading=11, splitLongWords=1)
_SMALL = ParagraphStyle("small", _TEXT, fontSize=7, leading=9, textColor=colors.Color(0.3, 0.3, 0.3))
_BOLD = ParagraphStyle("bold", _TEXT, fontName=fonts.READ_BOLD)
_RIGHT = ParagraphStyle("right", _TEXT, alignment=TA_RIGHT)
_RIGHT_SMALL = ParagraphStyle("right small", _SMALL, alignment=TA_RIGHT)
_RIGHT_BOLD = ParagraphStyle("right bold", _BOLD, alignment=TA_RIGHT)
_HEAD = ParagraphStyle("head", _TEXT, fontName=fonts.READ_BOLD, fontSize=11, leading=14, spaceBefore=9, spaceAfter=3)
_TITLE = ParagraphStyle("title", _HEAD, fontSize=15, leading=19, spaceBefore=2)
_RULES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.Color(0.75, 0.75, 0.75)),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
)
_HEADED = TableStyle([("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black)])
_HEAD_AND_ROW = 1.3 * inch  # a heading, the head of its table and a first row
NOT_YET = "not recorded yet"
_IN_WORDS = {"√": "square root of ", "Σ": "sum of "}  # signs of a worksheet that the faces do not draw

_VERDICTS = {True: "inside", False: "OUTSIDE", None: ""}


def render(record: CompoundingRecord) -> bytes:
    """The PDF of the record. Characters that the type has no glyph for are printed as their code, never left out."""
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
        title=f"Compounding record {record.number}",
        author=record.pharmacy,
    )
    story = [*_begin(record), *_materials(record), *_work(record), *_attached(record), *_results(record), *_end(record)]
    document.build(story, canvasmaker=numbered(_plain(f"{record.pharmacy} · lot {record.number} · {record.title}"), 7))
    return target.getvalue()


def _plain(text: str) -> str:
    """The text with signs of arithmetic that the faces lack in words, and what else they lack as its code."""
    text = text.replace(" %", f"{NBSP}%")
    for sign, word in _IN_WORDS.items():
        text = text.replace(sign, word)
    return drawable(text)


def _p(text: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    return Paragraph(escape(_plain(text)).replace("\n", "<br/>"), style)


def _cell(*parts: tuple[str, ParagraphStyle]) -> list[Paragraph]:
    return [_p(text, style) for text, style in parts if text]


def _table(
    rows: Sequence[Sequence[Any]], widths: Sequence[float], head: Sequence[str] = (), figures: Iterable[int] = ()
) -> Table:
    """A table over the whole width; it breaks between rows, and only where a row may be taller than a page inside it.

    ``figures`` are the columns whose heads stand at the right, over what stands at the right.
    """
    right = frozenset(figures)
    whole = sum(widths)
    body = [[one if isinstance(one, (list, Paragraph)) else _p(one) for one in row] for row in rows]
    if head:
        body.insert(0, [_p(one, _RIGHT_BOLD if at in right else _BOLD) for at, one in enumerate(head)])
    table = Table(
        body, [WIDTH * one / whole for one in widths], repeatRows=1 if head else 0, splitInRow=int(_is_tall(body))
    )
    table.setStyle(_RULES)
    if head:
        table.setStyle(_HEADED)
    return table


def _is_tall(body: Sequence[Sequence[Any]]) -> bool:
    """Whether some cell may not fit a page: 1,500 letters fill about half of one in the narrowest column."""
    cells = (cell if isinstance(cell, list) else [cell] for row in body for cell in row)
    return any(sum(len(part.text) for part in cell) > 1500 for cell in cells)


def _pairs(pairs: Iterable[tuple[str, str]]) -> Table:
    return _table([[_p(name, _SMALL), _p(said or NOT_YET)] for name, said in pairs], (22, 78))


def _section(title: str, *parts: Any) -> list[Any]:
    """A heading that is never left alone at the foot of a page."""
    first, *rest = parts
    if isinstance(first, Table):
        return [CondPageBreak(_HEAD_AND_ROW), _p(title, _HEAD), first, *rest]
    return [KeepTogether([_p(title, _HEAD), first]), *rest]


def _begin(record: CompoundingRecord) -> list[Any]:
    return [
        _p(record.pharmacy, _BOLD),
        _p(record.address, _SMALL),
        _p(f"Compounding record, lot {record.number}", _TITLE),
        _pairs(
            (
                ("Preparation", record.title),
                ("Strength stated as", record.stated_as),
                ("Master formulation record", record.formula),
                ("State", record.status),
                ("To be made", f"{record.amount}, with {record.excess} process excess on the whole blend"),
                ("Made for", "; ".join(record.made_for)),
                ("Planned by", record.planned),
                ("Day of compounding", record.compounded_on),
                ("Compounded by", ", ".join(record.makers)),
                ("Balance", record.balance),
            )
        ),
    ]


def _materials(record: CompoundingRecord) -> list[Any]:
    rows = [
        [
            _cell((one.name, _TEXT), (one.certificate, _SMALL)),
            one.lot,
            one.supplier,
            one.ends,
            _cell((one.used or "none yet", _RIGHT), (one.how, _RIGHT_SMALL)),
        ]
        for one in record.ingredients
    ]
    head = ("Component", "Lot", "Supplier", "Good until", "Used")
    return _section("Components", _table(rows, (30, 16, 20, 22, 12), head, (4,)))


def _steps(steps: Iterable[WorksheetStep]) -> Table:
    """A worksheet: each step in words and numbers, its result at the right."""
    rows = [
        [
            str(number),
            _cell(
                (one.name, _BOLD), (one.words, _TEXT), (one.numbers, _TEXT), (one.note, _SMALL), (one.source, _SMALL)
            ),
            _p(one.text(), _RIGHT),
        ]
        for number, one in enumerate(steps, start=1)
    ]
    return _table(rows, (4, 74, 22), ("", "Step, in words and in numbers", "Result"), (2,))


def _attached(record: CompoundingRecord) -> list[Any]:
    """The calculations that people attached, each with what was given and its second way."""
    story: list[Any] = []
    for one in record.calculations:
        given = "; ".join(f"{name}: {value}" for name, value in one.given)
        note = f" “{one.note}”" if one.note else ""
        story += _section(
            f"Attached calculation: {one.title}",
            _p(f"Given: {given}. Attached by {one.who}, {one.at}.{note}", _SMALL),
            _steps(one.worksheet.steps),
            Spacer(1, 3),
            _p(f"Second calculation: {one.plausibility}", _SMALL),
        )
    return story


def _work(record: CompoundingRecord) -> list[Any]:
    lines = [
        [
            _cell((one.name, _TEXT), (f"lot {one.lot}" if one.lot else "", _SMALL)),
            _cell((one.target, _TEXT), (one.limits, _SMALL)),
            _cell(
                (one.recorded or NOT_YET, _BOLD if one.recorded else _SMALL),
                ("inside" if one.recorded and one.good else "", _SMALL),
                ("" if one.good else "OUTSIDE its limits", _BOLD),
                (f"Reason: {one.reason}" if one.reason else "", _TEXT),
                *((f"before: {was}", _SMALL) for was in one.before),
            ),
            _cell((one.who, _TEXT), (one.at, _SMALL)),
        ]
        for one in record.weighings
    ]
    return [
        *_section("Worksheet", _steps(record.worksheet)),
        Spacer(1, 3),
        _p(f"{AS_SHOWN} Second calculation: {record.plausibility}", _SMALL),
        *_section(
            "Weights and volumes, expected and recorded",
            _table(lines, (28, 26, 26, 20), ("What", "Target and limits", "Recorded", "By")),
        ),
        *_section(
            "Instructions",
            _table([[str(n), one] for n, one in enumerate(record.instructions, start=1)], (4, 96)),
            _p("Equipment: " + "; ".join(record.equipment), _SMALL),
        ),
    ]


def _weighed_singly(capsules: Evenness) -> list[Any]:
    cells = [
        [
            f"{one.number}.",
            *(_p(said, _RIGHT) for said in (one.gross, one.net, one.percent)),
            "" if one.good else "OUTSIDE",
        ]
        for one in capsules.each
    ]
    middle = -(-len(cells) // 2)  # down the left half, then down the right
    right = [*cells[middle:], *[[""] * 5] * (2 * middle - len(cells))]
    rows = [[*one, *other] for one, other in zip(cells[:middle], right, strict=True)]
    head = ("", "Gross", "Net", "Of the target", "") * 2
    singly = _table(rows, (5, 12, 12, 13, 10) * 2, head, (1, 2, 3, 6, 7, 8))
    measures = [[one.name, one.expected, one.observed, _p(_VERDICTS[one.good], _BOLD)] for one in capsules.measures]
    kept = f" Kept because: {'; '.join(capsules.kept)}." if capsules.kept else ""
    return [
        *_section("Capsules weighed one by one", singly),
        Spacer(1, 6),
        _table(measures, (20, 37, 30, 13), ("Weights", "Expected", "Observed", "Verdict")),
        Spacer(1, 3),
        _p(f"{capsules.shell}{kept}"),
        _p(capsules.pooled, _SMALL),
        *([_p(f"Second calculation: {capsules.second_way}", _SMALL)] if capsules.second_way else []),
        _p(capsules.cannot_prove, _BOLD),
    ]


def _results(record: CompoundingRecord) -> list[Any]:
    story = _weighed_singly(record.capsules) if record.capsules else []
    traits = [
        [
            one.name,
            one.expected,
            _cell((one.observed or NOT_YET, _TEXT), *((f"before: {was}", _SMALL) for was in one.before)),
            _p(("as expected" if one.passed else "NOT as expected") if one.observed else "", _BOLD),
            _cell((one.who, _TEXT), (one.at, _SMALL)),
        ]
        for one in record.traits
    ]
    story += _section(
        "Quality checks, expected and observed",
        _table(traits, (18, 26, 26, 13, 17), ("Trait", "Expected", "Observed", "Verdict", "By")),
    )
    delivered = record.delivered
    working = f"{delivered.words}: {delivered.numbers} = {delivered.text()}" if delivered else ""
    results = [
        [one.name, one.expected, one.observed or NOT_YET, _p(_VERDICTS[one.good], _BOLD)] for one in record.results
    ]
    pairs = (
        *((("Explained at the finish", record.yield_reason),) if record.yield_reason else ()),
        ("Strength, how it was computed", working),
        *((("Second calculation", record.delivered_again),) if record.delivered_again else ()),
    )
    shown = _table(results, (20, 37, 30, 13), ("Result", "Expected", "Observed", "Verdict"))
    return [*story, *_section("Results, expected and observed", shown), _pairs(pairs)]


def _end(record: CompoundingRecord) -> list[Any]:
    pairs = (
        ("Beyond-use date", record.beyond_use),
        ("What decided it", record.decided_by),
        ("Source", record.beyond_use_source),
        ("Storage", record.storage),
        ("Container", record.container),
        ("Labelling", "; ".join(record.labelling)),
    )
    note = [_p(record.judgement)] if record.judgement else []
    return [
        *_section("Beyond-use date, storage, container", _pairs(pairs)),
        KeepTogether([_p("Release", _HEAD), _p(record.judged or "Not released yet.", _BOLD), *note]),
    ]
