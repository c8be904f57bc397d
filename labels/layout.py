"""Where everything on a label goes. ``place`` puts all of it on one label, or on two, or raises; it leaves out nothing.

The patient's block (name, drug, directions, purpose) stands alone on at least half of the label in 12 points or more
(16 CCR 1707.5(a)(1)); everything else shares the rest. When that does not fit: smaller type for the rest down to the
stock's minimum; then two labels, each with patient, drug and "Do not use after"; then LabelOverflow.
"""

import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from labels import fonts
from labels.barcode import encodable
from labels.content import LabelContent, printed
from labels.flow import BARS_HIGHEST, BARS_LOWEST, Area, DoesNotFit, stand, stand_codes, tallness
from labels.parts import PARTS, date_line, furniture, patient_block, rest_of
from labels.placed import Placed, Rule
from labels.stock import STOCKS, LabelStock

RULE = 0.25
WHITE = 0.7  # on either side of the rule's middle
STEP = Decimal("0.25")  # points
ABOVE_CODES = 0.7
# Above this size in points air between the paragraphs (millimetres each) helps a reader more than larger letters.
EASY, EASE = 8.0, 0.35
DATE = 1.4  # how much larger than the rest "Do not use after" may be; the width sets its real size


class LabelOverflow(ValueError):
    """This content has no place on this stock. The message is one sentence for the person who asked for the label."""

    def __init__(self, message: str, stock_that_would_do: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.stock_that_would_do = stock_that_would_do


class MissingGlyph(LabelOverflow):
    """A character that the label's fonts or its codes do not have; no stock would do."""

    def __init__(self, message: str, character: str) -> None:
        super().__init__(message)
        self.character = character


def place(content: LabelContent, stock: LabelStock) -> tuple[Placed, ...]:
    """Everything on the label, in reading order, on page 1 and perhaps 2. Raises LabelOverflow or MissingGlyph."""
    _refuse_what_has_no_glyph(content)
    try:
        return _place(content, stock)
    except DoesNotFit as refusal:
        subject, verb = PARTS[refusal.culprit]
        other = _stock_that_would_do(content, stock)
        if refusal.word:
            message = f"{subject} {verb} a word that is too long for a line on {stock.name}"
        else:
            not_fit = "does not fit" if verb == "has" else "do not fit"
            message = f"{subject} {not_fit} on {stock.name}, not even on two labels"
        if other:
            raise LabelOverflow(f"{message}; {other.name} would do.", other.code) from None
        raise LabelOverflow(f"{message}, nor on any other stock; please shorten.") from None


def _place(content: LabelContent, stock: LabelStock) -> tuple[Placed, ...]:
    refusal: DoesNotFit | None = None
    for arrange in (_on_one_label, _warnings_on_a_second, _rest_on_a_second):
        try:
            return arrange(content, stock)
        except DoesNotFit as no:
            refusal = no
    assert refusal is not None
    raise refusal


def _stock_that_would_do(content: LabelContent, refused: LabelStock) -> LabelStock | None:
    for other in sorted(STOCKS.values(), key=lambda one: one.width * one.height):
        if other.code != refused.code:
            try:
                _place(content, other)
            except DoesNotFit:
                continue
            return other
    return None


def _refuse_what_has_no_glyph(content: LabelContent) -> None:
    for part, text in furniture(content):
        for letter in printed(text):
            if fonts.missing(letter):
                raise MissingGlyph(
                    f"{PARTS[part][0]} {PARTS[part][1]} the character “{letter}” ({_name(letter)}), which the label's fonts "
                    "do not have.",
                    letter,
                )
    for part, text in (("codes", content.fill_number), ("lot", content.lot), ("codes", content.serial)):
        for letter in text:
            if not encodable(letter):
                raise MissingGlyph(
                    f"{PARTS[part][0]} {PARTS[part][1]} the character “{letter}” ({_name(letter)}), which the label's codes "
                    "cannot carry.",
                    letter,
                )


def _name(letter: str) -> str:
    return unicodedata.name(letter, f"U+{ord(letter):04X}")


def _printable(stock: LabelStock) -> Area:
    left, top = float(stock.margins.left), float(stock.margins.top)
    return Area(
        left, top, float(stock.width - stock.margins.right) - left, float(stock.height - stock.margins.bottom) - top
    )


def _halves(stock: LabelStock) -> tuple[Area, Rule, Area]:
    """The patient's area, the rule, the area of the rest."""
    whole, zone = _printable(stock), float(stock.patient_zone)
    if stock.shape == "columns":
        return (
            Area(whole.x, whole.y, zone - WHITE - whole.x, whole.height),
            Rule(1, zone - RULE / 2, whole.y, RULE, whole.height),
            Area(zone + WHITE, whole.y, whole.x + whole.width - zone - WHITE, whole.height),
        )
    return (
        Area(whole.x, whole.y, whole.width, zone - WHITE - whole.y),
        Rule(1, whole.x, zone - RULE / 2, whole.width, RULE),
        Area(whole.x, zone + WHITE, whole.width, whole.y + whole.height - zone - WHITE),
    )


def _sizes(largest: Decimal, smallest: Decimal) -> Iterator[float]:
    size = largest
    while size >= smallest:
        yield float(size)
        size -= STEP


def _block(content: LabelContent, stock: LabelStock, area: Area) -> tuple[Placed, ...]:
    """The patient's block, as large as it goes."""
    refusal: DoesNotFit | None = None
    for size in _sizes(stock.patient_maximum, stock.patient_minimum):
        try:
            return stand(patient_block(content, area.width, size), area, 1, 1.6)
        except DoesNotFit as no:
            refusal = no
    assert refusal is not None
    raise refusal


def _on_one_label(content: LabelContent, stock: LabelStock, kept: int | None = None) -> tuple[Placed, ...]:
    patient, rule, other = _halves(stock)
    return (*_block(content, stock, patient), rule, *_other_half(content, stock, other, kept))


def _other_half(content: LabelContent, stock: LabelStock, area: Area, kept: int | None) -> tuple[Placed, ...]:
    """Everything but the patient's block, over the codes; ``kept`` warnings and a pointer to the others, or all."""
    refusal: DoesNotFit | None = None
    for size in _sizes(stock.rest_maximum, stock.rest_minimum):
        try:
            text = rest_of(content, area.width, size, float(stock.rest_maximum) * DATE, kept=kept)
            lowest = stand_codes(content, area, 1, size, BARS_LOWEST)
            spare = area.height - tallness(text) - lowest.height - ABOVE_CODES
            if size > max(EASY, float(stock.rest_minimum)) and spare < EASE * len(text):
                continue
            bars = BARS_LOWEST + min(max(spare, 0) / 2, BARS_HIGHEST - BARS_LOWEST)
            codes = stand_codes(content, area, 1, size, bars)
            above = Area(area.x, area.y, area.width, area.height - codes.height - ABOVE_CODES)
            return (*stand(text, above, 1, 0.8), *codes.placed)
        except DoesNotFit as no:
            refusal = no
    assert refusal is not None
    raise refusal


def _warnings_on_a_second(content: LabelContent, stock: LabelStock) -> tuple[Placed, ...]:
    """Label 1 keeps as many of the most serious warnings as it can, one at least; label 2 has the others."""
    refusal = DoesNotFit("warnings")
    for kept in range(len(content.warnings) - 1, 0, -1):
        try:
            first = _on_one_label(content, stock, kept)
        except DoesNotFit as no:
            refusal = no
            continue
        return (*first, *_second_label(content, stock, kept))
    raise refusal


def _second_label(content: LabelContent, stock: LabelStock, kept: int | None) -> tuple[Placed, ...]:
    """Patient, drug and date again, then the warnings from ``kept`` on, or (``None``) everything that is not in the block."""
    refusal: DoesNotFit | None = None
    for size in _sizes(Decimal(11), stock.rest_minimum):
        try:
            return _labelled_strip_and_text(content, stock, size, kept)
        except DoesNotFit as no:
            refusal = no
    assert refusal is not None
    raise refusal


def _labelled_strip_and_text(
    content: LabelContent, stock: LabelStock, size: float, kept: int | None
) -> tuple[Placed, ...]:
    whole = _printable(stock)
    strip, height = _strip(content, stock, 2, min(size, 9.0))
    above = Area(whole.x, whole.y, whole.width, whole.height - height - ABOVE_CODES)
    return (*stand(rest_of(content, whole.width, size, size + 2, kept=kept, second=True), above, 2, 0.8), *strip)


def _strip(content: LabelContent, stock: LabelStock, page: int, size: float) -> tuple[tuple[Placed, ...], float]:
    """The foot of one of two labels: which of the two it is, beside the codes."""
    whole = _printable(stock)
    small = max(min(size, 7.0), float(stock.rest_minimum))
    codes = stand_codes(content, whole, page, small, BARS_LOWEST, narrow=True)
    room = codes.free_to - codes.free_from
    try:
        if page == 1:
            text = rest_of(content, room, size, size + 2, strip=True)
        else:
            text = [date_line("Label 2 of 2", size, room)]
    except DoesNotFit:
        raise DoesNotFit("codes") from None  # these lines are short; it is the codes beside them that are wide
    height = max(codes.height, tallness(text))
    beside = Area(codes.free_from, whole.y + whole.height - height, room, height)
    # From left to right, so that what reads the file by its lines finds the words in the order they were drawn.
    return (*codes.placed, *stand(text, beside, page, 0.4)), height


def _rest_on_a_second(content: LabelContent, stock: LabelStock) -> tuple[Placed, ...]:
    """Label 1 is the patient's block over a strip with date and codes; label 2 has everything else."""
    whole = _printable(stock)
    strip, height = _strip(content, stock, 1, 9.0)
    zone = whole.y + whole.height - height - WHITE
    if zone < float(stock.height) / 2 or zone - whole.y < whole.height / 2:
        raise DoesNotFit("codes")
    block = _block(content, stock, Area(whole.x, whole.y, whole.width, zone - WHITE - whole.y))
    rule = Rule(1, whole.x, zone - RULE / 2, whole.width, RULE)
    return (*block, rule, *strip, *_second_label(content, stock, None))
