from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pharmacy.domain.directions import Directions, Step, When, amount_on, days_supply, left_over
from pharmacy.domain.directions import sentence as sentence_of
from pharmacy.domain.errors import CalculationRefused, CannotBeMeasured, ChecksDisagree, EndsSooner, Impossible
from pharmacy.domain.kit_days import (
    calendar,
    check_covers,
    checked_calendar,
    checked_kit_calendar,
    covered_days,
    kit_calendar,
    refill_of,
    units_taken,
)
from pharmacy.domain.kit_plan import KitPlan, plan_kit, recheck_kit
from pharmacy.domain.kits import MOST_AT_ONCE, fewest, make_kit, propose
from pharmacy.domain.quantity import Volume, exact
from pharmacy.domain.second_check.calendar import calendar_again
from pharmacy.domain.second_check.titration import (
    demand_bottles,
    demand_fewest,
    demand_measured,
    replay,
    units_again,
)
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.syringes import syringe
from pharmacy.domain.titration import DoseStep, Kit, Titration
from tests.domain.builders import mg


def sentence(directions: Directions) -> str:
    """The sentence with plain blanks."""
    return sentence_of(directions).replace("\u00a0", " ")


D = Decimal
HALF, ONE_AND_HALF = Strength(D("0.5"), Form.CAPSULE), Strength(D("1.5"), Form.CAPSULE)


def capsules(*strengths: str) -> list[Strength]:
    return [Strength(D(one), Form.CAPSULE) for one in strengths]


def liquids(*strengths: str) -> list[Strength]:
    return [Strength(D(one), Form.LIQUID) for one in strengths]


def titration(*doses: str, days: int = 7, form: Form = Form.CAPSULE, when: When = When.BEDTIME) -> Titration:
    return Titration(form, tuple(DoseStep(mg(dose), days) for dose in doses), when)


EIGHT = titration("0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4")
PUBLISHED = make_kit(EIGHT, capsules("0.5", "1.5"))


# --- the fewest units ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dose", "strengths", "found"),
    [
        (8, (3, 1), (2, 2)),
        (9, (3, 1), (3, 0)),
        (6, (4, 3), (0, 2)),  # the largest first would leave 2
        (6, (4, 3, 1), (0, 2, 0)),
        (7, (3, 2), (1, 2)),
        (1, (3, 2), None),
        (20, (1,), (20,)),
        (21, (1,), None),  # more at once than can be meant
        (4, (3, 2, 1), (0, 2, 0)),  # 2 + 2 rather than 3 + 1: fewer different ones
    ],
)
def test_a_dose_takes_the_fewest_units(dose: int, strengths: tuple[int, ...], found: tuple[int, ...] | None) -> None:
    assert fewest(dose, strengths) == found


@given(st.integers(1, 60), st.sets(st.integers(1, 12), min_size=1, max_size=3))
def test_no_fewer_units_make_the_dose(dose: int, strengths: set[int]) -> None:
    ordered = sorted(strengths, reverse=True)
    found = fewest(dose, ordered)
    again = units_again(Fraction(dose), [Fraction(one) for one in ordered], MOST_AT_ONCE)
    assert (None if found is None else sum(found)) == again
    if found is not None:
        assert sum(count * strength for count, strength in zip(found, ordered, strict=True)) == dose


# --- kits ----------------------------------------------------------------------------------------------------------------


def test_the_published_kit_is_63_and_63_for_exactly_56_days() -> None:
    assert [part.quantity for part in PUBLISHED.parts] == [63, 63]
    assert EIGHT.days == 56
    assert EIGHT.total == mg(126)
    assert covered_days(PUBLISHED, [63, 63]) == 56
    check_covers(PUBLISHED, [63, 63])


def test_the_week_of_the_largest_dose_is_not_covered_by_it() -> None:
    kit = make_kit(titration("0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5"), capsules("0.5", "1.5"))
    assert covered_days(kit, [63, 63]) == 56
    with pytest.raises(
        EndsSooner, match=r"lasts 56 days\. Days 57 to 63, 4\.5.mg a day, are not covered: 21 capsules of 1\.5"
    ):
        check_covers(kit, [63, 63])
    check_covers(kit, [63, 84])


