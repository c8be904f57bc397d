"""Where a line may end. A wrong break is a wrong dose."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from labels.fonts import FACT, READ
from labels.text import POINT, Line, TooWide, pieces, words, wrap


def wrapped(text: str, width: float, *, size: float = 12, hyphens: bool = False) -> list[str]:
    lines = wrap([[piece] for piece in pieces(words(text, READ))], width, size, hyphens=hyphens)
    return [line.text for line in lines]


def together(text: str) -> list[str]:
    return [" ".join(word.letters for word in piece) for piece in pieces(words(text, READ))]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Take 1 capsule now", ["Take", "1 capsule", "now"]),
        ("HCl 4.5 mg capsule", ["HCl", "4.5 mg", "capsule"]),
        ("5 mg/mL oral", ["5 mg/mL", "oral"]),
        ("dose (0.5 mg) by", ["dose", "(0.5 mg)", "by"]),
        ("from bottle 2 (3 mg) take", ["from", "bottle 2", "(3 mg)", "take"]),
        ("at 20–25 °C, dry", ["at", "20–25 °C,", "dry"]),
        ("½ tablet", ["½ tablet"]),
        ("clear size 3 capsule", ["clear", "size 3 capsule"]),
        ("on day 14 stop", ["on", "day 14 stop"]),
        ("before 02 MAR 2027 only", ["before", "02 MAR 2027 only"]),
        ("Springfield, IL 62701, (555) 555-0100", ["Springfield,", "IL 62701,", "(555) 555-0100"]),
        ("1.5\u00a0mg each", ["1.5\u00a0mg", "each"]),
        ("1,000 units", ["1,000 units"]),
        ("Compounded. Not FDA-approved.", ["Compounded.", "Not FDA-approved."]),
        ("Do not freeze it", ["Do", "not freeze", "it"]),
        ("in 2, then 3 more", ["in", "2,", "then", "3 more"]),
    ],
)
def test_a_number_stays_with_what_it_counts(text: str, kept: list[str]) -> None:
    assert together(text) == kept


@pytest.mark.parametrize("width", range(20, 70))
def test_no_line_ends_between_dose_and_unit_whatever_the_width(width: int) -> None:
    text = "Take 4.5 mg (0.9 mL) by mouth for 14 days from bottle 2 at bedtime"
    for line in wrapped(text, width):
        assert not line.endswith(("4.5", "(0.9", "14", "bottle"))


def test_a_hyphen_ends_a_line_only_in_a_name_too_wide_for_it() -> None:
    assert wrapped("Smith-Jones", 60, hyphens=True) == ["Smith-Jones"]
    assert wrapped("Smith-Jones", 16, hyphens=True) == ["Smith-", "Jones"]
    with pytest.raises(TooWide):
        wrapped("Smith-Jones", 16)
    with pytest.raises(TooWide):
        wrapped("555-0100-0200", 16, hyphens=True)


def test_a_fact_stays_on_one_line_where_it_can() -> None:
    groups = [pieces(words(text, FACT)) for text in ("Qty 30 capsules", "Prescriber Maximiliane Example, MD")]
    assert [line.text for line in wrap(groups, 45, 8, gap=2)] == [
        "Qty 30 capsules",
        "Prescriber Maximiliane Example, MD",
    ]
    assert [line.text for line in wrap(groups, 90, 8, gap=2)] == ["Qty 30 capsules  Prescriber Maximiliane Example, MD"]
    assert len(wrap(groups, 30, 8, gap=2)) == 3


@given(some.lists(some.text("abcXYZ ŐỄj4.½", min_size=1, max_size=9), min_size=1, max_size=30).map(" ".join))
def test_wrapping_loses_no_word_and_no_line_is_too_wide(text: str) -> None:
    width = 40.0
    try:
        lines: tuple[Line, ...] = wrap([[piece] for piece in pieces(words(text, READ))], width, 10)
    except TooWide:
        return
    assert " ".join(line.text for line in lines).split() == text.split()
    assert all((line.right - line.left) * 10 * POINT <= width + 1e-9 for line in lines)
