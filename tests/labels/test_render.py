"""What a label says and where, read back from the file by readers that know nothing of the layout."""

import io
import subprocess
import sys
from dataclasses import replace

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import zxingcpp
from PIL import Image

from labels import AuxiliaryLabel, LabelContent, LabelOverflow, MissingGlyph, render
from labels.layout import place
from labels.placed import Rule, Text
from labels.proof import picture, proof
from labels.stock import STOCKS, stock

POINT = 25.4 / 72
LETTERS_ONLY = str.maketrans("", "", " -\u0002\ufffe")


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def codes_of(png: bytes) -> dict[str, str]:
    image = Image.open(io.BytesIO(png)).convert("L").point(lambda grey: 255 if grey > 127 else 0)
    found = zxingcpp.read_barcodes(image)
    return {code.format.name if hasattr(code.format, "name") else str(code.format): code.text for code in found}


@pytest.mark.parametrize("code", STOCKS)
@pytest.mark.parametrize("kind", ["capsule", "liquid"])
def test_an_ordinary_label_fits_each_stock_on_one_label_and_passes_its_proof(
    kind: str, code: str, request: pytest.FixtureRequest
) -> None:
    content = request.getfixturevalue(kind)
    pdf = render(content, stock(code))
    proof(pdf, content, stock(code))
    assert len(text_of(pdf)) == 1


def test_every_word_stands_on_the_label_in_its_order(capsule: LabelContent) -> None:
    (text,) = text_of(render(capsule, stock("4x3")))
    assert text == (
        "Jasper Q. Fennel naltrexone HCl 4.5 mg capsule Take 1 capsule by mouth at bedtime. For: fibromyalgia "
        "Do not use after 28 AUG 2026 Do not take with opioid pain, cough or diarrhea medicines. Tell all doctors, "
        "dentists and emergency staff that you take naltrexone. May cause vivid dreams or trouble sleeping. Compounded "
        "preparation. Not FDA-approved. Off-label use. Rx only Qty 30 capsules Filled 04 MAR 2026 Lot C260302-01 By mouth "
        "Refills: 3 before 02 MAR 2027 Prescriber M. Example, MD Store at 20–25 °C, dry, away from light. White powder in "
        "a clear size 3 capsule. Example Compounding Pharmacy, 1 Main Street, Springfield, IL 62701, (555) 555-0100 "
        "Rx 100231-00 Serial L000123"
    )


def test_a_label_for_one_of_two_bottles_says_which(liquid: LabelContent) -> None:
    assert "Do not use after 28 AUG 2026 Bottle 1 of 2 Do not take" in text_of(render(liquid, stock("4x2")))[0]


def test_a_purpose_that_was_not_agreed_to_leaves_no_trace(capsule: LabelContent) -> None:
    content = replace(capsule, purpose=None)
    pdf = render(content, stock("4x3"))
    proof(pdf, content, stock("4x3"))
    assert "For:" not in text_of(pdf)[0]


def test_the_most_serious_warning_comes_first_and_alone_is_bold(capsule: LabelContent) -> None:
    shuffled = replace(capsule, warnings=capsule.warnings[::-1])
    assert render(shuffled, stock("4x3")) == render(capsule, stock("4x3"))
    bold = [
        one for one in place(shuffled, stock("4x3")) if isinstance(one, Text) and one.spans[0][1] == "ClearSans-Bold"
    ]
    text = " ".join(span for one in bold for span, _ in one.spans)
    assert "opioid" in text
    assert "dentists" not in text


@pytest.mark.parametrize("code", STOCKS)
def test_the_page_has_exactly_the_size_of_the_stock(code: str, capsule: LabelContent) -> None:
    page = pypdfium2.PdfDocument(render(capsule, stock(code)))[0]
    assert page.get_width() * POINT == pytest.approx(float(stock(code).width), abs=0.01)
    assert page.get_height() * POINT == pytest.approx(float(stock(code).height), abs=0.01)