@pytest.mark.parametrize(
    ("quantities", "days"),
    [([63, 62], 55), ([62, 63], 55), ([0, 63], 0), ([63, 0], 14), ([1000, 1000], 56), ([6, 63], 6), ([7, 63], 7)],
)
def test_the_container_that_runs_out_first_decides(quantities: list[int], days: int) -> None:
    assert covered_days(PUBLISHED, quantities) == days


def test_one_day_that_is_not_covered_is_named_alone() -> None:
    with pytest.raises(EndsSooner, match=r"Day 56, 4.mg a day, is not covered: 1 capsule of 1\.5"):
        check_covers(PUBLISHED, [63, 62])


@pytest.mark.parametrize("quantities", [[63], [63, 63, 1], [-1, 63]])
def test_there_is_one_quantity_for_each_container(quantities: list[int]) -> None:
    with pytest.raises(Impossible):
        covered_days(PUBLISHED, quantities)


def test_a_container_that_is_done_early_has_the_days_until_its_last_intake() -> None:
    kit = make_kit(titration("1.5", "3"), capsules("1.5", "3"))
    assert [(part.days, part.quantity) for part in kit.parts] == [(7, 7), (14, 7)]
    assert sentence(kit.parts[1].directions) == "Days 8 to 14: take 1 capsule by mouth at bedtime."


def test_one_container_alone_reads_as_any_titration() -> None:
    kit = make_kit(titration("1.5", "3"), capsules("1.5"))
    assert sentence(kit.parts[0].directions) == "Take by mouth at bedtime: 1 capsule for 7 days, then 2 for 7 days."


def test_the_daily_dose_is_shared_among_the_intakes() -> None:
    kit = make_kit(titration("1", "3", when=When.MORNING_AND_BEDTIME), capsules("0.5"))
    assert [step.amount for step in kit.parts[0].directions.steps] == [1, 3]
    assert kit.parts[0].quantity == 7 * 2 * (1 + 3)


@pytest.mark.parametrize(
    ("most", "strengths", "units"),
    [(1, ["0.5"], 252), (2, ["0.5", "2"], 126), (3, ["0.5", "1.5", "2"], 91)],
)
def test_the_strengths_with_the_fewest_units_are_proposed(most: int, strengths: list[str], units: int) -> None:
    kit = propose(EIGHT, capsules("0.5", "1", "1.5", "2", "2.5", "3", "4.5"), most)
    assert [part.strength for part in kit.parts] == capsules(*strengths)
    assert kit.units == units


def test_of_two_strengths_that_do_as_well_alone_the_larger_is_never_worse() -> None:
    assert [part.strength.amount for part in propose(titration("3"), capsules("0.5", "1", "3"), 3).parts] == [3]


doses = st.lists(st.integers(1, 9).map(lambda half: str(D(half) / 2)), min_size=1, max_size=6)
offers = st.sets(st.sampled_from(["0.5", "1", "1.5", "2", "3", "4.5"]), min_size=1, max_size=5)


