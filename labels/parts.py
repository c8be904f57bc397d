"""The words of a label's parts as paragraphs: which face, what stays together, what each part is called in a message."""

from labels import symbols
from labels.content import LabelContent, day, printed
from labels.flow import DoesNotFit, Paragraph
from labels.fonts import FACT, FACT_BOLD, READ, READ_BOLD
from labels.text import POINT, TooWide, pieces, words, wrap

# What a person is told: the subject of a sentence, and "has" or "have".
PARTS = {
    "patient": ("The patient's name", "has"),
    "drug": ("The drug and strength", "have"),
    "directions": ("The directions", "have"),
    "purpose": ("The purpose", "has"),
    "date": ("The date", "has"),
    "warnings": ("The warnings", "have"),
    "statement": ("The statement of a compounded preparation", "has"),
    "quantity": ("The quantity", "has"),
    "lot": ("The lot number", "has"),
    "route": ("The route", "has"),
    "refills": ("The refills", "have"),
    "prescriber": ("The prescriber's name", "has"),
    "facts": ("Quantity, lot, refills and prescriber", "have"),
    "storage": ("Storage and description", "have"),
    "pharmacy": ("The pharmacy's name and address", "have"),
    "codes": ("The fill's number, lot and serial", "have"),
}

BLOCK_LEADING = 1.2
REST_LEADING = 1.12


def furniture(content: LabelContent) -> list[tuple[str, str]]:
    """Every text that comes from outside, with the part it belongs to."""
    return [
        ("patient", content.patient),
        ("drug", content.drug),
        ("directions", content.directions),
        ("purpose", content.purpose or ""),
        *(("warnings", warning.text) for warning in content.warnings),
        ("statement", content.statement),
        ("quantity", content.quantity),
        ("lot", content.lot),
        ("route", content.route),
        ("refills", content.refills),
        ("prescriber", content.prescriber),
        ("storage", content.storage),
        ("storage", content.description),
        ("pharmacy", content.pharmacy_name),
        ("pharmacy", content.pharmacy_address),
        ("pharmacy", content.pharmacy_phone),
        ("codes", content.fill_number),
        ("codes", content.serial),
    ]


def sentence(text: str) -> str:
    """The text with a full stop where none closes it."""
    text = printed(text)
    return text if not text or text[-1] in ".!?…" else f"{text}."


def _paragraph(
    part: str,
    texts: list[tuple[str, str]],
    width: float,
    size: float,
    leading: float = REST_LEADING,
    *,
    hyphens: bool = False,
    gap: float = 0.0,
) -> Paragraph:
    some = [word for text, face in texts for word in words(text, face)]
    try:
        lines = wrap([[piece] for piece in pieces(some)], width, size, hyphens=hyphens)
    except TooWide:
        raise DoesNotFit(part, word=True) from None
    return Paragraph(part, lines, size, leading, gap)


def patient_block(content: LabelContent, width: float, size: float) -> list[Paragraph]:
    """Exactly the four of 16 CCR 1707.5(a)(1), in its order. A double name may end a line after its hyphen."""
    block = [
        _paragraph("patient", [(content.patient, READ_BOLD)], width, size, BLOCK_LEADING, hyphens=True),
        _paragraph("drug", [(content.drug, READ_BOLD)], width, size, BLOCK_LEADING, gap=0.6),
        _paragraph("directions", [(content.directions, READ)], width, size, BLOCK_LEADING, gap=0.6),
    ]
    if printed(content.purpose):
        block.append(_paragraph("purpose", [(f"For: {content.purpose}", READ)], width, size, BLOCK_LEADING, gap=0.6))
    return block


def date_line(text: str, size: float, width: float, largest: float | None = None) -> Paragraph:
    """One bold line, as large as the width allows up to ``largest``; DoesNotFit if not even ``size`` does."""
    bold = [[piece] for piece in pieces(words(text, READ_BOLD))]
    try_size = largest or size
    while try_size >= size:
        try:
            lines = wrap(bold, width, try_size)
        except TooWide:
            lines = ()
        if len(lines) == 1:
            return Paragraph("date", lines, try_size, REST_LEADING)
        try_size -= 0.25
    raise DoesNotFit("date")


