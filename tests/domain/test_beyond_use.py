from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.beyond_use import (
    BeyondUse,
    BeyondUseClass,
    Cap,
    Fits,
    StabilityStudy,
    TooShort,
    beyond_use_date,
    first_day_of_use,
    last_day_of_month,
    outlasts,
    quantity_that_fits,
)
from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Directions, Step, When
from pharmacy.domain.errors import Expired, Impossible
from pharmacy.domain.strength import Form

DAY = date(2026, 3, 2)
CAPSULES = BeyondUseClass.NONAQUEOUS
WATERY = BeyondUseClass.PRESERVED_AQUEOUS


def found(limit: int = 180, bud_class: BeyondUseClass = CAPSULES, **more: object) -> BeyondUse:
    return beyond_use_date(DAY, limit, day_one=True, bud_class=bud_class, **more)  # type: ignore[arg-type]


def test_the_answer_says_that_the_limit_decided() -> None:
    assert found().decided_by == (
        "180 days from 02 MAR 2026, the day of compounding is day 1 (other nonaqueous preparation)."
    )


def test_the_answer_names_the_lot_that_decided() -> None:
    caps = (
        Cap("the expiry of MCC lot M-1", date(2026, 7, 31)),
        Cap("the beyond-use date of trituration lot T-1", date(2026, 6, 30)),
        Cap("the expiry of shell lot S-1", date(2028, 1, 31)),
    )
    answer = found(caps=caps)
    assert answer.date == date(2026, 6, 30)
    assert answer.decided_by == "30 JUN 2026, not past the beyond-use date of trituration lot T-1."
    assert [step.name for step in answer.steps].count("Not past") == 3


def test_a_lot_of_yesterday_is_refused_and_one_of_today_is_not() -> None:
    assert found(caps=(Cap("lot A", DAY),)).date == DAY
    with pytest.raises(Expired, match="01 MAR 2026"):
        found(caps=(Cap("lot A", DAY - timedelta(days=1)),))


def test_six_months_are_180_days() -> None:
    assert found().date == date(2026, 8, 28) != date(2026, 9, 2)


@pytest.mark.parametrize(
    ("indicating", "same", "antimicrobial", "days"),
    [(False, True, True, 35), (True, False, True, 35), (True, True, False, 35), (True, True, True, 60)],
)
def test_an_aqueous_form_is_extended_only_when_everything_is_met(
    *, indicating: bool, same: bool, antimicrobial: bool, days: int
) -> None:
    study = StabilityStudy("S", 60, indicating, same, antimicrobial)
    assert found(35, WATERY, study=study).date == DAY + timedelta(days=days - 1)


def test_a_nonaqueous_liquid_needs_no_antimicrobial_test() -> None:
    study = StabilityStudy("S", 120, stability_indicating=True, same_formula_and_container=True)
    assert found(90, BeyondUseClass.NONAQUEOUS_LIQUID, study=study).date == DAY + timedelta(days=119)


def test_a_shorter_study_shortens_whatever_it_is() -> None:
    answer = found(35, WATERY, study=StabilityStudy("at 25 °C", 30))
    assert answer.date == DAY + timedelta(days=29)
    assert "stability study at 25 °C" in answer.decided_by


def test_no_study_passes_the_ceiling() -> None:
    study = StabilityStudy("S", 360, stability_indicating=True, same_formula_and_container=True)
    assert found(90, BeyondUseClass.NONAQUEOUS_LIQUID, study=study).date == DAY + timedelta(days=179)


@pytest.mark.parametrize("limit", [0, -1, 181, 360])
def test_a_limit_past_the_ceiling_is_refused(limit: int) -> None:
    with pytest.raises(Impossible):
        found(limit)


caps_strategy = st.lists(st.integers(0, 400).map(lambda more: Cap("lot", DAY + timedelta(days=more))), max_size=4)


@given(st.integers(1, 180), st.booleans(), caps_strategy)
def test_the_date_is_never_past_any_cap_and_day_one_is_never_later(limit: int, day_one: bool, caps: list[Cap]) -> None:
    kind = BeyondUseClass.NONAQUEOUS
    answer = beyond_use_date(DAY, limit, day_one=day_one, caps=tuple(caps), bud_class=kind)
    other = beyond_use_date(DAY, limit, day_one=False, caps=tuple(caps), bud_class=kind)
    assert all(answer.date <= cap.date for cap in caps)
    assert DAY <= answer.date <= other.date <= DAY + timedelta(days=limit)
    assert answer.date in {cap.date for cap in caps} or (answer.date - DAY).days == limit - day_one
    assert BeyondUse.from_json(answer.to_json()) == answer


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("06/2027", date(2027, 6, 30)),
        ("02/2028", date(2028, 2, 29)),
        ("2/2027", date(2027, 2, 28)),
        ("12/2026", date(2026, 12, 31)),
    ],
)
def test_a_month_ends_on_its_last_day(text: str, last: date) -> None:
    assert last_day_of_month(text) == last


@pytest.mark.parametrize(
    "text", ["13/2027", "00/2027", "06-2027", "6/27", "June 2027", "", "06/0000", "０６/2027", "1/2/2027"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Impossible, match="06/2027"):
        last_day_of_month(text)


def test_a_supply_is_counted_from_its_first_day() -> None:
    assert outlasts(date(2026, 3, 31), DAY, 30) == Fits(date(2026, 3, 31))
    assert outlasts(date(2026, 3, 31), DAY, 31) == TooShort(30, 31, date(2026, 4, 1))
    assert outlasts(DAY - timedelta(days=5), DAY, 10) == TooShort(0, 10, date(2026, 3, 11))
    with pytest.raises(Impossible):
        outlasts(DAY, DAY, 0)


def test_use_begins_when_the_supply_in_hand_has_ended() -> None:
    assert first_day_of_use(DAY) == DAY
    assert first_day_of_use(DAY, date(2026, 3, 10)) == date(2026, 3, 11)
    assert first_day_of_use(DAY, date(2026, 2, 20)) == DAY


def test_the_quantity_that_fits_follows_the_steps_of_a_titration() -> None:
    steps = (Step(Decimal(1), When.BEDTIME, 14), Step(Decimal(2), When.BEDTIME, 14), Step(Decimal(3), When.BEDTIME))
    titration = Directions(Form.CAPSULE, steps)
    assert quantity_that_fits(titration, DAY + timedelta(days=19), DAY, 42) == (20, Decimal(26))
    assert quantity_that_fits(titration, DAY - timedelta(days=1), DAY, 42) == (0, Decimal(0))


@given(st.integers(-5, 400), st.integers(1, 400))
def test_the_days_that_fit_do_fit_and_one_more_does_not(ahead: int, days: int) -> None:
    last = DAY + timedelta(days=ahead)
    answer = outlasts(last, DAY, days)
    if isinstance(answer, TooShort):
        assert answer.days < days
        assert isinstance(outlasts(last, DAY, answer.days + 1), TooShort)
        if answer.days:
            assert isinstance(outlasts(last, DAY, answer.days), Fits)


def test_a_day_is_written_so_that_no_one_reads_it_two_ways() -> None:
    assert day_text(date(2026, 8, 7)) == "07 AUG 2026"