@given(doses, offers, st.integers(1, 3), st.integers(1, 30))
def test_whatever_is_proposed_gives_each_day_its_dose(
    steps: list[str], offered: set[str], most: int, days: int
) -> None:
    ordered = titration(*steps, days=days)
    try:
        plan = plan_kit(ordered, capsules(*sorted(offered)), most)
    except CalculationRefused:
        return
    kit = plan.kit
    for day in kit_calendar(kit, date(2026, 3, 2)):
        taken = sum(
            (part.strength.dose(amount).value for part, amount in zip(kit.parts, day.amounts, strict=True)), Fraction(0)
        )
        assert taken == ordered.steps[(day.number - 1) // days].dose.value
    assert sum((part.strength.dose(part.quantity).value for part in kit.parts), Fraction(0)) == ordered.total.value
    for at, part in enumerate(kit.parts):
        assert days_supply(part.directions, part.quantity) == part.days <= ordered.days
        assert left_over(part.directions, part.quantity) == 0
        assert units_taken(kit_calendar(kit, date(2026, 3, 2)), at, 1) == exact(part.quantity)
    assert KitPlan.from_json(plan.to_json()) == plan


@given(doses, offers, st.integers(1, 2))
def test_one_more_container_never_takes_more_units(steps: list[str], offered: set[str], most: int) -> None:
    try:
        fewer = propose(titration(*steps), capsules(*sorted(offered)), most)
    except CalculationRefused:
        assume(False)
    assert propose(titration(*steps), capsules(*sorted(offered)), most + 1).units <= fewer.units


@given(doses, offers, st.integers(2, 5))
def test_doses_and_strengths_scaled_alike_make_the_same_kit(steps: list[str], offered: set[str], by: int) -> None:
    try:
        kit = propose(titration(*steps), capsules(*sorted(offered)))
    except CalculationRefused:
        return
    scaled = propose(
        titration(*(str(D(one) * by) for one in steps)), capsules(*(str(D(one) * by) for one in sorted(offered)))
    )
    assert [part.quantity for part in scaled.parts] == [part.quantity for part in kit.parts]
    assert [part.directions for part in scaled.parts] == [part.directions for part in kit.parts]


# --- what is refused, and what would do ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "strengths", "said"),
    [
        (
            ["1.25"],
            ["0.5", "1.5"],
            r"1\.25.mg at once cannot be made of 0\.5.mg and 1\.5.mg capsules\. 1.mg or 1\.5.mg can be",
        ),
        (["0.5", "1.25"], ["0.5", "1.5"], r"Capsules of 0\.25.mg would make every step"),
        (["1"], ["1.5"], r"1.mg at once cannot be made of 1\.5.mg capsules\. 1\.5.mg can be\."),
        (["11"], ["0.5"], r"11.mg at once cannot be made"),  # 22 capsules
        (["0.5", "11"], ["0.5"], r"10.mg can be\.$"),  # and no one strength would do with 20 at once
    ],
)
def test_a_dose_that_cannot_be_made_is_refused_with_what_would_do(
    steps: list[str], strengths: list[str], said: str
) -> None:
    with pytest.raises(Impossible, match=said) as caught:
        make_kit(titration(*steps), capsules(*strengths))
    assert caught.value.field == "strengths"


def test_too_few_containers_are_refused_with_the_number_that_would_do() -> None:
    with pytest.raises(Impossible, match="2 do") as caught:
        propose(titration("2", "3"), capsules("2", "3"), 1)
    assert caught.value.field == "containers"


def test_strengths_that_no_kit_can_hold_together_are_refused() -> None:
    apart = titration("7", "11", "13", "17")
    with pytest.raises(Impossible, match="No kit of these strengths makes every step"):
        propose(apart, capsules("7", "11", "13", "17"), 1)


@pytest.mark.parametrize(
    ("strengths", "said", "field"),
    [
        ([], "from 1 to 12", "strengths"),
        (["0.5", "0.50"], "named twice", "strengths"),
        (["0.5", "1.5", "1", "2"], "at most 3 containers", "strengths"),
        (["0.5", "4.5"], r"No step takes any 4\.5", "strengths"),
        ([str(D(one) / 10) for one in range(1, 14)], "from 1 to 12", "strengths"),
    ],
)
def test_strengths_that_make_no_kit_are_refused(strengths: list[str], said: str, field: str) -> None:
    with pytest.raises(Impossible, match=said) as caught:
        make_kit(titration("0.5", "1"), capsules(*strengths))
    assert caught.value.field == field


def test_capsules_and_liquids_do_not_mix() -> None:
    with pytest.raises(Impossible, match="must be of the capsule"):
        make_kit(titration("0.5"), liquids("5"))


@pytest.mark.parametrize("most", [0, 4])
def test_a_kit_has_one_to_three_containers(most: int) -> None:
    with pytest.raises(Impossible) as caught:
        propose(EIGHT, capsules("0.5"), most)
    assert caught.value.field == "containers"


@pytest.mark.parametrize(("dose", "days"), [("0", 7), ("1", 0), ("1", 3651)])
def test_a_step_that_cannot_be_is_refused(dose: str, days: int) -> None:
    with pytest.raises(Impossible) as caught:
        DoseStep(mg(dose), days)
    assert caught.value.field == "steps"


