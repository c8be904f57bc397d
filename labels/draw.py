"""Placed things onto ReportLab's canvas. The only file that knows points from the bottom left corner."""

from io import BytesIO

from reportlab import rl_config
from reportlab.pdfgen.canvas import FILL_NON_ZERO, Canvas

from labels import fonts
from labels.placed import Code, Drawing, Placed, Rule, Text
from labels.stock import LabelStock
from labels.symbols import SYMBOLS

POINTS = 72 / 25.4  # in a millimetre

# Streams as they are, not as printable text: a label is sent over a network, and its file is never read by eye.
rl_config.useA85 = 0


def draw(placed: tuple[Placed, ...], stock: LabelStock) -> bytes:
    """A PDF of the stock's exact size, a page for each label; the same placed things always give the same bytes.

    ``invariant`` fixes date and id; the title is without a word about the patient, because it shows in file lists.
    """
    fonts.register()
    file = BytesIO()
    width, height = float(stock.width) * POINTS, float(stock.height) * POINTS
    canvas = Canvas(file, pagesize=(width, height), invariant=1, pageCompression=1, lang="en-US")
    canvas.setTitle("Container label")
    canvas.setCreator("Triturate")
    canvas.setViewerPreference("PrintScaling", "None")
    for page in range(1, max(one.page for one in placed) + 1):
        canvas.setFillGray(0)
        for one in placed:
            if one.page == page:
                _draw(canvas, one, height)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, one: Placed, height: float) -> None:
    match one:
        case Text():
            line = canvas.beginText(one.x * POINTS, height - one.y * POINTS)
            for text, face in one.spans:
                line.setFont(face, one.size)
                line.textOut(text)
            canvas.drawText(line)
        case Rule():
            top = height - (one.y + one.height) * POINTS
            canvas.rect(one.x * POINTS, top, one.width * POINTS, one.height * POINTS, stroke=0, fill=1)
        case Drawing():
            _draw_symbol(canvas, one, height)
        case Code():
            _draw_code(canvas, one, height)


def _draw_symbol(canvas: Canvas, one: Drawing, height: float) -> None:
    path = canvas.beginPath()
    for polygon in SYMBOLS[one.name]:
        points = [((one.x + x * one.side) * POINTS, height - (one.y + y * one.side) * POINTS) for x, y in polygon]
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
    canvas.drawPath(path, stroke=0, fill=1, fillMode=FILL_NON_ZERO)


def _draw_code(canvas: Canvas, one: Code, height: float) -> None:
    """One path of whole-number rectangles under one scaling: exact bars in few bytes."""
    canvas.saveState()
    canvas.translate(one.x * POINTS, height - one.y * POINTS)
    canvas.scale(one.module * POINTS, -one.row * POINTS)
    path = canvas.beginPath()
    for x, y, width, tall in one.modules.black:
        path.rect(x, y, width, tall)
    canvas.drawPath(path, stroke=0, fill=1, fillMode=FILL_NON_ZERO)
    canvas.restoreState()