@pytest.mark.parametrize("code", STOCKS)
@pytest.mark.parametrize("kind", ["capsule", "liquid", "six_warnings", "titration"])
def test_the_patients_block_has_half_of_stock_and_printable_area_to_itself(
    kind: str, code: str, request: pytest.FixtureRequest
) -> None:
    one, content = stock(code), request.getfixturevalue(kind)
    try:
        pdf = render(content, one)
    except LabelOverflow:
        assert (kind, code) == ("titration", "4x2")
        return
    page = pypdfium2.PdfDocument(pdf)[0]
    boxes = [shape.get_bounds() for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH])]
    left, _, right, top = next(box for box in boxes if min(box[2] - box[0], box[3] - box[1]) < 1)
    width, height = page.get_size()
    edge = one.margins
    if right - left < 1:
        zone, whole, before, after = left, width, edge.left, edge.right
    else:
        zone, whole, before, after = height - top, height, edge.top, edge.bottom
    assert zone / whole >= 0.5
    before, after = float(before) / POINT, float(after) / POINT
    assert (zone - before) / (whole - before - after) >= 0.5
    text = page.get_textpage()
    within = (0, 0, left, height) if right - left < 1 else (0, top, width, height)
    alone = " ".join(text.get_text_bounded(*within).split())
    block = " ".join([content.patient, content.drug, content.directions, f"For: {content.purpose}"])
    # A hyphen that ends a line is lost by this reader, which takes it for one of the typesetter: letters decide.
    assert alone.translate(LETTERS_ONLY) == block.translate(LETTERS_ONLY)


@pytest.mark.parametrize("code", STOCKS)
@pytest.mark.parametrize("kind", ["capsule", "liquid", "six_warnings"])
def test_no_letter_is_smaller_than_the_stock_allows(kind: str, code: str, request: pytest.FixtureRequest) -> None:
    one, content = stock(code), request.getfixturevalue(kind)
    page = pypdfium2.PdfDocument(render(content, one))[0]
    text = page.get_textpage()
    sizes = [pdfium.FPDFText_GetFontSize(text, at) for at in range(text.count_chars())]
    letters = "".join(chr(pdfium.FPDFText_GetUnicode(text, at)) for at in range(text.count_chars()))
    rest = letters.index("Do not use after")
    assert min(sizes[at] for at in range(rest) if not letters[at].isspace()) >= 12
    printed_sizes = [sizes[at] for at in range(rest, len(sizes)) if not letters[at].isspace()]
    assert min(printed_sizes) >= float(one.rest_minimum)


@pytest.mark.parametrize("dots", [203, 300, 600])
def test_a_scanner_reads_the_fill_and_the_serial_at_each_printers_resolution(dots: int, capsule: LabelContent) -> None:
    for code in STOCKS:
        (png,) = picture(render(capsule, stock(code)), dots)
        assert sorted(codes_of(png).values()) == ["100231-00", "100231-00|C260302-01|L000123"]


@pytest.mark.parametrize("threshold", [58, 128, 199])
def test_the_codes_survive_a_light_and_a_heavy_print(threshold: int, capsule: LabelContent) -> None:
    (png,) = picture(render(capsule, stock("4x2")))
    image = Image.open(io.BytesIO(png)).point(lambda grey: 255 if grey > threshold else 0)
    assert sorted(code.text for code in zxingcpp.read_barcodes(image)) == ["100231-00", "100231-00|C260302-01|L000123"]


def test_a_picture_is_a_png_of_each_page_at_the_asked_resolution(six_warnings: LabelContent) -> None:
    pictures = picture(render(six_warnings, stock("4x2")), 203)
    assert [Image.open(io.BytesIO(png)).size for png in pictures] == [(812, 406), (812, 406)]
    assert picture(render(six_warnings, stock("4x2")), 203) == pictures


