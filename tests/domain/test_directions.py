from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.directions import (
    Directions,
    Step,
    When,
    after_titration,
    amount_on,
    continued,
    daily_doses,
    day_ranges,
    days_supply,
    left_over,
    lowest_daily_dose,
    quantity_for,
    sentence,
    units_for_days,
)
from pharmacy.domain.errors import EndsSooner, Impossible
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.strength import Form, Strength
from tests.domain.builders import mg

D = Decimal
TITRATION = Directions(
    Form.CAPSULE,
    (Step(D(1), When.BEDTIME, 14), Step(D(2), When.BEDTIME, 14), Step(D(3), When.BEDTIME, 14)),
)
NIGHTLY = Directions(Form.CAPSULE, (Step(D(1), When.BEDTIME),))


def test_several_capsules_are_plural() -> None:
    assert sentence(Directions(Form.CAPSULE, (Step(D(2), When.MORNING, 10),))) == (
        "Take 2 capsules by mouth in the morning for 10 days."
    )
    assert (
        sentence(Directions(Form.CAPSULE, (Step(D(1), When.NOON, 1),))) == "Take 1 capsule by mouth at noon for 1 day."
    )


def test_a_titration_taken_twice_a_day_says_so_at_each_step() -> None:
    twice = Directions(Form.CAPSULE, (Step(D(1), When.MORNING_AND_BEDTIME, 7), Step(D(2), When.MORNING_AND_BEDTIME)))
    assert sentence(twice) == (
        "Take by mouth in the morning and again at bedtime: 1 capsule each time for 7 days, "
        "then 2 each time every day after that."
    )


def test_the_morning_and_bedtime_may_differ_by_step() -> None:
    mixed = Directions(
        Form.CAPSULE, (Step(D(1), When.BEDTIME, 7), Step(D(1), When.MORNING_AND_BEDTIME, 7), Step(D(2), When.BEDTIME))
    )
    assert sentence(mixed) == (
        "Take by mouth: 1 capsule at bedtime for 7 days, then 1 capsule in the morning and 1 capsule at bedtime "
        "for 7 days, then 2 capsules at bedtime every day after that."
    )


amounts = st.decimals(D("0.1"), D(20), places=1)
whens = st.sampled_from(list(When))


@st.composite
def all_directions(draw: st.DrawFn) -> Directions:
    form = draw(st.sampled_from(list(Form)))
    amount = amounts if form is Form.LIQUID else st.integers(1, 5).map(D)
    steps = draw(st.lists(st.builds(Step, amount, whens, st.integers(1, 60)), min_size=0, max_size=4))
    last = draw(st.builds(Step, amount, whens, st.one_of(st.none(), st.integers(1, 60))))
    return Directions(form, (*steps, last))


@given(all_directions())
def test_a_sentence_never_holds_what_is_misread(directions: Directions) -> None:
    text = sentence(directions)
    assert text.startswith("Take ")
    assert text.endswith(".")
    assert "1/2" not in text
    assert not any(word in text for word in ("QD", "HS", "daily", "LDN", " .", "cap ", "mls", "ML"))
    assert "  " not in text
    for step in directions.steps:
        assert directions.form.amount_text(step.amount).split()[0].split(NBSP)[0] in text
    if directions.form is Form.LIQUID:
        assert text.count(f"{NBSP}mL") == sum(
            step.when.intakes if len({one.when for one in directions.steps}) > 1 or len(directions.steps) == 1 else 1
            for step in directions.steps
        )


@given(all_directions(), st.integers(0, 400), st.integers(1, 90))
def test_the_quantity_for_some_days_lasts_exactly_those_days(directions: Directions, days: int, start: int) -> None:
    length = directions.length
    if length is not None and days + start - 1 > length:
        if days and start <= length:
            with pytest.raises(EndsSooner):
                quantity_for(directions, days, start)
        return
    quantity = quantity_for(directions, days, start)
    assert days_supply(directions, quantity, start) == days
    assert left_over(directions, quantity, start) == 0


@given(all_directions(), st.integers(1, 60), st.integers(1, 60))
def test_two_supplies_add_up_to_one(directions: Directions, first: int, second: int) -> None:
    length = directions.length
    if length is not None and first + second > length:
        return
    whole = units_for_days(directions, first + second)
    assert units_for_days(directions, first) + units_for_days(directions, second, first + 1) == whole
    assert units_for_days(continued(directions, first + 1), second) == whole - units_for_days(directions, first)


