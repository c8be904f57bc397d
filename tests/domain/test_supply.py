from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.errors import CalculationRefused, ChecksDisagree, Impossible
from pharmacy.domain.problems import BadGiven, solve
from pharmacy.domain.second_check.directions import highest_again, sentence_again
from pharmacy.domain.second_check.supply import lived, needed_again, supply_again
from pharmacy.domain.supply import Taking, a_day_steps, in_order, needed, supply

F = Fraction

takings = st.builds(Taking, st.fractions(F(1, 4), 20, max_denominator=8), st.integers(1, 4), st.integers(1, 20))


@given(st.lists(takings, min_size=1, max_size=4), st.fractions(F(1, 8), 300, max_denominator=8))
def test_both_ways_find_the_same_days_and_rest(steps: list[Taking], dispensed: Fraction) -> None:
    days, left = supply(dispensed, steps)
    supply_again(dispensed, [(one.amount, one.times, one.days) for one in steps], days, left)
    assert left >= 0


@given(st.lists(takings, min_size=1, max_size=4))
def test_what_all_steps_need_lasts_exactly_all_steps(steps: list[Taking]) -> None:
    assert supply(needed(steps), steps) == (sum(one.days or 0 for one in steps), 0)


def test_part_of_a_day_is_no_day() -> None:
    assert supply(F(11), [Taking(F(2), 3)]) == (1, 5)
    assert supply(F(5), [Taking(F(2), 3)]) == (0, 5)
    assert supply(F(100), [Taking(F(1), 1, 7)]) == (7, 93)
    assert supply(F(8), [Taking(F(1), 1, 7), Taking(F(2))]) == (7, 1)


def test_what_lasts_ten_years_is_a_slip() -> None:
    assert supply(F(3650), [Taking(F(1))]) == (3650, 0)
    with pytest.raises(Impossible, match="more than 3650 days") as caught:
        supply(F(3651), [Taking(F(1))])
    assert caught.value.field == "dispensed"


@pytest.mark.parametrize(
    ("amount", "times", "days"), [(0, 1, 1), (-1, 1, 1), (1, 0, 1), (1, 25, 1), (1, 1, 0), (1, 1, 3651)]
)
def test_a_step_that_cannot_be_is_refused(amount: int, times: int, days: int) -> None:
    with pytest.raises(Impossible) as caught:
        Taking(F(amount), times, days)
    assert caught.value.field == "steps"
    Taking(F(1), 24, 3650)


def test_only_the_last_step_goes_on_without_end() -> None:
    endless = Taking(F(1))
    assert in_order([Taking(F(1), 1, 2), endless])[-1] is endless
    for steps in ([], [endless, Taking(F(1), 1, 2)]):
        with pytest.raises(Impossible) as caught:
            in_order(steps)
        assert caught.value.field == "steps"
    with pytest.raises(Impossible):
        needed([endless])


def test_each_step_is_a_line() -> None:
    first, last = a_day_steps([Taking(F(1, 2), 3, 4), Taking(F(2))], "mL")
    assert (first.numbers, first.result, first.unit) == ("0.5 × 3 × 4", "6", "mL")
    assert (last.numbers, last.result, last.unit) == ("2 × 1", "2", "mL a day")


def test_the_second_way_refuses_what_does_not_come_out() -> None:
    steps = [(F(1), 2, 3), (F(2), 1, None)]
    assert lived(F(9), steps) == (4, 1)
    supply_again(F(9), steps, 4, F(1))
    for days, left in ((3, F(1)), (4, F(0))):
        with pytest.raises(ChecksDisagree):
            supply_again(F(9), steps, days, left)
    needed_again([(F(1), 2, 3)], F(6))
    for quantity in (F(5), F(7)):
        with pytest.raises(ChecksDisagree):
            needed_again([(F(1), 2, 3)], quantity)
    assert highest_again([(F(1), 2, 3), (F(3), 1, None)], F(3, 2)) == F(9, 2)
    sentence_again("1 capsule for 14 days, then 2", [("1", 14), ("2", None)])
    for wrong in ([("2", None), ("1", 14)], [("1", 13)], [("1", 14), ("2", 14)]):
        with pytest.raises(ChecksDisagree):
            sentence_again("1 capsule for 14 days, then 2", wrong)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"dispensed": "150", "steps": ["5 mL"]}, "dispensed"),
        ({"dispensed": "150 mL3", "steps": ["5 mL"]}, "dispensed"),
        ({"dispensed": "0 mL", "steps": ["5 mL"]}, "dispensed"),
        ({"dispensed": "150 mL"}, "steps"),
        ({"dispensed": "150 mL", "steps": []}, "steps"),
        ({"dispensed": "150 mL", "steps": ["5"]}, "steps"),
        ({"dispensed": "150 mL", "steps": ["5 mL for 3 weeks"]}, "steps"),
        ({"dispensed": "150 mL", "steps": ["5 mL for many days"]}, "steps"),
        ({"dispensed": "150 mL", "steps": ["5 mL some times a day"]}, "steps"),
        ({"dispensed": "150 mL", "steps": ["5 mL 25 times a day"]}, "steps"),
        ({"dispensed": "150 mL", "steps": ["-5 mL"]}, "steps"),
        ({"dispensed": "150 mL", "steps": ["9" * 400 + " mL"]}, "steps"),
        ({"dispensed": "150 mL", "steps": ["Infinity mL"]}, "steps"),
        ({"dispensed": "150 mL", "steps": [5]}, "steps"),
        ({"dispensed": "150 mL", "steps": ["5 mL"], "colour": "red"}, "colour"),
    ],
)
def test_bad_input_is_refused_at_its_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(BadGiven) as caught:
        solve("days-supply", given)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"steps": ["1.5 mg"]}, "steps"),
        ({"steps": ["1.5 mL for 7 days"]}, "steps"),
        ({"steps": ["0 mg for 7 days"]}, "steps"),
        ({"steps": ["1.5 mg for 0 days"]}, "steps"),
        ({"strengths": ["1.5"]}, "strengths"),
        ({"strengths": ["0 mg"]}, "strengths"),
        ({"strengths": ["1.5 mg/mL"]}, "strengths"),
        ({"strengths": None}, "strengths"),
        ({"offered": ["1.5 mg"]}, "strengths"),
        ({"form": "troche"}, "form"),
        ({"when": "whenever"}, "when"),
        ({"supplied": ["many"]}, "supplied"),
    ],
)
def test_a_bad_titration_is_refused_at_its_field(changed: dict[str, object], field: str) -> None:
    right = {"form": "capsule", "steps": ["1.5 mg for 7 days"], "strengths": ["1.5 mg"]}
    solve("titration", right)
    with pytest.raises(BadGiven) as caught:
        solve("titration", {**right, **changed})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"steps": ["1 mL at bedtime"]}, "steps"),
        ({"steps": ["1 capsule"]}, "steps"),
        ({"steps": ["1 capsule at bedtime", "2 capsules at bedtime"]}, "steps"),
        ({"strength": "1.5 mg, 3 mg"}, "strength"),
        ({"strength": "1 mg/mL"}, "strength"),
        ({"days": 3651}, "days"),
        ({"quantity": "3651"}, "quantity"),
    ],
)
def test_bad_directions_are_refused_at_their_field(changed: dict[str, object], field: str) -> None:
    right = {"form": "capsule", "strength": "1.5 mg", "steps": ["1 capsule at bedtime"]}
    solve("directions", {**right, "days": 3650, "quantity": "3650"})
    with pytest.raises(CalculationRefused) as caught:
        solve("directions", {**right, **changed})
    assert caught.value.field == field
