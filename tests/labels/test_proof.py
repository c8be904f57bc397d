"""The proof must fail: each fault that a label could have is made on purpose and named."""

from dataclasses import replace

import pytest

from labels import LabelContent, render
from labels.barcode import code128
from labels.draw import draw
from labels.layout import place
from labels.placed import Code, Drawing, Placed, Rule, Text
from labels.proof import ProofFailed, proof
from labels.stock import stock

ONE = stock("4x3")


def spoiled(content: LabelContent, change: object) -> bytes:
    placed = tuple(new for one in place(content, ONE) if (new := change(one)) is not None)  # type: ignore[operator]
    return draw(placed, ONE)


def line_with(word: str, one: Placed) -> bool:
    return isinstance(one, Text) and word in "".join(span for span, _ in one.spans)


def refused(pdf: bytes, content: LabelContent, reason: str) -> None:
    with pytest.raises(ProofFailed, match=reason):
        proof(pdf, content, ONE)


def test_a_label_of_another_strength_is_found_out(capsule: LabelContent) -> None:
    other = replace(capsule, drug="naltrexone HCl 45 mg capsule")
    refused(render(other, ONE), capsule, "“45” stands where “4.5” should")


def test_a_missing_line_is_found_out(capsule: LabelContent) -> None:
    refused(
        spoiled(capsule, lambda one: None if line_with("opioid", one) else one), capsule, "stands where “Do” should"
    )


def test_a_word_too_many_is_found_out(capsule: LabelContent) -> None:
    placed = (*place(capsule, ONE), Text(1, 60, 70, 7, (("LDN", "ClearSans"),)))
    refused(draw(placed, ONE), capsule, "stands behind the last word|should")


def test_lines_in_the_wrong_order_are_found_out(capsule: LabelContent) -> None:
    refused(draw(place(capsule, ONE)[::-1], ONE), capsule, "stands where")


def test_type_below_12_points_in_the_block_is_found_out(capsule: LabelContent) -> None:
    smaller = lambda one: replace(one, size=11.5) if line_with("bedtime", one) else one  # noqa: E731 – a fault in one line
    refused(spoiled(capsule, smaller), capsule, "11.5 points; 4 × 3 in asks 12")


def test_type_below_the_stocks_minimum_in_the_rest_is_found_out(capsule: LabelContent) -> None:
    smaller = lambda one: replace(one, size=6.5) if line_with("Springfield", one) else one  # noqa: E731 – a fault in one line
    refused(spoiled(capsule, smaller), capsule, "6.5 points; 4 × 3 in asks 7")


def test_ink_that_the_printer_does_not_reach_is_found_out(capsule: LabelContent) -> None:
    moved = lambda one: replace(one, x=0.8) if line_with("Fennel", one) else one  # noqa: E731 – a fault in one line
    refused(spoiled(capsule, moved), capsule, "outside what the printer reaches")


def test_a_line_on_another_is_found_out(capsule: LabelContent) -> None:
    moved = lambda one: replace(one, y=one.y - 2.5) if line_with("Springfield", one) else one  # noqa: E731 – a fault in one line
    refused(spoiled(capsule, moved), capsule, "lie on each other")


def test_a_symbol_on_a_word_is_found_out(capsule: LabelContent) -> None:
    moved = lambda one: replace(one, x=one.x + 4) if isinstance(one, Drawing) else one  # noqa: E731 – a fault in one line
    refused(spoiled(capsule, moved), capsule, "lie on each other")


def test_a_rule_that_leaves_the_patient_less_than_half_is_found_out(capsule: LabelContent) -> None:
    moved = lambda one: replace(one, x=50.5) if isinstance(one, Rule) else one  # noqa: E731 – a fault in one line
    refused(spoiled(capsule, moved), capsule, "less than half")


def test_a_label_without_its_rule_is_found_out(capsule: LabelContent) -> None:
    refused(spoiled(capsule, lambda one: None if isinstance(one, Rule) else one), capsule, "not one rule")


def test_a_stranger_in_the_patients_half_is_found_out(capsule: LabelContent) -> None:
    moved = lambda one: replace(one, x=3, y=74) if line_with("Serial", one) else one  # noqa: E731 – a fault in one line
    refused(spoiled(capsule, moved), capsule, "does not belong there")


def test_the_code_of_another_fill_is_found_out(capsule: LabelContent) -> None:
    other = code128("100231-01")
    swap = lambda one: replace(one, modules=other) if isinstance(one, Code) and one.modules.height == 1 else one  # noqa: E731 – a fault in one line
    refused(spoiled(capsule, swap), capsule, r"codes read .*100231-01")


def test_a_missing_code_is_found_out(capsule: LabelContent) -> None:
    refused(spoiled(capsule, lambda one: None if isinstance(one, Code) else one), capsule, "no codes")


def test_a_page_of_another_size_is_found_out(capsule: LabelContent) -> None:
    with pytest.raises(ProofFailed, match="not 4 × 2 in"):
        proof(render(capsule, ONE), capsule, stock("4x2"))


def test_a_file_that_is_no_pdf_is_found_out(capsule: LabelContent) -> None:
    refused(b"%!PS", capsule, "not a PDF")


def test_a_warning_that_got_lost_between_two_labels_is_found_out(six_warnings: LabelContent) -> None:
    small = stock("4x2")
    fewer = replace(six_warnings, warnings=six_warnings.warnings[:-1])
    pdf = render(fewer, small)
    with pytest.raises(ProofFailed, match=r"Label [12]"):
        proof(pdf, six_warnings, small)