def rest_of(
    content: LabelContent,
    width: float,
    size: float,
    date_size: float,
    *,
    kept: int | None = None,
    second: bool = False,
    strip: bool = False,
) -> list[Paragraph]:
    """Everything but the patient's block and the codes.

    ``kept``: on a first label that many warnings and a pointer to the others, on a second label only the others.
    ``second``: patient and drug come first. ``strip``: the foot of a first label whose rest is on the second.
    """
    after = date_line(f"Do not use after {day(content.do_not_use_after)}", size, width, date_size)
    if strip:
        pointer = _paragraph("warnings", [("Do not use without label 2.", READ)], width, size)
        return [date_line("Label 1 of 2", size, width), after, pointer]
    result: list[Paragraph] = []
    if second:
        result = [
            _paragraph("patient", [(content.patient, READ_BOLD)], width, size, hyphens=True),
            _paragraph("drug", [(content.drug, READ_BOLD)], width, size),
        ]
    result.append(after)
    if content.containers > 1:
        result.append(date_line(f"Bottle {content.container} of {content.containers}", size, width))
    result += _warnings(content, width, size, kept, second=second)
    if second and kept is not None:
        return result
    if kept is not None:
        left = len(content.warnings) - kept
        others = f"Read the {left} warnings" if left > 1 else "Read the warning"
        result.append(_paragraph("warnings", [(f"Label 1 of 2. {others} on label 2.", READ_BOLD)], width, size))
    return result + _facts(content, width, size)


def _warnings(content: LabelContent, width: float, size: float, kept: int | None, *, second: bool) -> list[Paragraph]:
    every = content.warnings_by_weight()
    shown = every if kept is None else every[kept:] if second else every[:kept]
    indent = 1.45 * size * POINT if any(one.symbol in symbols.SYMBOLS for one in shown) else 0.0
    result: list[Paragraph] = []
    for number, warning in enumerate(shown):
        # The most serious warning of all is bold, and only that one.
        face = READ_BOLD if number == 0 and warning is every[0] else READ
        lines = _paragraph("warnings", [(warning.text, face)], width - indent, size).lines
        symbol = warning.symbol if warning.symbol in symbols.SYMBOLS else None
        gap = 0.1 if result else 0.3
        result.append(Paragraph("warnings", lines, size, REST_LEADING, gap, indent, symbol))
    return result


def _facts(content: LabelContent, width: float, size: float) -> list[Paragraph]:
    """The statement; the facts, each with its word and on one line where it can be; storage; the pharmacy."""
    labelled = [
        ("Qty", content.quantity),
        ("Filled", day(content.filled_on)),
        ("Lot", content.lot),
        ("", content.route),
        ("", content.refills),
        ("Prescriber", content.prescriber),
    ]
    groups = [
        pieces(words(label, FACT) + words(value, FACT_BOLD if label else FACT))
        for label, value in labelled
        if printed(value)
    ]
    try:
        facts = Paragraph("facts", wrap(groups, width, size, gap=2, hyphens=True), size, REST_LEADING, 0.15)
    except TooWide:
        raise DoesNotFit("facts", word=True) from None
    stored = f"{sentence(content.storage)} {sentence(content.description)}"
    pharmacy = f"{printed(content.pharmacy_name)}, {printed(content.pharmacy_address)}, {content.pharmacy_phone}"
    return [
        _paragraph("statement", [(content.statement, FACT_BOLD)], width, size, gap=0.15),
        facts,
        _paragraph("storage", [(stored, FACT)], width, size, gap=0.15),
        _paragraph("pharmacy", [(pharmacy, FACT)], width, size, hyphens=True, gap=0.15),
    ]