def test_a_titration_has_steps_and_an_end() -> None:
    with pytest.raises(Impossible):
        Titration(Form.CAPSULE, ())
    with pytest.raises(Impossible):
        titration(*["1"] * 25)
    with pytest.raises(Impossible, match="at most 3650 days"):
        titration("1", "2", days=1826)
    assert titration("1", "2", days=1825).days == 3650


# --- liquids -------------------------------------------------------------------------------------------------------------


def test_a_liquid_titration_takes_one_bottle_and_one_syringe() -> None:
    kit = propose(titration("0.5", "1", "4.5", form=Form.LIQUID), liquids("1", "5"))
    (part,) = kit.parts
    assert part.strength.amount == 5
    assert [step.amount for step in part.directions.steps] == [D("0.1"), D("0.2"), D("0.9")]
    assert part.quantity == D("8.4")
    assert part.syringe == syringe("1", "0.01")


def test_two_bottles_only_where_one_does_not_do() -> None:
    small, large = syringe("1", "0.1"), syringe("5", "1")
    ordered = titration("0.1", "5", form=Form.LIQUID)
    kit = plan_kit(ordered, liquids("1", "5"), 2, syringes=(small, large)).kit
    assert [(part.strength.amount, part.quantity, part.days) for part in kit.parts] == [(1, D("0.7"), 7), (5, 7, 14)]
    assert [part.syringe for part in kit.parts] == [small, small]
    assert sentence(kit.parts[1].directions) == "Days 8 to 14: take 1 mL by mouth at bedtime."


def test_a_liquid_that_cannot_be_measured_is_refused_with_what_is_made_and_can_be() -> None:
    ordered = titration("0.5", "4.5", form=Form.LIQUID)
    with pytest.raises(CannotBeMeasured, match="Ask for doses"):
        make_kit(ordered, liquids("1"))
    with pytest.raises(
        CannotBeMeasured, match=r"Of 5.mg/mL: 0\.1.mL and 0\.9.mL in a 1.mL oral syringe could be measured"
    ):
        plan_kit(ordered, liquids("1", "5"), chosen=liquids("1"))


# --- refills and the calendar ------------------------------------------------------------------------------------------------


def test_a_refill_is_the_last_step_and_never_the_kit_again() -> None:
    refill = refill_of(PUBLISHED, 30)
    assert [(part.quantity, sentence(part.directions)) for part in refill] == [
        (60, "Take 2 capsules by mouth at bedtime."),
        (60, "Take 2 capsules by mouth at bedtime."),
    ]
    early = refill_of(make_kit(titration("1.5", "3"), capsules("1.5", "3")), 30)
    assert [(part.strength.amount, part.quantity) for part in early] == [(3, 30)]
    assert [part.quantity for part in refill_of(PUBLISHED, 1)] == [2, 2]
    assert [part.quantity for part in refill_of(PUBLISHED, 3650)] == [7300, 7300]
    bottle = make_kit(titration("1", "2", form=Form.LIQUID), liquids("1"))
    assert bottle.parts[0].syringe is not None
    assert [part.syringe for part in refill_of(bottle, 30)] == [bottle.parts[0].syringe]
    for days in (0, 3651):
        with pytest.raises(Impossible):
            refill_of(PUBLISHED, days)


def test_the_calendar_counts_days_and_no_hours() -> None:
    days = kit_calendar(PUBLISHED, date(2026, 3, 2))  # the clocks of the USA change on 8 MAR 2026
    assert [(day.number, day.on) for day in days[:8]][-1] == (8, date(2026, 3, 9))
    assert days[-1].on == date(2026, 4, 26)
    assert days[7].amounts == (2, 0)
    assert days[49].amounts == (2, 2)
    assert units_taken(days, 0, 1) == units_taken(days, 1, 1) == 63


def test_a_calendar_for_use_was_found_twice() -> None:
    start = date(2026, 3, 2)
    assert checked_kit_calendar(PUBLISHED, start) == kit_calendar(PUBLISHED, start)
    for part in PUBLISHED.parts:
        one = part.directions
        assert checked_calendar(one, start, 56) == calendar([one], start, 56)
        assert checked_calendar(one, start, 60) == calendar([one], start, 60), "after the last step nothing is taken"
        assert checked_calendar(one, start, 10) == calendar([one], start, 10), "fewer days than the directions have"