@given(all_directions(), st.integers(0, 500), st.integers(0, 100))
def test_more_never_lasts_shorter(directions: Directions, quantity: int, more: int) -> None:
    assert days_supply(directions, quantity) <= days_supply(directions, quantity + more)


def test_a_titration_that_ends_lasts_no_longer_for_more_capsules() -> None:
    assert days_supply(TITRATION, 200) == 42
    assert left_over(TITRATION, 200) == 116


def test_a_titration_is_not_its_quantity_divided_by_the_first_dose() -> None:
    assert days_supply(TITRATION, 84) == 42
    assert days_supply(TITRATION, 83) == 41
    assert left_over(TITRATION, 83) == 2


def test_part_of_a_day_is_no_day() -> None:
    assert days_supply(NIGHTLY, 0) == 0
    assert days_supply(Directions(Form.LIQUID, (Step(D("4.5"), When.BEDTIME),)), 100) == 22


def test_a_refill_takes_the_last_step_alone() -> None:
    assert sentence(after_titration(TITRATION)) == "Take 3 capsules by mouth at bedtime."


def test_what_is_owed_goes_on_where_the_first_part_ended() -> None:
    assert sentence(continued(TITRATION, 23)) == (
        "Take by mouth at bedtime: 2 capsules for 6 days, then 3 for 14 days."
    )
    with pytest.raises(EndsSooner):
        continued(TITRATION, 43)


def test_daily_doses_count_every_intake() -> None:
    strength = Strength(D("1.5"), Form.CAPSULE)
    assert daily_doses(TITRATION, strength) == (mg("1.5"), mg("3"), mg("4.5"))
    twice = Directions(Form.CAPSULE, (Step(D(1), When.MORNING_AND_EVENING),))
    assert lowest_daily_dose(twice, strength) == mg("3")


def test_the_old_volume_of_a_new_concentration_is_seen_in_milligrams() -> None:
    directions = Directions(Form.LIQUID, (Step(D("4.5"), When.BEDTIME),))
    assert daily_doses(directions, Strength(D(5), Form.LIQUID)) == (mg("22.5"),)


def test_capsule_directions_do_not_go_with_a_liquid() -> None:
    with pytest.raises(Impossible):
        daily_doses(NIGHTLY, Strength(D(1), Form.LIQUID))


@pytest.mark.parametrize("amount", ["0", "-1", "0.5", "1.5"])
def test_capsules_are_taken_whole(amount: str) -> None:
    with pytest.raises(Impossible):
        Directions(Form.CAPSULE, (Step(D(amount), When.BEDTIME),))


def test_directions_that_cannot_be_followed_are_refused() -> None:
    with pytest.raises(Impossible):
        Directions(Form.CAPSULE, ())
    with pytest.raises(Impossible):
        Directions(Form.CAPSULE, (Step(D(1), When.BEDTIME), Step(D(2), When.BEDTIME, 7)))
    for days in (0, -3, 3651):
        with pytest.raises(Impossible):
            Step(D(1), When.BEDTIME, days)
    with pytest.raises(Impossible):
        days_supply(NIGHTLY, -1)


def test_a_strength_reads_as_it_is_printed() -> None:
    assert Strength(D("4.50"), Form.CAPSULE).text() == f"4.5{NBSP}mg capsule"
    assert Strength(D(1), Form.LIQUID).text() == f"1{NBSP}mg/mL oral liquid"
    with pytest.raises(Impossible):
        Strength(D(0), Form.CAPSULE)


# --- one container of a kit ----------------------------------------------------------------------------------------------


def said(directions: Directions) -> str:
    """The sentence with plain blanks."""
    return sentence(directions).replace(NBSP, " ")


def test_the_days_of_a_kit_are_never_broken_from_each_other() -> None:
    assert "Days\u00a08\u00a0to\u00a014: 1 capsule." in sentence(CONTAINER)


REST = Step(D(0), When.BEDTIME, 7)
WEEK = Step(D(1), When.BEDTIME, 7)
CONTAINER = Directions(
    Form.CAPSULE, (REST, WEEK, Step(D(2), When.BEDTIME, 7), REST, Step(D(2), When.BEDTIME, 7)), by_days=True
)


