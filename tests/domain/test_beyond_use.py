from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.beyond_use import (
    BeyondUse,
    BeyondUseClass,
    Cap,
    Fits,
    StabilityStudy,
    Temperature,
    TooShort,
    beyond_use_date,
    first_day_of_use,
    last_day_of_month,
    lasting,
    outlasts,
    quantity_that_fits,
    shortcoming,
)
from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Directions, Step, When
from pharmacy.domain.errors import ChecksDisagree, Expired, Impossible
from pharmacy.domain.keeping import TABLE_4
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.second_check.beyond_use import beyond_use_again, outlasts_again
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


def test_how_long_it_lasts_is_the_limit_or_what_a_study_makes_of_it() -> None:
    proof = StabilityStudy(
        "Larch 2025", 90, Temperature.REFRIGERATOR, stability_indicating=True, same_formula_and_container=True,
        antimicrobial_effectiveness=True, documents="Binder 4",
    )  # fmt: skip
    short, long = replace(proof, days=20, citation="S"), replace(proof, days=400)

    def lasts(*studies: StabilityStudy, limit: int = 35) -> tuple[int, StabilityStudy | None]:
        return lasting(limit, studies, Temperature.REFRIGERATOR, BeyondUseClass.PRESERVED_AQUEOUS)

    assert lasts() == (35, None)
    assert lasts(limit=1) == (1, None)
    assert lasts(replace(proof, accelerated=True)) == (35, None)
    assert lasts(replace(proof, days=35)) == (35, None)
    assert lasts(proof) == (90, proof)
    assert lasts(long) == (180, long)
    assert lasts(long, proof) == (90, proof)
    assert lasts(proof, short) == (20, short)
    assert lasts(proof, limit=20) == (20, None)
    assert lasts(short, limit=20) == (20, short)
    assert lasts(short, limit=19) == (19, None)


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


ROOM, FRIDGE = Temperature.ROOM, Temperature.REFRIGERATOR
PROOF = StabilityStudy(
    "Fawcett 1997",
    60,
    FRIDGE,
    stability_indicating=True,
    same_formula_and_container=True,
    antimicrobial_effectiveness=True,
    documents="binder 4",
)


def days_with(*studies: StabilityStudy, kept: Temperature | None = FRIDGE, limit: int = 35) -> int:
    return (found(limit, WATERY, studies=studies, kept=kept).date - DAY).days + 1


def test_a_study_that_meets_every_condition_lengthens_and_is_named() -> None:
    answer = found(35, WATERY, studies=(PROOF,), kept=FRIDGE)
    assert answer.date == DAY + timedelta(days=59)
    assert answer.decided_by == (
        "60 days from 02 MAR 2026, the day of compounding is day 1 (stability study Fawcett 1997)."
    )
    assert [step.name for step in answer.steps] == [
        "Limit of the class",
        "Stability study",
        "Days with the studies",
        "End of the limit",
    ]
    assert answer.steps[1].note == "Fawcett 1997 may lengthen."
    assert answer.steps[2].result == "60"


@pytest.mark.parametrize(
    ("lacking", "why"),
    [
        ({"accelerated": True}, "rests on accelerated data alone"),
        ({"stability_indicating": False}, "is not stability-indicating"),
        ({"same_formula_and_container": False}, "is of another formula or container"),
        ({"antimicrobial_effectiveness": False}, "has no antimicrobial effectiveness test"),
        ({"documents": " "}, "has no documents on file"),
        ({"temperature": None}, "states no temperature that the formula is kept at"),
    ],
)
def test_a_study_that_lacks_one_condition_lengthens_nothing_and_says_which(lacking: dict[str, Any], why: str) -> None:
    answer = found(35, WATERY, studies=(replace(PROOF, **lacking),), kept=FRIDGE)
    assert answer.date == DAY + timedelta(days=34)
    assert answer.decided_by.endswith("(preserved aqueous preparation).")
    assert answer.steps[1].note == f"Fawcett 1997 {why}, so it does not lengthen."


def test_a_study_of_what_is_kept_warmer_decides_nothing_either_way() -> None:
    warm = replace(PROOF, temperature=ROOM)
    assert days_with(warm) == 35
    assert days_with(replace(warm, days=20)) == 35
    answer = found(35, WATERY, studies=(warm,), kept=FRIDGE)
    note = "Fawcett 1997 holds at room temperature, not where this formula is kept: it decides nothing."
    assert answer.steps[1].note == note