def test_the_same_content_gives_the_same_bytes_in_this_process_and_in_another(capsule: LabelContent) -> None:
    pdf = render(capsule, stock("4x3"))
    assert render(LabelContent.from_json(capsule.to_json()), stock("4x3")) == pdf
    program = (
        "import json,sys,hashlib\nfrom labels import LabelContent,render\nfrom labels.stock import stock\n"
        "print(hashlib.sha256(render(LabelContent.from_json(json.loads(sys.argv[1])),stock('4x3'))).hexdigest())"
    )
    import hashlib
    import json

    answer = subprocess.run(
        [sys.executable, "-c", program, json.dumps(capsule.to_json())], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == hashlib.sha256(pdf).hexdigest()


def test_the_file_is_small_and_its_fonts_are_inside(capsule: LabelContent) -> None:
    pdf = render(capsule, stock("4x2"))
    assert len(pdf) <= 26_000
    assert pdf.count(b"/FontFile2") == 4
    assert b"Fennel" not in pdf  # nothing about the patient in the document's title or author


class TestTwoLabels:
    def test_six_warnings_on_a_small_stock_go_on_two_labels(self, six_warnings: LabelContent) -> None:
        pdf = render(six_warnings, stock("4x2"))
        proof(pdf, six_warnings, stock("4x2"))
        first, second = text_of(pdf)
        assert "Label 1 of 2. Read the 3 warnings on label 2." in first
        assert "opioid" in first
        assert "alcohol" not in first
        assert second.endswith("Label 2 of 2")
        assert "Do not drink large amounts of alcohol." in second

    def test_six_warnings_fit_one_label_of_the_larger_stock(self, six_warnings: LabelContent) -> None:
        assert len(text_of(render(six_warnings, stock("4x3")))) == 1

    def test_one_warning_alone_on_the_second_label_is_announced_in_the_singular(self, capsule: LabelContent) -> None:
        long = AuxiliaryLabel(
            "Ask before you take any other medicine, herb or food that acts on the liver or sleep.", None, 1
        )
        content = replace(capsule, warnings=(*capsule.warnings, long))
        pdf = render(content, stock("4x2"))
        proof(pdf, content, stock("4x2"))
        assert "Read the warning on label 2." in text_of(pdf)[0]

    def test_long_directions_take_the_first_label_and_the_rest_the_second(self, titration: LabelContent) -> None:
        pdf = render(titration, stock("4x3"))
        proof(pdf, titration, stock("4x3"))
        first, second = text_of(pdf)
        assert titration.directions in first
        assert "Do not use without label 2." in first
        assert "Compounded preparation." not in first
        assert "Compounded preparation. Not FDA-approved." in second

    @pytest.mark.parametrize(("kind", "code"), [("six_warnings", "4x2"), ("titration", "4x3")])
    def test_both_labels_of_a_pair_repeat_patient_drug_date_and_codes(
        self, kind: str, code: str, request: pytest.FixtureRequest
    ) -> None:
        content = request.getfixturevalue(kind)
        pdf = render(content, stock(code))
        for text, png in zip(text_of(pdf), picture(pdf), strict=True):
            assert content.patient in text
            assert content.drug in text
            assert "Do not use after 28 AUG 2026" in text
            assert "100231-00" in codes_of(png).values()

    def test_what_fits_neither_is_refused_with_the_stock_that_would_do(self, titration: LabelContent) -> None:
        with pytest.raises(LabelOverflow) as refusal:
            render(titration, stock("4x2"))
        assert refusal.value.stock_that_would_do == "4x3"
        assert refusal.value.message == (
            "The directions do not fit on 4 × 2 in, not even on two labels; 4 × 3 in would do."
        )
        assert len(text_of(render(titration, STOCKS["4x3"]))) == 2

    def test_what_fits_no_stock_at_all_is_refused_without_one(self, capsule: LabelContent) -> None:
        with pytest.raises(LabelOverflow, match="The directions do not fit on 4 × 3 in") as refusal:
            render(replace(capsule, directions="Take 1 capsule at bedtime. " * 90), stock("4x3"))
        assert refusal.value.stock_that_would_do is None


class TestCodes:
    def test_a_number_too_long_for_its_code_is_refused(self, capsule: LabelContent) -> None:
        with pytest.raises(LabelOverflow, match="The fill's number, lot and serial do not fit on 4 × 3 in"):
            render(replace(capsule, fill_number="1" * 99 + "-00"), stock("4x3"))
        with pytest.raises(LabelOverflow, match="The fill's number, lot and serial"):
            render(replace(capsule, serial="S" * 80), stock("4x2"))

    def test_a_serial_of_26_characters_still_has_its_place_on_every_stock(self, capsule: LabelContent) -> None:
        content = replace(capsule, serial="W0A7" * 6 + "W0")
        for code in STOCKS:
            proof(render(content, stock(code)), content, stock(code))


class TestNamesAndScripts:
    @pytest.mark.parametrize(
        "patient",
        [
            "Ễlodie Őszi-Ångström",
            "Nguyễn Thị Ước Mơ",
            "Владимир Ёлкин-Щукин",
            "Łucja Żółć-Dvořák d’Été",
            "Zo\u0065\u0301 Decomposed",
            'Quentin "Q" <script> & O\'Malley',
        ],
    )
    @pytest.mark.parametrize("code", STOCKS)
    def test_a_name_in_latin_or_cyrillic_is_printed_letter_for_letter(
        self, patient: str, code: str, capsule: LabelContent
    ) -> None:
        content = replace(capsule, patient=patient)
        proof(render(content, stock(code)), content, stock(code))

    @pytest.mark.parametrize(
        ("patient", "character", "name"),
        [
            ("王小明", "王", "CJK"),
            ("أحمد", "أ", "ARABIC"),
            ("Ada\u200b Lace", "\u200b", "ZERO WIDTH"),
            ("Ada 😀", "😀", "GRINNING"),
        ],
    )
    def test_a_character_without_glyph_is_refused_by_name(
        self, patient: str, character: str, name: str, capsule: LabelContent
    ) -> None:
        with pytest.raises(MissingGlyph, match=name) as refusal:
            render(replace(capsule, patient=patient), stock("4x3"))
        assert refusal.value.character == character
        assert refusal.value.message.startswith("The patient's name has the character")
        assert refusal.value.stock_that_would_do is None

    def test_a_lot_that_no_code_can_carry_is_refused_by_the_character(self, capsule: LabelContent) -> None:
        with pytest.raises(MissingGlyph, match=r"“Ł”.*codes cannot carry"):
            render(replace(capsule, lot="Ł-12"), stock("4x3"))

    def test_a_name_of_200_characters_is_printed_whole_or_refused(self, capsule: LabelContent) -> None:
        content = replace(capsule, patient=("Annabella Wilhelmina " * 10)[:200].strip())
        pdf = render(content, stock("4x3"))
        proof(pdf, content, stock("4x3"))
        with pytest.raises(
            LabelOverflow, match="The patient's name has a word that is too long for a line on 4 × 3 in"
        ):
            render(replace(capsule, patient="W" * 200), stock("4x3"))

    def test_a_double_name_wider_than_its_half_ends_the_line_after_the_hyphen(self, capsule: LabelContent) -> None:
        content = replace(capsule, patient="Ida Wolfenbuettelhausen-Schwarzenbergerstein")
        lines = [
            "".join(span for span, _ in one.spans) for one in place(content, stock("4x3")) if isinstance(one, Text)
        ]
        assert lines[1].strip() == "Wolfenbuettelhausen-" or lines[0].endswith("Wolfenbuettelhausen-")
        proof(render(content, stock("4x3")), content, stock("4x3"))

    def test_line_ends_in_what_was_typed_are_spaces_on_the_label(self, capsule: LabelContent) -> None:
        content = replace(capsule, directions="Take 1 capsule\r\n by mouth\tat\u00a0bedtime.  ")
        pdf = render(content, stock("4x3"))
        proof(pdf, content, stock("4x3"))
        assert "Take 1 capsule by mouth at bedtime." in text_of(pdf)[0].replace("\u00a0", " ")


def test_a_rule_parts_the_block_from_the_rest_with_white_on_either_side(capsule: LabelContent) -> None:
    placed = place(capsule, stock("4x2"))
    (rule,) = [one for one in placed if isinstance(one, Rule)]
    right_of_it = [one.x for one in placed if isinstance(one, Text) and one.x > rule.x]
    assert min(right_of_it) - rule.x - rule.width >= 0.5
