"""A pencil that takes the figures of a line for what they are comes to its printed result."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from pharmacy.domain.amounts import Counted, full_text, in_full, ratio_text
from pharmacy.domain.errors import ChecksDisagree, Impossible
from pharmacy.domain.problems import solve
from pharmacy.domain.quantity import NBSP, Mass, Volume
from pharmacy.domain.second_check.verdicts import verdicts_followed
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

F = Fraction


def test_a_number_that_is_reckoned_with_has_all_its_digits_or_nine() -> None:
    assert in_full(F(2, 15)) == "0.133333333"
    assert in_full(F(1, 30)) == "0.0333333333"
    assert in_full(F(4000, 3)) == "1,333.333333333"
    assert in_full(F("0.123456789")) == "0.123456789"
    assert in_full(F(5)) == "5"
    assert in_full(F(0)) == "0"
    assert (ratio_text(F(1, 3)), ratio_text(F(1, 2)), ratio_text(F(3))) == ("1/3", "0.5", "3")
    assert full_text(Mass(F(2, 15))) == f"0.133333333{NBSP}mg"
    assert full_text(Volume(F("149.99999"))) == f"149.99999{NBSP}mL"
    assert full_text(Counted(F(1), "tablet")) == f"1{NBSP}tablet"


@pytest.mark.parametrize(
    ("kind", "given", "name", "numbers", "result"),
    [
        (
            "dilution", {"stock_strength": "1:750", "final_amount": "1300 mL", "final_strength": "0.005 %"}, "Stock to take",
            "1,300 mL × 0.005 % ÷ 0.133333333 %", "48.75 mL",
        ),
        ("supply", {"dose": "1 mL", "times": "1/3", "days": "30"}, "A day", "1 mL × 1/3", "0.3333 mL"),
        (
            "supply", {"dose": "1 mL", "times": "1/3", "quantity": "30 mL"}, "Left over",
            "30 mL − 90 × 0.333333333 mL", "0 mL",
        ),
        (
            "density", {"volume": "236.91 mL", "density": "0.804912 g/mL"}, "Mass",
            "236.91 mL × 0.804912 g/mL", "190.6917 g",
        ),
    ],
)  # fmt: skip
def test_a_line_is_reckoned_with_the_figures_that_it_prints(
    kind: str, given: dict[str, Any], name: str, numbers: str, result: str
) -> None:
    step = solve(kind, given).worksheet.step(name)
    assert (step.numbers.replace(NBSP, " "), step.text().replace(NBSP, " ")) == (numbers, result)


def test_an_amount_that_is_printed_rounded_says_so_and_to_what_it_is_rounded() -> None:
    drop = solve(
        "dilution", {"stock_strength": "1 %", "final_amount": "100 mL", "final_strength": "0.3 %"}
    ).worksheet.steps
    assert not any("round once" in one.note for one in drop)
    third = solve("supply", {"dose": "1 mL", "times": "1/3", "days": "28"}).worksheet.step("Quantity")
    assert third.note == "printed to 4 places; round once, to a mark of your measure, and note the difference"
    mass = solve("density", {"volume": "236.91 mL", "density": "0.804912 g/mL"}).worksheet.steps[-1]
    assert mass.note.endswith("printed to 4 places; round once, to a step of your balance, and note the difference")


# --- a figure beside its verdict -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mass", "result", "refused"),
    [("119.9999 mg", "5.000004", True), ("120.0001 mg", "4.999996", False), ("120 mg", "5", False)],
)
def test_the_error_of_a_weighing_is_printed_on_its_side_of_the_limit(mass: str, result: str, refused: bool) -> None:
    given = {"mass": mass, "readability": "0.0001 mg", "sensitivity_requirement": "6 mg"}
    solved = solve("weighing-error", given)
    step = solved.worksheet.steps[0]
    assert step.result == result
    assert step.note.endswith("must not be weighed on this balance") == refused
    assert solved.plausibility.startswith(mass.replace(" ", NBSP))


@pytest.mark.parametrize(
    ("result", "unit", "note", "bears"),
    [
        ("5", "%", "at most 5 % is accepted", True),
        ("5", "%", "at most 5 % is accepted: it must not be weighed", False),
        ("5.01", "%", "at most 5 % accepted", False),
        ("5.01", "%", "at most 5 % is accepted: it must not be weighed", True),
        ("105", "%", "limits 90 to 105 %: inside", True),
        ("105", "%", "limits 90 to 105 %: OUTSIDE", False),
        ("105.1", "%", "limits 90 to 105 %: inside", False),
        ("89.9", "%", "limits 90 to 105 %: inside", False),
        ("4.11", "mg", "91.3 % of the label; limits 91.35 to 110 %: OUTSIDE", True),
        ("4.11", "mg", "91.4 % of the label; limits 91.35 to 110 %: OUTSIDE", False),
        ("5", "%", f"inside: at most 5{NBSP}%", True),
        ("5", "%", f"OUTSIDE: at most 5{NBSP}%", False),
        ("105", "%", "OUTSIDE 95 to 105 %. Weighed together", False),
        ("94", "%", "OUTSIDE 95 to 105 %. Weighed together", True),
        ("1,200", "%", "limits 90 to 105 %: OUTSIDE", True),
        ("just over 105", "%", "limits 90 to 105 %: OUTSIDE", True),
        ("5", "mg", "at most 4 % is accepted", True),
    ],
)
def test_a_verdict_that_its_figure_does_not_bear_is_refused(result: str, unit: str, note: str, bears: bool) -> None:
    sheet = Worksheet("", (WorksheetStep("Yield", "", "", result, unit, OWN, note),))
    if bears:
        verdicts_followed(sheet)
    else:
        with pytest.raises(ChecksDisagree, match="the line Yield, whose figure"):
            verdicts_followed(sheet)


def test_a_container_is_not_called_like_a_unit() -> None:
    for word in ("mg", "mL", "ML"):
        with pytest.raises(Impossible, match="such as bottle") as refused:
            solve("containers", {"amount": "600 g", "size": "453.59237 g", "container": word})
        assert refused.value.field == "container"