def test_what_held_too_short_in_the_refrigerator_holds_no_longer_at_room_temperature() -> None:
    cold = replace(PROOF, days=20)
    answer = found(35, WATERY, studies=(cold,), kept=ROOM)
    assert answer.date == DAY + timedelta(days=19)
    assert answer.decided_by.endswith("(stability study Fawcett 1997).")
    assert answer.steps[1].note == "Fawcett 1997 shortens the limit: it lasts no longer where it is warmer."
    assert days_with(replace(cold, days=34), kept=ROOM) == 34
    assert days_with(replace(cold, days=35), kept=ROOM) == 35
    capsules = found(180, CAPSULES, studies=(replace(cold, days=45),), kept=ROOM)
    assert capsules.date == DAY + timedelta(days=44)


def test_a_longer_study_of_the_refrigerator_bounds_but_never_lengthens_what_is_kept_at_room_temperature() -> None:
    warm, cold = replace(PROOF, days=90, temperature=ROOM), replace(PROOF, citation="C")
    assert days_with(cold, kept=ROOM) == 35
    note = "C holds in the refrigerator, not where this formula is kept, so it does not lengthen."
    assert found(35, WATERY, studies=(cold,), kept=ROOM).steps[1].note == note
    assert days_with(warm, kept=ROOM) == 90
    assert days_with(warm, cold, kept=ROOM) == 60
    assert days_with(warm, replace(cold, days=120), kept=ROOM) == 90
    assert days_with(warm, replace(cold, stability_indicating=False), kept=ROOM) == 90
    assert found(35, WATERY, studies=(warm, cold), kept=ROOM).plausibility.endswith("would be past 90 days.")


def test_a_limit_of_a_board_or_of_the_pharmacy_holds_after_any_extension() -> None:
    answer = found(20, WATERY, studies=(PROOF,), kept=FRIDGE, limit_source="Board rule 7")
    assert answer.date == DAY + timedelta(days=19)
    counted = "20 days from 02 MAR 2026, the day of compounding is day 1"
    assert answer.decided_by == f"{counted} (stricter limit of a board or of the pharmacy)."
    table, *_, stricter, _end = answer.steps
    assert (table.result, table.source) == ("35", "USP <795> (2023), Table 4")
    assert (stricter.name, stricter.numbers, stricter.text()) == (
        "Stricter limit", "60 days or 20 days, the fewer", f"20{NBSP}days",
    )  # fmt: skip
    assert (stricter.source, stricter.note) == ("Board rule 7", "no study lengthens past it")
    assert answer.plausibility.endswith("would be past the 20 days that are allowed here.")
    assert days_with(PROOF, limit=34) == 34
    assert days_with(PROOF, limit=35) == 60
    shorter = found(20, WATERY, studies=(replace(PROOF, days=15),), kept=FRIDGE)
    assert shorter.date == DAY + timedelta(days=14)
    assert shorter.decided_by.endswith("(stability study Fawcett 1997).")
    assert shorter.steps[-2].numbers == "15 days or 20 days, the fewer"
    assert shorter.steps[-2].source == "as given"


def test_the_fourteen_days_hold_in_the_refrigerator_only() -> None:
    watery = BeyondUseClass.NONPRESERVED_AQUEOUS
    for kept in (None, FRIDGE):
        answer = found(14, watery, kept=kept)
        assert answer.date == DAY + timedelta(days=13)
        assert answer.decided_by.endswith("(nonpreserved aqueous preparation, in the refrigerator).")
        assert answer.steps[0].note == "it holds in the refrigerator only, 2–8 °C"
    full = replace(PROOF, temperature=ROOM)
    with pytest.raises(Impossible, match="in the refrigerator, 2–8 °C") as refused:
        found(14, watery, kept=ROOM, studies=(full,))
    assert refused.value.field == "kept"
    with pytest.raises(ChecksDisagree, match="where it is kept"):
        beyond_use_again(DAY + timedelta(days=13), DAY, 14, day_one=True, kept=ROOM, bud_class=watery)
    assert found(35, WATERY, kept=ROOM).steps[0].note == ""


