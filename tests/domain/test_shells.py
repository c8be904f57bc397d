from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.errors import CalculationRefused, DoesNotFit, Impossible
from pharmacy.domain.quantity import NBSP, Mass, Volume
from pharmacy.domain.shells import NAMES, SIZES, ShellFacts, by_chart, by_measuring, shell_size, size_in, suggest
from tests.domain.builders import mg


def ml(text: str) -> Volume:
    return Volume.of(text, "mL")


def refused(expected: type[CalculationRefused], field: str, capacity: str, together: str, weighed: int) -> str:
    with pytest.raises(expected) as why:
        by_measuring("3", ml(capacity), mg(together), weighed)
    assert why.value.field == field
    return str(why.value)


def test_the_charts_say_what_each_size_holds_and_weighs() -> None:
    assert [(one.name, one.capacity.value, one.other_capacity.value, one.mass.value) for one in SIZES] == [
        ("5", Fraction("0.13"), Fraction("0.13"), 28),
        ("4", Fraction("0.21"), Fraction("0.20"), 38),
        ("3", Fraction("0.30"), Fraction("0.27"), 48),
        ("2", Fraction("0.37"), Fraction("0.36"), 61),
        ("1", Fraction("0.50"), Fraction("0.48"), 76),
        ("0", Fraction("0.68"), Fraction("0.68"), 96),
        ("00", Fraction("0.95"), Fraction("0.90"), 118),
        ("000", Fraction("1.37"), Fraction("1.37"), 163),
    ]


@pytest.mark.parametrize(
    ("volume", "size"),
    [("0.001", "5"), ("0.13", "5"), ("0.14", "4"), ("0.27", "3"), ("0.28", "2"), ("0.49", "0"), ("1.37", "000")],
)
def test_the_smallest_size_that_holds_it_by_both_charts_is_suggested(volume: str, size: str) -> None:
    assert suggest(ml(volume)).name == size


def test_more_than_the_largest_shell_holds_is_refused_with_what_it_holds() -> None:
    with pytest.raises(DoesNotFit) as why:
        suggest(ml("1.38"))
    assert why.value.field == "volume"
    assert str(why.value) == (
        f"No capsule shell holds 1.38{NBSP}mL: the largest, size 000, holds 1.37{NBSP}mL; "
        "divide the dose between two capsules."
    )


def test_no_volume_needs_no_shell() -> None:
    with pytest.raises(Impossible) as why:
        suggest(ml("0"))
    assert (str(why.value), why.value.field) == ("The volume to be filled must be above 0 mL.", "volume")


@given(st.fractions(Fraction(1, 1000), Fraction(137, 100)))
def test_what_is_suggested_holds_it_and_the_next_smaller_does_not(volume: Fraction) -> None:
    found = suggest(Volume(volume))
    assert volume <= min(found.capacity.value, found.other_capacity.value)
    at = NAMES.index(found.name)
    assert at == 0 or volume > min(SIZES[at - 1].capacity.value, SIZES[at - 1].other_capacity.value)


def test_a_size_is_found_by_its_name_and_an_unknown_one_is_refused() -> None:
    assert shell_size("00").capacity == ml("0.95")
    with pytest.raises(Impossible, match=r"^6 is no capsule size; there are 5, 4, 3, 2, 1, 0, 00, 000\.$") as why:
        shell_size("6")
    assert why.value.field == "size"
    with pytest.raises(Impossible, match=r"^abcdefghijklmnopqrst is no capsule size"):
        shell_size("abcdefghijklmnopqrstu")


@pytest.mark.parametrize(
    ("code", "size"),
    [("shell-3", "3"), ("hpmc-shell-00", "00"), ("shell-000", "000"), ("shell-6", ""), ("shell", ""), ("3", "")],
)
def test_the_code_of_a_shell_ends_in_its_size(code: str, size: str) -> None:
    assert size_in(code) == size


