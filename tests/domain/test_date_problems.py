"""Problems of dates: their steps, and every bad input a named error at its field."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pharmacy.domain.dates import read_day
from pharmacy.domain.errors import CalculationRefused, Impossible
from pharmacy.domain.problems import PROBLEMS, solve
from pharmacy.domain.quantity import NBSP

BEYOND: dict[str, Any] = {"class": "nonaqueous", "compounded": "2026-03-02", "limit": "180"}
SUPPLY: dict[str, Any] = {"beyond_use": "2026-06-30", "first_day": "2026-04-20", "days": "90"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        *(({"limit": text}, "limit") for text in ("0", "-1", "181", "180.5", "1e2", "Infinity", "9" * 400, "180 days", "１８０")),
        *(({"compounded": text}, "compounded") for text in ("", "2026-02-30", "23/11/2026", "today", "9999-01-01", "9" * 400)),
        *(({"class": text}, "class") for text in ("", "forever", "35")),
        *(({"expiries": text}, "expiries") for text in ("13/2026", "June", "2026-02-30", "lot A: 00/2026", "31 JUN 2026", "lot A: 1/2/3/2026", "9" * 400)),
        ({"expiries": "2026-03-01"}, "expiries"),
        ({"kept": "shelf"}, "kept"),
        ({"day_one": "perhaps"}, "day_one"),
        ({"studies": "S"}, "studies"),
        ({"studies": [{"days": 3}]}, "studies[1].citation"),
        ({"studies": [{"citation": "S", "days": 0}]}, "studies"),
        ({"studies": [{"citation": "S", "days": "9" * 400}]}, "studies[1].days"),
        ({"studies": [{"citation": "S", "days": 3, "temperature": "hot"}]}, "studies[1].temperature"),
        ({"studies": [{"citation": "S", "days": 3, "mood": "good"}]}, "studies[1].mood"),
        ({"printed": "2026-03-02"}, "printed"),
    ],
)  # fmt: skip
def test_what_cannot_be_of_a_beyond_use_date_is_refused_at_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(CalculationRefused) as refused:
        solve("beyond-use", BEYOND | given)
    assert refused.value.field == field
    assert str(refused.value).endswith((".", ".)"))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        *(({"days": text}, "days") for text in ("", "0", "-1", "3651", "1.5", "9" * 400)),
        *(({"first_day": text}, "first_day") for text in ("", "2026-02-30", "9901-01-01")),
        ({"beyond_use": ""}, "beyond_use"),
        *(({"a_day": text}, "a_day") for text in ("0", "-1", "1/0", "two", "9" * 400)),
        ({"quantity": "90"}, "quantity"),
    ],
)
def test_what_cannot_be_of_a_supply_is_refused_at_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(CalculationRefused) as refused:
        solve("outlasts", SUPPLY | given)
    assert refused.value.field == field


def test_a_supply_is_worked_out_in_steps_and_said_in_words() -> None:
    done = solve("outlasts", SUPPLY | {"a_day": "1/2"})
    assert {one.name: one.value for one in done.results} == {
        "fits": "no", "days": "72", "last": "2026-07-18", "quantity": "36",
    }  # fmt: skip
    last, days, quantity = done.worksheet.steps
    assert (last.result, last.numbers) == ("18 JUL 2026", "20 APR 2026 + 90 − 1")
    assert last.note == "It ends after the beyond-use date, 30 JUN 2026."
    assert (days.result, days.unit, days.numbers) == ("72", "days", "20 APR 2026 to 30 JUN 2026, at most 90")
    assert (quantity.result, quantity.numbers) == ("36", "72 × 0.5")
    assert done.plausibility == f"72 of 90{NBSP}days of use end on or before 30 JUN 2026; 18 lie past it."
    longest = solve("outlasts", SUPPLY | {"days": "3650", "first_day": "9900-12-31"})
    assert longest.results[1].value == "0"
    fits = solve("outlasts", SUPPLY | {"days": "72"}).worksheet.steps[0].note
    assert fits == "It ends on or before the beyond-use date, 30 JUN 2026."


def test_units_are_whole_also_where_less_than_one_is_taken_a_day() -> None:
    given = {"beyond_use": "2026-06-30", "first_day": "2026-06-03", "days": "90"}
    third = solve("outlasts", given | {"a_day": "1/3"})  # on days 1, 4 … 28
    last = third.worksheet.steps[-1]
    assert (last.numbers, last.text()) == ("28 × 1/3 = 9.3333, rounded up", f"10{NBSP}units")
    assert {one.name: one.value for one in third.results}["quantity"] == "10"
    even = solve("outlasts", given | {"a_day": "1/4"}).worksheet.steps[-1]
    assert (even.numbers, even.text()) == ("28 × 0.25", f"7{NBSP}units")
    one = solve("outlasts", given | {"a_day": "1/28"}).worksheet.steps[-1]
    assert (one.numbers, one.text()) == ("28 × 1/28", f"1{NBSP}unit")


def test_lines_of_last_days_take_names_or_get_numbers() -> None:
    done = solve("beyond-use", BEYOND | {"expiries": "API: lot N-1: 06/2026\n05/2026"})
    caps = [step.words for step in done.worksheet.steps if step.name == "Not past"]
    assert caps == ["the last day of component 2", "API: lot N-1"]
    assert done.results[0].value == "2026-05-31"


@pytest.mark.parametrize(
    "day", ["01 MAR 2027", "1 Mar 2027", "1 march 2027", "2027-03-01", "03/01/2027", "lot N-1:  01  MAR 2027 "]
)
def test_the_last_day_of_a_component_is_written_as_any_day_of_the_pharmacy(day: str) -> None:
    given = {"class": "nonaqueous", "compounded": "01 FEB 2027", "expiries": day}
    assert solve("beyond-use", given).results[0].value == "2027-03-01"
    assert solve("outlasts", SUPPLY | {"first_day": "04/20/2026"}).results == solve("outlasts", SUPPLY).results


def test_both_are_calculators_for_the_bench() -> None:
    assert PROBLEMS["beyond-use"].bench
    assert PROBLEMS["outlasts"].bench


@pytest.mark.parametrize("shape", ["%d %b %Y", "%d %B %Y", "%Y-%m-%d", "%m/%d/%Y"])
def test_every_day_is_read_back_in_each_way_that_people_write_it(shape: str) -> None:
    for month in range(1, 13):
        day = date(1900, month, 28)
        assert read_day(day.strftime(shape)) == day
        assert read_day(f" {day.strftime(shape).lower()} ") == day


@pytest.mark.parametrize(
    "text",
    [
        "29 FEB 2026", "31 DEC 1899", "00 MAR 2026", "2026-00-10", "13/13/2026", "30.06.2026", "20260630", "30 SEPT 2026",
        "30 JU 2026", "30 JUN 26", "30-JUN-2026", "３０ JUN 2026", "today", "", "30 September 2026 and more",
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(Impossible, match=r"^Write the day as 23 NOV 2026\."):
        read_day(text)