def test_a_container_of_a_kit_says_its_days() -> None:
    assert said(CONTAINER) == (
        "Take by mouth at bedtime. Days 8 to 14: 1 capsule. Days 15 to 21: 2 capsules. Days 29 to 35: 2 capsules."
    )
    one = Directions(Form.CAPSULE, (REST, Step(D(2), When.BEDTIME, 7)), by_days=True)
    assert said(one) == "Days 8 to 14: take 2 capsules by mouth at bedtime."
    day = Directions(Form.LIQUID, (Step(D("0.5"), When.MORNING, 1),), by_days=True)
    assert said(day) == "Day 1: take 0.5 mL by mouth in the morning."


def test_like_steps_of_a_kit_that_follow_each_other_are_one() -> None:
    like = Directions(Form.CAPSULE, (WEEK, WEEK, Step(D(1), When.MORNING, 2), REST, WEEK), by_days=True)
    assert day_ranges(like) == ((1, 14, WEEK), (15, 16, Step(D(1), When.MORNING, 2)), (24, 30, WEEK))
    assert said(like) == (
        "Take by mouth. Days 1 to 14: 1 capsule at bedtime. Days 15 to 16: 1 capsule in the morning. "
        "Days 24 to 30: 1 capsule at bedtime."
    )


def test_a_kit_taken_twice_a_day_says_each_time() -> None:
    twice = Directions(
        Form.CAPSULE,
        (Step(D(1), When.MORNING_AND_BEDTIME, 7), Step(D(2), When.MORNING_AND_BEDTIME, 7)),
        by_days=True,
    )
    assert said(twice) == (
        "Take by mouth in the morning and again at bedtime. Days 1 to 7: 1 capsule each time. "
        "Days 8 to 14: 2 capsules each time."
    )


def test_days_of_rest_count_only_before_an_intake() -> None:
    assert quantity_for(CONTAINER, 35) == 35
    assert days_supply(CONTAINER, 35) == 35
    assert days_supply(CONTAINER, 34) == 34
    assert days_supply(CONTAINER, 21) == 21, "the rest after it is no supply"
    assert days_supply(CONTAINER, 7) == 14
    assert days_supply(CONTAINER, 0) == 0, "nothing lasts no day, whatever rest comes first"
    assert days_supply(CONTAINER, 14, 15) == 7
    assert left_over(CONTAINER, 36) == 1


def test_each_day_of_a_container_has_its_amount() -> None:
    days = [1, 7, 8, 14, 15, 21, 22, 28, 29, 35, 36]
    assert [amount_on(CONTAINER, day) for day in days] == [0, 0, 1, 1, 2, 2, 0, 0, 2, 2, 0]
    assert amount_on(NIGHTLY, 3000) == 1
    with pytest.raises(Impossible):
        amount_on(NIGHTLY, 0)


def test_days_of_rest_are_no_dose() -> None:
    strength = Strength(D("0.5"), Form.CAPSULE)
    assert daily_doses(CONTAINER, strength) == (mg("0.5"), mg("1"), mg("1"))
    assert lowest_daily_dose(CONTAINER, strength) == mg("0.5")


def test_a_container_of_a_kit_is_not_supplied_in_part() -> None:
    assert continued(CONTAINER, 1) is CONTAINER
    for day in (2, 35):
        with pytest.raises(Impossible, match="in part"):
            continued(CONTAINER, day)
    with pytest.raises(EndsSooner):
        continued(CONTAINER, 36)
    assert said(after_titration(CONTAINER)) == "Take 2 capsules by mouth at bedtime."


@pytest.mark.parametrize(
    "steps",
    [
        (WEEK, REST),  # ends with its last intake
        (REST,),
        (WEEK, Step(D(1), When.BEDTIME)),  # a kit ends
    ],
)
def test_a_container_of_a_kit_begins_and_ends(steps: tuple[Step, ...]) -> None:
    with pytest.raises(Impossible):
        Directions(Form.CAPSULE, steps, by_days=True)


def test_only_a_container_of_a_kit_rests() -> None:
    with pytest.raises(Impossible, match="above 0"):
        Directions(Form.CAPSULE, (REST, WEEK))


def test_directions_are_stored_as_older_versions_wrote_them() -> None:
    assert set(TITRATION.to_json()) == {"form", "steps"}
    assert CONTAINER.to_json()["by_days"] is True
    for one in (TITRATION, CONTAINER):
        assert Directions.from_json(one.to_json()) == one