def test_an_unmeasured_lot_is_taken_by_the_chart_and_says_so() -> None:
    found = by_chart("3")
    assert found == ShellFacts("3", ml("0.3"), mg("48"), measured=False, weighed=0)
    assert "Torpac" in found.source


def test_the_mean_of_the_empty_shells_is_exact() -> None:
    found = by_measuring("3", ml("0.27"), mg("985"), 21)
    assert found == ShellFacts("3", ml("0.27"), Mass(Fraction(985, 21)), measured=True, weighed=21)
    assert found.source == "measured on this lot, 21 empty shells"
    assert ShellFacts.from_json(found.to_json()) == found


@pytest.mark.parametrize("weighed", [9, 0, -1, 1001])
def test_too_few_or_too_many_shells_are_no_mean(weighed: int) -> None:
    assert refused(Impossible, "weighed", "0.3", "480", weighed) == "Weigh from 10 to 1,000 empty shells."


def test_ten_and_a_thousand_shells_are_enough() -> None:
    assert by_measuring("3", ml("0.3"), mg("480"), 10).mass == mg("48")
    assert by_measuring("3", ml("0.3"), mg("48000"), 1000).mass == mg("48")


def test_a_capacity_far_from_the_charts_is_a_slip_of_the_pen() -> None:
    words = refused(Impossible, "capacity", "3", "480", 10)
    assert words == (
        f"3{NBSP}mL is no capacity of a size 3 shell, which holds about 0.3{NBSP}mL; check the point, and the size."
    )
    refused(Impossible, "capacity", "0.2024", "480", 10)  # 0.27 less a quarter is 0.2025
    refused(Impossible, "capacity", "0.3751", "480", 10)  # 0.30 and a quarter is 0.375
    assert by_measuring("3", ml("0.2025"), mg("480"), 10).capacity == ml("0.2025")
    assert by_measuring("3", ml("0.375"), mg("480"), 10).capacity == ml("0.375")


def test_a_mass_far_from_the_chart_is_a_slip_of_the_pen() -> None:
    words = refused(Impossible, "together", "0.3", "48", 10)
    assert words == (
        f"4.8{NBSP}mg is no mean of empty size 3 shells, which weigh about 48{NBSP}mg each; "
        "check the mass, its unit and how many were weighed."
    )
    refused(Impossible, "together", "0.3", "359.9", 10)
    refused(Impossible, "together", "0.3", "600.1", 10)
    assert by_measuring("3", ml("0.3"), mg("360"), 10).mass == mg("36")
    assert by_measuring("3", ml("0.3"), mg("600"), 10).mass == mg("60")


def test_nothing_measured_is_refused_at_its_field() -> None:
    assert refused(Impossible, "capacity", "0", "480", 10) == "The capacity of a shell must be above 0 mL."
    assert refused(Impossible, "together", "0.3", "0", 10) == "The mass of the empty shells must be above 0 mg."


def test_a_shell_of_no_known_size_is_taken_as_measured() -> None:
    assert by_measuring("", ml("3"), mg("1"), 10).mass == mg("0.1")
    assert by_measuring("", ml("3"), mg("4800"), 10) == ShellFacts("", ml("3"), mg("480"), measured=True, weighed=10)


@pytest.mark.parametrize(
    ("capacity", "mass", "words", "field"),
    [
        ("0", "48", "The capacity of a shell must be above 0 mL.", "capacity"),
        ("0.3", "0", "The mass of an empty shell must be above 0 mg.", "mass"),
    ],
)
def test_a_capsule_of_nothing_is_no_shell(capacity: str, mass: str, words: str, field: str) -> None:
    with pytest.raises(Impossible) as why:
        ShellFacts("3", ml(capacity), mg(mass), measured=True)
    assert (str(why.value), why.value.field) == (words, field)
    assert ShellFacts("3", ml("0.001"), mg("0.001"), measured=True).weighed == 0