def test_each_line_cites_what_was_read_of_it() -> None:
    cap = Cap("lot A", DAY)
    limit, study, end, lot = found(35, WATERY, studies=(replace(PROOF, days=35),), kept=FRIDGE, caps=(cap,)).steps
    assert limit.source == "USP <795> (2023), Table 4"
    assert study.source == "Compounding FAQ (usp.org); else general knowledge of USP <795> (2023)"
    assert end.source == "Establishing BUDs USP 795 (answers.uillinois.edu, page 130886)"
    assert lot.source == "a beyond-use date tool after the USP fact sheet (Mississippi Board of Pharmacy copy)"
    added = beyond_use_date(DAY, 35, day_one=False, bud_class=WATERY).steps[1]
    assert added.source == lot.source


def test_where_nobody_says_how_it_is_kept_every_shorter_study_shortens_and_none_lengthens() -> None:
    assert days_with(PROOF, kept=None) == 35
    assert days_with(replace(PROOF, days=20), kept=None) == 20
    assert days_with(replace(PROOF, days=20, temperature=None), kept=ROOM) == 20


def test_a_nonaqueous_liquid_needs_no_antimicrobial_test() -> None:
    study = replace(PROOF, days=120, antimicrobial_effectiveness=False)
    kind = BeyondUseClass.NONAQUEOUS_LIQUID
    assert found(90, kind, studies=(study,), kept=FRIDGE).date == DAY + timedelta(days=119)


def test_a_shorter_study_shortens_whatever_it_is() -> None:
    answer = found(35, WATERY, studies=(StabilityStudy("at 25 °C", 30, accelerated=True),))
    assert answer.date == DAY + timedelta(days=29)
    assert answer.decided_by.endswith("(stability study at 25 °C).")
    assert answer.steps[1].note == "at 25 °C shortens the limit."


def test_the_shortest_study_that_says_less_decides_also_beside_one_that_would_lengthen() -> None:
    assert days_with(PROOF, replace(PROOF, days=30), replace(PROOF, days=28), replace(PROOF, days=35)) == 28


def test_of_two_studies_that_qualify_the_shorter_decides() -> None:
    assert days_with(replace(PROOF, days=90), PROOF) == 60
    assert days_with(replace(PROOF, days=90), replace(PROOF, accelerated=True)) == 90


def test_a_study_that_says_what_the_limit_says_changes_nothing() -> None:
    answer = found(35, WATERY, studies=(replace(PROOF, days=35),), kept=FRIDGE)
    assert answer.date == DAY + timedelta(days=34)
    assert answer.decided_by.endswith("(preserved aqueous preparation).")
    assert answer.steps[1].note == "Fawcett 1997 says what the limit says."


def test_no_study_passes_the_ceiling() -> None:
    study = replace(PROOF, days=360)
    answer = found(90, BeyondUseClass.NONAQUEOUS_LIQUID, studies=(study,), kept=FRIDGE)
    assert answer.date == DAY + timedelta(days=179)
    assert answer.steps[1].note == "Fawcett 1997 may lengthen, to the ceiling of 180 days."
    assert answer.steps[2].note == "No study passes 180 days."
    assert found(180, CAPSULES, studies=(study,), kept=FRIDGE).decided_by.endswith("(other nonaqueous preparation).")
    assert days_with(replace(PROOF, days=180)) == 180
    assert days_with(replace(PROOF, days=181)) == 180


@pytest.mark.parametrize(
    ("given_", "field"), [({"days": 0}, "days"), ({"days": 3651}, "days"), ({"citation": " "}, "citation")]
)
def test_a_study_without_citation_or_days_is_refused_at_its_field(given_: dict[str, Any], field: str) -> None:
    with pytest.raises(Impossible) as refused:
        replace(PROOF, **given_)
    assert refused.value.field == field
    assert replace(PROOF, days=3650).days == 3650


def test_the_second_way_says_which_day_it_is_and_why_the_next_is_none() -> None:
    assert found().plausibility == (
        "28 AUG 2026 is day\u00a0180; 29 AUG 2026 would be past 180 days, the longest of all."
    )
    cap = Cap("the expiry of MCC lot M-1", date(2026, 7, 31))
    assert found(caps=(cap,)).plausibility.endswith("01 AUG 2026 would be past the expiry of MCC lot M-1.")
    assert found(35, WATERY, studies=(StabilityStudy("S", 30),)).plausibility.endswith("past the 30 days of S.")
    assert found(35, WATERY).plausibility.endswith("06 APR 2026 would be past 35 days.")
    assert found(35, WATERY, studies=(PROOF,), kept=FRIDGE).plausibility.endswith("would be past 60 days.")


