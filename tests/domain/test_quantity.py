from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.quantity import (
    NBSP,
    Concentration,
    Density,
    Mass,
    NotAQuantity,
    Volume,
    decimal_text,
    exact,
    parse_amount,
    parse_count,
    parse_decimal,
    parse_positive,
    rounded,
)

REFUSED = [
    "",
    " ",
    "-1",
    "+1",
    "1e3",
    "1E3",
    "Infinity",
    "NaN",
    "１",
    "4,5",
    "1,000",
    "1_000",
    ".5",
    "5.",
    "007",
    "4. 5",
    "0x10",
    "½",
    "1/2",
    "9" * 400,
    "0." + "1" * 400,
    "٣",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_plain_number_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(NotAQuantity, match=r"\.$"):
        parse_decimal(text)


@pytest.mark.parametrize(("text", "value"), [("0", "0"), ("4.5", "4.5"), (" 30 ", "30"), ("0.125", "0.125")])
def test_a_plain_number_is_read_exactly(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)


@pytest.mark.parametrize("text", ["0", "0.0", "-1"])
def test_nothing_is_no_positive_number(text: str) -> None:
    with pytest.raises(NotAQuantity):
        parse_positive(text)


@pytest.mark.parametrize("text", ["1.5", "1.0", "-2", "1e3"])
def test_capsules_are_counted_in_whole_numbers(text: str) -> None:
    with pytest.raises(NotAQuantity):
        parse_count(text)


def test_a_float_never_enters() -> None:
    with pytest.raises(TypeError):
        exact(0.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Mass(0.1)  # type: ignore[arg-type]
    assert Mass.of("0.1", "mg") + Mass.of("0.2", "mg") == Mass.of("0.3", "mg")


def test_a_mass_is_not_a_volume() -> None:
    with pytest.raises(TypeError):
        Mass.of("1", "mg") + Volume.of("1", "mL")  # type: ignore[arg-type]
    with pytest.raises(NotAQuantity):
        Volume.of("1", "mg")


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN"])
def test_what_is_not_finite_is_no_amount(value: str) -> None:
    with pytest.raises((NotAQuantity, ValueError)):
        Mass(exact(Decimal(value)))


@given(st.fractions(min_value=0, max_value=10**9))
def test_nothing_is_shown_as_0_unless_it_is_0(value: Fraction) -> None:
    try:
        text = decimal_text(value)
    except NotAQuantity:
        assert 0 < value < Fraction(1, 10**29)
        return
    assert (text == "0") is (value == 0)
    assert not text.startswith(".")
    assert "e" not in text.lower()
    assert "." not in text or text[-1] not in "0."


@given(st.fractions(min_value=0, max_value=10**6), st.sampled_from([Fraction(1, 1000), Fraction(1, 10), Fraction(1)]))
def test_rounding_moves_a_number_by_half_a_step_at_most(value: Fraction, step: Fraction) -> None:
    shown = Fraction(rounded(value, step))
    assert abs(shown - value) <= step / 2
    assert (shown / step).denominator == 1


def test_half_a_step_goes_to_the_even_side() -> None:
    assert rounded(Decimal("0.25"), Decimal("0.1")) == Decimal("0.2")
    assert rounded(Decimal("0.35"), Decimal("0.1")) == Decimal("0.4")


def test_a_unit_follows_after_a_no_break_space() -> None:
    assert Mass.of("4.50", "mg").text("mg") == f"4.5{NBSP}mg"
    assert Mass.of("1", "mcg").text("g") == f"0.000001{NBSP}g"


def said(why: pytest.ExceptionInfo[NotAQuantity]) -> str:
    return str(why.value)


def test_a_refused_number_is_told_what_to_write() -> None:
    with pytest.raises(NotAQuantity) as why:
        parse_positive("0")
    assert said(why) == "The number must be above 0."
    for text in ("1.0", "1.5"):
        with pytest.raises(NotAQuantity) as why:
            parse_count(text)
        assert said(why) == "Write a whole number."


def test_a_refused_count_gets_a_whole_number_as_its_example() -> None:
    for text, sentence in {
        "1,000": "Write a whole number without a comma or a point: 30, or 1000.",
        "abc": "Write a whole number with digits alone, such as 30.",
        "1e3": "Write a whole number with digits alone, such as 30.",
        "": "Type a number.",
        "-1": "The number must not be below 0.",
        "9" * 10: "The number is too long: write at most nine digits before the point and nine after it.",
    }.items():
        with pytest.raises(NotAQuantity) as why:
            parse_count(text)
        assert said(why) == sentence


def test_a_powder_and_its_volume_go_into_each_other_by_its_density() -> None:
    light = Density.of("0.45", "g/mL")
    assert light.mass_of(Volume.of("0.3", "mL")) == Mass.of("135", "mg")
    assert light.volume_of(Mass.of("135", "mg")) == Volume.of("0.3", "mL")
    for nothing in ("0", "-1"):
        with pytest.raises(NotAQuantity) as why:
            Density(Fraction(nothing)).volume_of(Mass.of("135", "mg"))
        assert said(why) == "A density must be above 0 g/mL."


def test_an_amount_is_said_in_the_base_unit_of_its_kind() -> None:
    assert Mass.of("1.5", "g").base_text() == f"1,500{NBSP}mg"
    assert Volume.of("1", "L").base_text() == f"1,000{NBSP}mL"
    assert Concentration.of("500", "mcg/mL").base_text() == f"0.5{NBSP}mg/mL"
    assert Density.of("0.45", "g/mL").base_text() == f"0.45{NBSP}g/mL"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4.5", "Write the unit too: 4.5 mg."),
        ("4.5 mL", "Write a mass, such as 4.5 mg: mL is a volume."),
        ("4.5 g/mL", "Write a mass, such as 4.5 mg: g/mL is a density."),
        ("4.5 mg/mL", "Write a mass, such as 4.5 mg: mg/mL is a concentration."),
        ("4.5 abcdefghijklmnopqrstuvw", "Write a mass, such as 4.5 mg: abcdefghijklmnopqrst is no unit known here."),
        ("mg", "Type a number."),
    ],
)
def test_an_amount_without_its_unit_or_with_another_is_told_what_to_write(text: str, words: str) -> None:
    with pytest.raises(NotAQuantity) as why:
        parse_amount(Mass, text)
    assert said(why) == words


def test_an_amount_of_another_kind_has_its_own_example() -> None:
    with pytest.raises(NotAQuantity) as why:
        parse_amount(Volume, "3 mg")
    assert said(why) == "Write a volume, such as 10 mL: mg is a mass."
    assert parse_amount(Volume, "0.25 L") == Volume.of("250", "mL")
    assert parse_amount(Mass, f" 4.5{NBSP}mg ") == parse_amount(Mass, "4.5mg") == Mass.of("4.5", "mg")
