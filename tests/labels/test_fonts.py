import io
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from fontTools.ttLib import TTFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from labels import fonts

FOLDER = Path(fonts.__file__).parent


def test_the_faces_are_registered_once_however_often_it_is_asked() -> None:
    fonts.register()
    first = [pdfmetrics.getFont(name) for name in fonts.FILES]
    fonts.register()
    assert [pdfmetrics.getFont(name) for name in fonts.FILES] == first


def test_no_two_faces_share_a_postscript_name() -> None:
    # ReportLab drops the second of two equal names without a word.
    names = {str(TTFont(FOLDER / file)["name"].getDebugName(6)) for file in fonts.FILES.values()}
    assert len(names) == 4
    assert all(name.startswith("Triturate") for name in names)


def test_licence_and_notice_stand_beside_the_fonts() -> None:
    assert "Apache License" in (FOLDER / "LICENSE-Apache-2.0.txt").read_text(encoding="utf-8")
    notice = (FOLDER / "NOTICE.txt").read_text(encoding="utf-8")
    assert all(file in notice for file in fonts.FILES.values())


@pytest.mark.parametrize(
    "text", ["Nguyễn Thị Ước", "Ёлкин Ґанок Ђорђе", "Łódź Őszi Şahin", "µ ½ ¼ ≤ ≥ ° – × ’ № €", "4.5\u00a0mg"]
)
def test_what_the_house_prints_has_glyphs_in_all_faces(text: str) -> None:
    assert fonts.missing(text) == set()


def test_what_has_no_glyph_is_named() -> None:
    assert fonts.missing("Ada 王 e\u0301 \u200b") == {"王", "\u0301", "\u200b"}
    assert fonts.missing("→") == {"→"}
    assert fonts.missing("→", [fonts.READ, fonts.READ_BOLD]) == set()


@pytest.mark.parametrize("face", fonts.FILES)
def test_every_glyph_comes_back_from_a_pdf_as_its_character(face: str) -> None:
    fonts.register()
    letters = [
        chr(code) for code in range(0x21, 0x2300) if not fonts.missing(chr(code), [face]) and not chr(code).isspace()
    ]
    assert len(letters) > 500
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(1200, 1200), invariant=1)
    canvas.setFont(face, 12)
    for number, letter in enumerate(letters):
        canvas.drawString(20 + 40 * (number % 28), 1150 - 40 * (number // 28), letter)
    canvas.save()
    document = pypdfium2.PdfDocument(file.getvalue())
    text = document[0].get_textpage()
    back = [chr(pdfium.FPDFText_GetUnicode(text, at)) for at in range(text.count_chars())]
    document.close()
    assert {"-" if letter in "\u0002\ufffe" else letter for letter in back if not letter.isspace()} == set(letters)


def test_ink_is_measured_from_the_outlines_not_from_a_fixed_ascent() -> None:
    assert fonts.ink("Ễ", fonts.READ_BOLD).top > fonts.ink("E", fonts.READ_BOLD).top + 0.2
    assert fonts.ink("g", fonts.READ).bottom > 0.15
    assert fonts.ink("a", fonts.READ).bottom < 0.03
    assert fonts.ink("   ", fonts.READ) == fonts.Ink(0, 0, 0, 0)
    fonts.register()
    wide = pdfmetrics.stringWidth("naltrexone", fonts.READ, 1)
    assert fonts.advance("naltrexone", fonts.READ) == pytest.approx(wide)