@pytest.mark.parametrize("off", [-1, 1, 30])
def test_the_second_way_accepts_no_other_day(off: int) -> None:
    with pytest.raises(ChecksDisagree, match="the beyond-use date"):
        beyond_use_again(DAY + timedelta(days=179 + off), DAY, 180, day_one=True, bud_class=CAPSULES)
    with pytest.raises(ChecksDisagree, match="the day of compounding"):
        beyond_use_again(DAY, DAY, 180, day_one=True, caps=(Cap("lot", DAY - timedelta(days=1)),), bud_class=CAPSULES)


def test_days_are_counted_one_by_one_to_see_whether_a_supply_fits() -> None:
    assert outlasts_again(date(2026, 6, 30), date(2026, 4, 20), 90) == (72, date(2026, 7, 18))
    assert outlasts_again(date(2026, 6, 30), date(2026, 4, 20), 72) == (72, date(2026, 6, 30))
    assert outlasts_again(date(2026, 4, 19), date(2026, 4, 20), 3) == (0, date(2026, 4, 22))


a_study = st.builds(
    StabilityStudy,
    citation=st.sampled_from(["A", "B"]),
    days=st.integers(1, 400),
    temperature=st.sampled_from([None, ROOM, FRIDGE]),
    stability_indicating=st.booleans(),
    same_formula_and_container=st.booleans(),
    antimicrobial_effectiveness=st.booleans(),
    accelerated=st.booleans(),
    documents=st.sampled_from(["", "binder"]),
)


@given(st.integers(1, 180), st.lists(a_study, max_size=4), st.sampled_from([None, ROOM, FRIDGE]), st.booleans())
def test_whatever_the_studies_the_ceiling_holds_and_both_ways_agree(
    limit: int, studies: list[StabilityStudy], kept: Temperature | None, day_one: bool
) -> None:
    for kind, most in TABLE_4.items():
        bud_class = BeyondUseClass(kind)
        if kept is ROOM and bud_class is BeyondUseClass.NONPRESERVED_AQUEOUS:
            continue
        more = {"studies": tuple(studies), "kept": kept, "bud_class": bud_class, "day_one": day_one}
        answer = beyond_use_date(DAY, most, **more)  # type: ignore[arg-type]
        assert DAY <= answer.date <= DAY + timedelta(days=180 - day_one)
        alone = beyond_use_date(DAY, most, day_one=day_one, bud_class=bud_class)
        if answer.date > alone.date:
            assert any(not shortcoming(one, kept, bud_class) and one.days > most for one in studies)
        if limit < most:
            stricter = beyond_use_date(DAY, limit, **more)  # type: ignore[arg-type]
            assert stricter.date == min(answer.date, DAY + timedelta(days=limit - day_one))
        assert BeyondUse.from_json(answer.to_json()) == answer


def test_a_date_that_was_stored_before_there_was_a_second_way_still_loads() -> None:
    stored = {name: value for name, value in found().to_json().items() if name != "plausibility"}
    assert BeyondUse.from_json(stored).date == found().date


def test_a_day_of_compounding_past_all_calendars_is_refused() -> None:
    with pytest.raises(Impossible) as refused:
        beyond_use_date(date(9999, 1, 1), 180, day_one=True, bud_class=CAPSULES)
    assert refused.value.field == "compounded"


@pytest.mark.parametrize(
    ("limit", "bud_class"), [(0, CAPSULES), (-1, CAPSULES), (181, CAPSULES), (360, CAPSULES), (36, WATERY)]
)
def test_a_limit_wider_than_that_of_the_class_is_refused(limit: int, bud_class: BeyondUseClass) -> None:
    most = TABLE_4[bud_class]
    with pytest.raises(Impossible, match=f"1 to {most} days") as refused:
        found(limit, bud_class)
    assert refused.value.field == "limit"
    assert found(1, bud_class).date == DAY
    with pytest.raises(ChecksDisagree, match="the limit of the class"):
        beyond_use_again(DAY, DAY, limit, day_one=True, bud_class=bud_class)


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
        ("01/2026", date(2026, 1, 31)),
        ("1/0001", date(1, 1, 31)),
    ],
)
def test_a_month_ends_on_its_last_day(text: str, last: date) -> None:
    assert last_day_of_month(text) == last


@pytest.mark.parametrize(
    "text",
    [
        "13/2027",
        "00/2027",
        "06-2027",
        "6/27",
        "June 2027",
        "",
        "06/0000",
        "０６/2027",
        "1/2/2027",
        "006/2027",
        "06/02027",
    ],
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
