"""A label's PDF read back as a printer and a scanner would, and compared with what it was to say.

Nothing here knows how the label was laid out: words, sizes and boxes come from the file, the codes from a 1-bit picture at
the printer's own resolution. (Read in grey, codes that a printer would spoil can still pass, and the reverse.)
"""

import ctypes
import io
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp
from PIL import Image

from labels.content import LabelContent, day, printed
from labels.parts import sentence
from labels.stock import LabelStock

POINT = 25.4 / 72  # millimetres
TOUCH = 0.05  # millimetres that two boxes may share: less than half a dot
END_HYPHENS = (0x02, 0xFFFE)  # what a hyphen that ends a line comes back as
BLOCK = "block"
REST = "rest"


class ProofFailed(ValueError):
    """The label does not say what it should, or not so that it can be read. The message names the first fault."""


@dataclass(frozen=True, slots=True)
class Box:
    """Millimetres from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        return (
            min(self.right, other.right) - max(self.left, other.left) > TOUCH
            and min(self.bottom, other.bottom) - max(self.top, other.top) > TOUCH
        )

    def within(self, other: "Box", slack: float = TOUCH) -> bool:
        return (
            self.left >= other.left - slack
            and self.top >= other.top - slack
            and self.right <= other.right + slack
            and self.bottom <= other.bottom + slack
        )


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word as it stands in the file, its ink and its smallest letter's size in points."""

    letters: str
    box: Box
    size: float


def proof(pdf: bytes, content: LabelContent, stock: LabelStock) -> None:
    """Raise ProofFailed unless the file is this content on this stock, whole and readable.

    Checked on each page: exact media size; every word, in order, and no other; type sizes; nothing outside what the printer
    reaches; no two things on each other; the patient's block alone on half the label (16 CCR 1707.5); both codes.
    """
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise ProofFailed("The file is not a PDF that can be opened.") from error
    try:
        pages = [document[number] for number in range(len(document))]
        readings = [_words(page) for page in pages]
        parts = _compare(readings, content)
        for number, page in enumerate(pages):
            _prove_page(page, readings[number], parts[number], content, stock)
    finally:
        document.close()


def picture(pdf: bytes, dots_per_inch: int = 203) -> tuple[bytes, ...]:
    """Each page as a PNG in grey, for screens."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return tuple(_png(page, dots_per_inch) for page in document)
    finally:
        document.close()


def _png(page: pypdfium2.PdfPage, dots_per_inch: int) -> bytes:
    file = io.BytesIO()
    _image(page, dots_per_inch).save(file, "PNG", dpi=(dots_per_inch, dots_per_inch))
    return file.getvalue()


def _image(page: pypdfium2.PdfPage, dots_per_inch: int) -> Image.Image:
    image: Image.Image = page.render(scale=dots_per_inch / 72, grayscale=True).to_pil()
    return image


def _words(page: pypdfium2.PdfPage) -> list[ReadWord]:
    """The words in the order drawn; any space ends one, and so does a step to another line."""
    height = page.get_height()
    text = page.get_textpage()
    result: list[ReadWord] = []
    boxes: list[Box] = []
    sizes: list[float] = []
    letters, line = "", 0.0
    for index in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, index)
        letter = "-" if code in END_HYPHENS else chr(code)
        space = letter.isspace() or (letter != "-" and pdfium.FPDFText_IsGenerated(text, index) == 1)
        baseline = line if space else _baseline(text, index)
        if letters and (space or abs(baseline - line) > 0.5):
            result.append(ReadWord(letters, _around(boxes), min(sizes)))
            letters, boxes, sizes = "", [], []
        if not space:
            left, bottom, right, top = text.get_charbox(index)
            letters, line = letters + letter, baseline
            boxes.append(Box(left * POINT, (height - top) * POINT, right * POINT, (height - bottom) * POINT))
            sizes.append(_size(text, index))
    if letters:
        result.append(ReadWord(letters, _around(boxes), min(sizes)))
    return result


def _baseline(text: pypdfium2.PdfTextPage, index: int) -> float:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, index, ctypes.byref(x), ctypes.byref(y))
    return y.value


def _size(text: pypdfium2.PdfTextPage, index: int) -> float:
    """The size as printed: the font's, times the scaling it is drawn under."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, index, ctypes.byref(matrix))
    return float(pdfium.FPDFText_GetFontSize(text, index) * min(abs(matrix.a), abs(matrix.d)))


def _around(boxes: list[Box]) -> Box:
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


