"""Amounts and strengths as people write them, and what is no amount."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pharmacy.domain.amounts import (
    Basis,
    Counted,
    Way,
    amount_text,
    of_them,
    parse_mass_or_volume,
    parse_quantity,
    parse_strength,
    plural,
    singular,
)
from pharmacy.domain.quantity import NBSP, Mass, NotAQuantity, Volume


@pytest.mark.parametrize(
    ("text", "number", "way", "basis"),
    [
        ("5 %", 5, Way.PERCENT, None),
        ("0.9% w/v", Fraction(9, 10), Way.PERCENT, Basis.MASS_IN_VOLUME),
        ("1:1000", 1000, Way.RATIO, None),
        ("1 in 50 w/w", 50, Way.RATIO, Basis.MASS_IN_MASS),
        ("40 ppm", 40, Way.MILLION, None),
        ("2 mg/mL", 2, Way.MG_ML, Basis.MASS_IN_VOLUME),
        ("2 mcg/mL", 2, Way.MCG_ML, Basis.MASS_IN_VOLUME),
        ("10 mg/g", 10, Way.MG_G, Basis.MASS_IN_MASS),
        ("100 % v/v", 100, Way.PERCENT, Basis.VOLUME_IN_VOLUME),
        ("1:1", 1, Way.RATIO, None),
    ],
)
def test_a_strength_is_read_in_every_way(text: str, number: Fraction, way: Way, basis: Basis | None) -> None:
    found = parse_strength(text)
    assert (found.number, found.way, found.basis) == (number, way, basis)
    assert parse_strength(found.text().replace(",", "")) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5", "Write the strength as 5 %"),
        ("", "Write the strength"),
        ("-5 %", "must not be below 0"),
        ("4,5 %", "point, not a comma"),
        ("Infinity %", "plain number"),
        ("9" * 400 + " %", "too long"),
        ("100.1 %", "more than the whole"),
        ("101 % v/v", "more than the whole"),
        ("201 % w/v", "more than the whole"),
        ("1:0.5", "1 in 1 or more"),
        ("2:1000", "Write the strength"),
        ("1000001 ppm", "more than the whole"),
        ("1001 mg/g", "more than the whole"),
        ("2001 mg/mL", "more than the whole"),
        ("5 mg/mL w/w", "always w/v"),
        ("5 mg/g v/v", "always w/w"),
        ("% 5", "Write the strength"),
    ],
)
def test_what_is_no_strength_is_refused(text: str, why: str) -> None:
    with pytest.raises(NotAQuantity, match=why):
        parse_strength(text)


@pytest.mark.parametrize("text", ["200 % w/v", "2000 mg/mL", "2000000 mcg/mL", "1000 mg/g", "1000000 ppm", "0 %"])
def test_the_strongest_that_is_believed(text: str) -> None:
    assert parse_strength(text).number >= 0


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("30 g", Mass.of(30, "g"), "30 g"),
        ("0.5 mg", Mass.of("0.5", "mg"), "0.5 mg"),
        ("0.05 mg", Mass.of("0.05", "mg"), "50 mcg"),
        ("0.1 mg", Mass.of("0.1", "mg"), "0.1 mg"),
        ("999 mg", Mass.of(999, "mg"), "999 mg"),
        ("1000 mg", Mass.of(1, "g"), "1 g"),
        ("9999 g", Mass.of(9999, "g"), "9,999 g"),
        ("10 kg", Mass.of(10, "kg"), "10 kg"),
        ("1 L", Volume.of(1, "L"), "1,000 mL"),
        ("10 L", Volume.of(10, "L"), "10 L"),
        ("60 tablets", Counted(Fraction(60), "tablet"), "60 tablets"),
        ("1 tablet", Counted(Fraction(1), "tablet"), "1 tablet"),
        ("0.5 syringes", Counted(Fraction(1, 2), "syringe"), "0.5 syringes"),
        ("2 boxes", Counted(Fraction(2), "box"), "2 boxes"),
    ],
)
def test_a_quantity_is_read_and_shown_in_a_handy_unit(text: str, value: object, shown: str) -> None:
    found = parse_quantity(text)
    assert found == value
    assert amount_text(found).replace(NBSP, " ") == shown


def test_nothing_is_nothing() -> None:
    assert amount_text(Mass(Fraction(0))).replace(NBSP, " ") == "0 mg"
    assert amount_text(Volume(Fraction(0))).replace(NBSP, " ") == "0 mL"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5", "Write a number and what it counts"),
        ("5 ml", "Write the unit as mcg"),
        ("5 MG", "Write a number and what it counts|Write the unit"),
        ("-5 tablets", "must not be below 0"),
        ("0 tablets", "above 0"),
        ("0 mL", "above 0"),
        ("5 mg/mL", "what it counts"),
        ("five tablets", "plain number|what it counts"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, why: str) -> None:
    with pytest.raises(NotAQuantity, match=why):
        parse_quantity(text)


@pytest.mark.parametrize("text", ["5", "5 tablets", "0 g", "5 mg/mL", "g", "-1 g", "1e3 g", "", "4,5 mL"])
def test_a_mass_or_volume_has_its_unit_and_is_above_0(text: str) -> None:
    with pytest.raises(NotAQuantity, match=r"[.]$"):
        parse_mass_or_volume(text)


@pytest.mark.parametrize(
    ("one", "many"),
    [("tablet", "tablets"), ("box", "boxes"), ("pouch", "pouches"), ("supply", "supplies"), ("spray", "sprays")],
)
def test_one_and_several(one: str, many: str) -> None:
    assert (singular(many), plural(one), singular(one)) == (one, many, one)
    assert [of_them(count, one) for count in (0, 1, 2, Fraction(1, 2))] == [many, one, many, many]
