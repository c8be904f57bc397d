from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.directions import (
    Directions,
    Step,
    When,
    after_titration,
    check_marks,
    continued,
    daily_doses,
    days_supply,
    left_over,
    lowest_daily_dose,
    quantity_for,
    sentence,
    units_for_days,
)
from pharmacy.domain.errors import CannotBeMeasured, EndsSooner, Impossible
from pharmacy.domain.quantity import NBSP, Volume
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


def test_a_dose_between_the_marks_of_the_syringe_is_refused() -> None:
    dose = Directions(Form.LIQUID, (Step(D("0.25"), When.BEDTIME),))
    check_marks(dose, Volume.of("0.01", "mL"))
    with pytest.raises(CannotBeMeasured, match="between the marks"):
        check_marks(dose, Volume.of("0.1", "mL"))
    with pytest.raises(Impossible):
        check_marks(dose, Volume(Fraction(0)))


def test_a_strength_reads_as_it_is_printed() -> None:
    assert Strength(D("4.50"), Form.CAPSULE).text() == f"4.5{NBSP}mg capsule"
    assert Strength(D(1), Form.LIQUID).text() == f"1{NBSP}mg/mL oral liquid"
    with pytest.raises(Impossible):
        Strength(D(0), Form.CAPSULE)