Expected = list[tuple[str, str]]


def _say(part: str, *texts: str | None) -> Expected:
    return [(part, word) for text in texts for word in printed(text).replace("\u00a0", " ").split()]


def _wordings(content: LabelContent, pages: int) -> list[list[Expected]]:
    """All that this content may say on so many labels: for each arrangement, the words of each page."""
    again = (content.patient, content.drug, f"Do not use after {day(content.do_not_use_after)}")
    bottle = f"Bottle {content.container} of {content.containers}" if content.containers > 1 else ""
    block = _say(BLOCK, content.patient, content.drug, content.directions)
    if printed(content.purpose):
        block += _say(BLOCK, "For:", content.purpose)
    warnings = [warning.text for warning in content.warnings_by_weight()]
    facts = (
        content.statement,
        f"Qty {content.quantity} Filled {day(content.filled_on)} Lot {content.lot}",
        f"{content.route} {content.refills} Prescriber {content.prescriber}",
        sentence(content.storage),
        sentence(content.description),
        f"{printed(content.pharmacy_name)}, {printed(content.pharmacy_address)}, {content.pharmacy_phone}",
    )
    code = f"Rx {content.fill_number} Serial {content.serial}"
    date = again[2]
    if pages == 1:
        return [[block + _say(REST, date, bottle, *warnings, *facts, code)]]
    if pages != 2:
        return []
    result: list[list[Expected]] = []
    for kept in range(1, len(warnings)):
        left = len(warnings) - kept
        pointer = f"Label 1 of 2. Read the {f'{left} warnings' if left > 1 else 'warning'} on label 2."
        first = block + _say(REST, date, bottle, *warnings[:kept], pointer, *facts, code)
        result.append([first, _say(REST, *again, bottle, *warnings[kept:], code, "Label 2 of 2")])
    first = block + _say(REST, code, "Label 1 of 2", date, "Do not use without label 2.")
    result.append([first, _say(REST, *again, bottle, *warnings, *facts, code, "Label 2 of 2")])
    return result


def _compare(readings: list[list[ReadWord]], content: LabelContent) -> list[list[str]]:
    """Which part each word read belongs to; ProofFailed where the words are not those of any arrangement."""
    faults: list[tuple[int, str]] = []
    for wording in _wordings(content, len(readings)):
        parts, agreed, fault = [], 0, ""
        for number, (found, expected) in enumerate(zip(readings, wording, strict=True), 1):
            page_parts, fault = _compare_page(found, expected)
            parts.append(page_parts)
            agreed += len(page_parts)
            if fault:
                faults.append((agreed, f"Label {number}: {fault}"))
                break
        if not fault:
            return parts
    if not faults:
        raise ProofFailed(f"The file has {len(readings)} pages; a label has one or two.")
    raise ProofFailed(max(faults)[1])


def _compare_page(found: list[ReadWord], expected: Expected) -> tuple[list[str], str]:
    """The parts of the words as far as they agree, and the first fault or nothing."""
    parts: list[str] = []
    at = 0
    for part, word in expected:
        start, seen = at, ""
        while at < len(found) and (at == start or (seen.endswith("-") and seen != word)):
            seen += found[at].letters  # a double name may go on after its hyphen on the next line
            at += 1
        if seen != word:
            return parts, f"“{seen or 'nothing'}” stands where “{word}” should."
        parts += [part] * (at - start)
    if at < len(found):
        return parts, f"“{found[at].letters}” stands behind the last word."
    return parts, ""


def _prove_page(
    page: pypdfium2.PdfPage, words: list[ReadWord], parts: list[str], content: LabelContent, stock: LabelStock
) -> None:
    size = tuple(round(side * POINT, 2) for side in page.get_size())
    if size != (round(float(stock.width), 2), round(float(stock.height), 2)):
        raise ProofFailed(f"The page is {size[0]} × {size[1]} mm, not {stock.name}.")
    for word, part in zip(words, parts, strict=True):
        least = stock.patient_minimum if part == BLOCK else stock.rest_minimum
        if word.size < float(least) - 0.01:
            raise ProofFailed(f"“{word.letters}” is set in {word.size:g} points; {stock.name} asks {least}.")
    height = page.get_height()
    shapes = []
    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = shape.get_bounds()
        shapes.append(Box(left * POINT, (height - top) * POINT, right * POINT, (height - bottom) * POINT))
    reach = _reach(stock)
    things = [(f"“{word.letters}”", word.box) for word in words] + [("A drawing or code", box) for box in shapes]
    for name, box in things:
        if not box.within(reach):
            raise ProofFailed(f"{name} lies outside what the printer reaches.")
    _prove_apart(things)
    if BLOCK in parts:
        _prove_half(words, parts, shapes, stock)
    _prove_picture(page, shapes, content, stock)