def test_a_calendar_of_directions_without_end_was_found_twice() -> None:
    start = date(2026, 3, 2)
    for_good = Directions(Form.CAPSULE, (Step(D(1), When.BEDTIME, 7), Step(D(2), When.BEDTIME)))
    made = checked_calendar(for_good, start, 30)
    assert [day.amounts for day in made] == [(D(1),)] * 7 + [(D(2),)] * 23


@given(st.dates(date(1, 1, 1), date(9989, 1, 1)), st.integers(1, 3650))
def test_every_day_of_a_calendar_follows_the_one_before(start: date, days: int) -> None:
    made = calendar([PUBLISHED.parts[0].directions], start, days)
    assert len(made) == days
    assert all(later.on - earlier.on == timedelta(days=1) for earlier, later in itertools.pairwise(made))
    assert all(day.amounts == (amount_on(PUBLISHED.parts[0].directions, day.number),) for day in made)


def test_a_calendar_that_cannot_be_is_refused() -> None:
    for days in (0, 3651):
        with pytest.raises(Impossible) as caught:
            calendar([], date(2026, 3, 2), days)
        assert caught.value.field == "days"
    with pytest.raises(Impossible) as caught:
        calendar([], date(9999, 12, 1), 31)
    assert caught.value.field == "start"
    assert len(calendar([], date(9999, 12, 1), 30)) == 30


# --- the second way ----------------------------------------------------------------------------------------------------------


def test_the_second_way_says_what_the_containers_hold() -> None:
    said = recheck_kit(PUBLISHED, EIGHT, capsules("0.5", "1.5"), 2)
    assert said.replace("\u00a0", " ") == (
        "63 capsules of 0.5 mg and 63 capsules of 1.5 mg hold 126 mg, which is what the steps take in 56 days."
    )


def test_a_kit_that_is_wrong_anywhere_is_not_used() -> None:
    part = PUBLISHED.parts[0]
    other = type(part)(part.strength, part.directions, D(62))
    with pytest.raises(ChecksDisagree, match="quantity"):
        recheck_kit(Kit(EIGHT, (other, PUBLISHED.parts[1])), EIGHT, capsules("0.5", "1.5"), 2)
    with pytest.raises(ChecksDisagree, match="dose of day 50"):
        recheck_kit(PUBLISHED, titration("0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4.5"), capsules("0.5", "1.5"), 2)
    with pytest.raises(ChecksDisagree, match="fewest"):
        recheck_kit(PUBLISHED, EIGHT, capsules("0.5", "1.5", "2.5"), 3)
    morning = Titration(Form.CAPSULE, EIGHT.steps, When.MORNING)
    with pytest.raises(ChecksDisagree, match="time of day"):
        recheck_kit(PUBLISHED, morning, capsules("0.5", "1.5"), 2)


HALF_A_DAY = [(Fraction(1, 2), 2)]


def test_the_replay_refuses_what_no_patient_could_follow() -> None:
    strength = [Fraction(1, 2)]
    assert replay(HALF_A_DAY, 1, strength, [[(Fraction(1), 2)]]) == [2]
    assert replay([(Fraction(1), 2)], 2, strength, [[(Fraction(1), 2)]]) == [4]
    with pytest.raises(ChecksDisagree, match="days of a container"):
        replay(HALF_A_DAY, 1, strength, [[(Fraction(1), 3)]])
    with pytest.raises(ChecksDisagree, match="last day of a container"):
        replay(HALF_A_DAY, 1, strength, [[(Fraction(1), 1), (Fraction(0), 1)]])
    with pytest.raises(ChecksDisagree, match="dose of day 2"):
        replay(HALF_A_DAY, 1, strength, [[(Fraction(1), 1)]])