def _reach(stock: LabelStock) -> Box:
    edge = stock.margins
    return Box(float(edge.left), float(edge.top), float(stock.width - edge.right), float(stock.height - edge.bottom))


def _prove_apart(things: list[tuple[str, Box]]) -> None:
    """No two boxes on each other; sorted from the top, so that only neighbours are compared."""
    ordered = sorted(things, key=lambda thing: thing[1].top)
    for at, (name, box) in enumerate(ordered):
        for other, second in ordered[at + 1 :]:
            if second.top >= box.bottom:
                break
            if box.overlaps(second):
                raise ProofFailed(f"{name} and {other} lie on each other.")


def _prove_half(words: list[ReadWord], parts: list[str], shapes: list[Box], stock: LabelStock) -> None:
    """The rule parts off half of the label, and half of what the printer reaches, for the patient's block alone."""
    thin = 0.4
    rules = [box for box in shapes if min(box.right - box.left, box.bottom - box.top) < thin]
    if len(rules) != 1:
        raise ProofFailed("There is not one rule between the patient's block and the rest.")
    rule, reach = rules[0], _reach(stock)
    if rule.right - rule.left < thin:
        zone = Box(0, 0, rule.left, float(stock.height))
        share, printable = zone.right / float(stock.width), (zone.right - reach.left) / (reach.right - reach.left)
    else:
        zone = Box(0, 0, float(stock.width), rule.top)
        share, printable = zone.bottom / float(stock.height), (zone.bottom - reach.top) / (reach.bottom - reach.top)
    if min(share, printable) < 0.5:
        raise ProofFailed("The patient's block has less than half of the label.")
    for word, part in zip(words, parts, strict=True):
        if part == BLOCK and not word.box.within(zone):
            raise ProofFailed(f"“{word.letters}” stands outside the patient's half.")
        if part != BLOCK and word.box.overlaps(zone):
            raise ProofFailed(f"“{word.letters}” stands in the patient's half and does not belong there.")
    if any(box.overlaps(zone) for box in shapes if box is not rule):
        raise ProofFailed("A drawing or code stands in the patient's half.")


def _prove_picture(page: pypdfium2.PdfPage, shapes: list[Box], content: LabelContent, stock: LabelStock) -> None:
    """Ink and codes on a black-and-white picture, dot for dot as the printer sets it."""
    dots = stock.dots_per_inch
    image = _image(page, dots).point(lambda grey: 255 if grey > 127 else 0)
    ink = image.point(lambda grey: 255 - grey).getbbox()
    reach = _reach(stock)
    limits = [edge / 25.4 * dots for edge in (reach.left, reach.top, reach.right, reach.bottom)]
    if (
        ink is None
        or ink[0] < limits[0] - 1
        or ink[1] < limits[1] - 1
        or ink[2] > limits[2] + 1
        or ink[3] > limits[3] + 1
    ):
        raise ProofFailed("There is ink outside what the printer reaches.")
    # Only codes are more than 4.2 mm high and wide (a symbol has 4.1 at most, a DataMatrix 4.5 at least); the reader is quicker on their part of the picture than on all of it.
    large = [box for box in shapes if min(box.right - box.left, box.bottom - box.top) > 4.2]
    if not large:
        raise ProofFailed("There are no codes.")
    round_codes = _around(large)
    quiet = 3 / 25.4 * dots
    area = (round_codes.left, round_codes.top, round_codes.right, round_codes.bottom)
    left, top, right, _ = (edge / 25.4 * dots for edge in area)
    cut = image.crop((int(max(0, left - quiet)), int(top - 4), int(min(image.width, right + quiet)), image.height))
    read = {
        (str(code.format), code.text)
        for code in zxingcpp.read_barcodes(
            cut, formats=zxingcpp.BarcodeFormats([zxingcpp.Code128, zxingcpp.DataMatrix])
        )
    }
    wanted = {content.fill_number, f"{content.fill_number}|{content.lot}|{content.serial}"}
    texts = {text for _, text in read}
    if texts != wanted or len(read) != len(wanted):
        raise ProofFailed(f"The codes read {sorted(texts)}, not {sorted(wanted)}.")