def test_the_second_way_knows_when_fewer_would_do() -> None:
    offered = [Fraction(1), Fraction(3)]
    demand_fewest([(Fraction(3), 2)], 1, offered, 2, Fraction(2), 20)
    for units in (Fraction(1), Fraction(6)):
        with pytest.raises(ChecksDisagree):
            demand_fewest([(Fraction(3), 2)], 1, offered, 2, units, 20)
    with pytest.raises(ChecksDisagree):
        demand_fewest([(Fraction(2), 1)], 1, [Fraction(3)], 1, Fraction(1), 20)


def test_the_second_way_knows_when_one_bottle_would_do() -> None:
    marks = [(Fraction(1, 10), Fraction(1), Fraction(1, 10))]
    doses = [(Fraction(1, 2), 2)]
    demand_bottles(doses, 1, [Fraction(1), Fraction(5)], marks, (1, Fraction(1, 5)))
    for used in ((1, Fraction(1)), (2, Fraction(1, 5))):
        with pytest.raises(ChecksDisagree, match="bottles"):
            demand_bottles(doses, 1, [Fraction(1), Fraction(5)], marks, used)
    with pytest.raises(ChecksDisagree):
        demand_bottles(doses, 1, [Fraction(100)], marks, (1, Fraction(1, 100)))
    demand_bottles(doses, 1, [Fraction(100)], marks, (2, Fraction(1)))


@pytest.mark.parametrize("amount", ["0.05", "1.1", "0.15", "0"])
def test_the_second_way_draws_up_to_a_mark(amount: str) -> None:
    least, capacity, mark = Fraction(1, 10), Fraction(1), Fraction(1, 10)
    demand_measured([least, capacity], least, capacity, mark)
    with pytest.raises(ChecksDisagree):
        demand_measured([Fraction(amount)], least, capacity, mark)


def test_the_second_way_counts_the_dates_itself() -> None:
    days = [(1, date(2026, 3, 2), [Fraction(1)]), (2, date(2026, 3, 3), [Fraction(1)])]
    calendar_again(days, date(2026, 3, 2), HALF_A_DAY, [Fraction(1, 2)])
    for wrong in (
        days[:1],
        [days[0], (2, date(2026, 3, 4), [Fraction(1)])],
        [days[0], (3, date(2026, 3, 3), [Fraction(1)])],
        [days[0], (2, date(2026, 3, 3), [Fraction(2)])],
    ):
        with pytest.raises(ChecksDisagree):
            calendar_again(wrong, date(2026, 3, 2), HALF_A_DAY, [Fraction(1, 2)])


def test_the_worksheet_of_a_kit_adds_up_step_by_step() -> None:
    sheet = plan_kit(EIGHT, capsules("0.5", "1.5")).worksheet
    assert sheet.step("Days 22 to 28").numbers.replace("\u00a0", " ") == "1 capsule × 0.5 mg + 1 capsule × 1.5 mg"
    assert sheet.step("Days 22 to 28").result == "2"
    quantity = sheet.step("Quantity of 0.5\u00a0mg capsule")
    assert (quantity.numbers, quantity.result) == ("1 × 7 + 2 × 7 + 1 × 7 + 2 × 7 + 1 × 7 + 2 × 7", "63")
    assert sheet.step("Days’ supply").result == "56"
    assert sheet.step("Drug in all").result == "126"
    assert (
        sheet.step("Container 2 of 2, 1.5\u00a0mg capsule")
        .result.replace("\u00a0", " ")
        .endswith("Days 36 to 56: 2 capsules.")
    )
    liquid = plan_kit(titration("0.5", "1", form=Form.LIQUID, when=When.MORNING_AND_BEDTIME), liquids("5")).worksheet
    assert liquid.step("Days 1 to 7").numbers.replace("\u00a0", " ") == "2 × (0.05 mL × 5 mg/mL)"
    assert liquid.step("Oral syringe for 5\u00a0mg/mL oral liquid").result == "0.5\u00a0mL oral syringe"


def test_a_volume_is_never_below_what_its_syringe_measures() -> None:
    for part in propose(titration("0.5", "3", form=Form.LIQUID), liquids("1", "5")).parts:
        assert part.syringe is not None
        assert all(part.syringe.measures(Volume.of(step.amount, "mL")) for step in part.directions.steps)
