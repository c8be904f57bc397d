from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.directions import Directions, Step, When
from pharmacy.domain.errors import CannotBeMeasured, Impossible
from pharmacy.domain.quantity import Concentration, Mass, Volume
from pharmacy.domain.strength import Form
from pharmacy.domain.syringes import (
    GENERAL,
    SYRINGES,
    SyringeFacts,
    choose,
    dose_volume,
    replans,
    suggested,
    syringe,
    syringe_for,
    syringe_steps,
)
from tests.domain.builders import mg

D = Decimal
ONE, FIVE = Concentration(Fraction(1)), Concentration(Fraction(5))


def ml(text: str) -> Volume:
    return Volume.of(text, "mL")


@pytest.mark.parametrize(
    ("dose", "capacity"),
    [
        ("0.05", "0.5"), ("0.5", "0.5"), ("0.51", "1"), ("1", "1"), ("1.1", "3"), ("3", "3"), ("3.2", "5"), ("4.4", "5"),
        ("4.5", "10"), ("5", "5"), ("5.5", "10"), ("10", "10"), ("11", "20"), ("21", "35"), ("36", "60"), ("60", "60"),
    ],
)  # fmt: skip
def test_the_smallest_syringe_with_a_mark_is_suggested(dose: str, capacity: str) -> None:
    found = suggested([ml(dose)])
    assert found is not None
    assert found.capacity == ml(capacity)


@pytest.mark.parametrize("dose", ["0.04", "0.055", "1.15", "3.1", "4.55", "5.1", "10.5", "61", "0"])
def test_a_dose_without_a_mark_has_no_syringe(dose: str) -> None:
    assert suggested([ml(dose)]) is None


def test_one_syringe_measures_every_dose() -> None:
    found = suggested([ml("0.1"), ml("0.9")])
    assert found is not None
    assert found.capacity == ml("1")
    assert suggested([ml("0.5"), ml("4.5")]) is None


def test_of_one_size_the_finer_is_suggested() -> None:
    coarse, fine = syringe("5", "0.5"), syringe("5", "0.1")
    assert suggested([ml("4.5")], (coarse, fine)) is fine
    assert suggested([ml("4.5")], (fine, coarse)) is fine


@given(st.integers(1, 6000).map(lambda hundredth: Volume(Fraction(hundredth, 100))))
def test_whatever_is_suggested_measures_the_dose(dose: Volume) -> None:
    found = suggested([dose])
    if found is not None:
        assert found.least <= dose <= found.capacity
        assert (dose.value / found.graduation.value).denominator == 1


def test_the_usual_syringes_say_that_they_were_not_measured() -> None:
    assert {one.source for one in SYRINGES} == {GENERAL}
    assert [one.least.value * 10 for one in SYRINGES] == [one.capacity.value for one in SYRINGES]
    assert SYRINGES[1].words().replace("\u00a0", " ") == "1 mL oral syringe, marked every 0.01 mL"


@pytest.mark.parametrize(
    ("capacity", "graduation", "least"),
    [("1", "0", "0.1"), ("1", "2", "0.1"), ("1", "0.1", "0"), ("1", "0.1", "1.1"), ("0", "0.1", "0.1")],
)
def test_a_syringe_that_cannot_be_is_refused(capacity: str, graduation: str, least: str) -> None:
    with pytest.raises(Impossible, match="Check capacity"):
        SyringeFacts("odd", ml(capacity), ml(graduation), ml(least))


def test_a_syringe_of_one_mark_is_a_syringe() -> None:
    assert SyringeFacts("cup", ml("5"), ml("5"), ml("5")).measures(ml("5"))


def test_the_refusal_names_the_dose_and_the_concentration_that_could_be_measured() -> None:
    with pytest.raises(CannotBeMeasured) as caught:
        choose([mg("4.55")], ONE, [ONE, FIVE], field="doses")
    assert str(caught.value).replace("\u00a0", " ") == (
        "No oral syringe measures 4.55 mL. Of 5 mg/mL: 0.91 mL in a 1 mL oral syringe could be measured."
    )
    assert caught.value.field == "doses"


def test_doses_too_far_apart_are_named_together() -> None:
    with pytest.raises(CannotBeMeasured) as caught:
        choose([mg("0.5"), mg("0.5"), mg("4.5")], ONE)
    assert str(caught.value).replace("\u00a0", " ") == (
        "No single oral syringe measures 0.5 mL and 4.5 mL; ask for doses that can be measured."
    )


def test_a_dose_and_a_concentration_are_above_0() -> None:
    for doses in ([], [mg("0")], [mg("1"), mg("0")]):
        with pytest.raises(Impossible) as caught:
            choose(doses, ONE, field="doses")
        assert caught.value.field == "doses"
    with pytest.raises(Impossible):
        dose_volume(mg("1"), Concentration(Fraction(0)))


def test_every_concentration_that_can_be_measured_is_offered_once_and_in_order() -> None:
    found = replans([mg("0.5"), mg("4.5")], [FIVE, Concentration(Fraction(10)), ONE, FIVE])
    assert [one.concentration for one in found] == [FIVE, Concentration(Fraction(10))]
    assert found[0].volumes == (ml("0.1"), ml("0.9"))
    assert found[1].syringe == syringe("0.5", "0.01")


def test_directions_of_a_liquid_have_their_syringe() -> None:
    steps = (Step(D("0.1"), When.BEDTIME, 7), Step(D("0.9"), When.BEDTIME))
    assert syringe_for(Directions(Form.LIQUID, steps), FIVE).capacity == ml("1")
    resting = Directions(Form.LIQUID, (Step(D(0), When.BEDTIME, 7), Step(D(5), When.BEDTIME, 7)), by_days=True)
    assert syringe_for(resting, FIVE).capacity == ml("5"), "days of rest are not measured"
    with pytest.raises(CannotBeMeasured):
        syringe_for(Directions(Form.LIQUID, (Step(D("0.255"), When.BEDTIME),)), ONE, [ONE, FIVE])
    with pytest.raises(Impossible, match="not measured in a syringe"):
        syringe_for(Directions(Form.CAPSULE, (Step(D(1), When.BEDTIME),)), ONE)


@given(st.integers(1, 90).map(lambda tenth: Mass(Fraction(tenth, 20))), st.sampled_from([ONE, FIVE]))
def test_the_marks_of_the_worksheet_make_the_dose(dose: Mass, concentration: Concentration) -> None:
    try:
        chosen = choose([dose], concentration)
    except CannotBeMeasured:
        return
    first, last = syringe_steps([dose], concentration, chosen)
    marks = int(first.note.split(" ")[0])
    assert marks * chosen.graduation.value * concentration.value == dose.value
    assert last.result == chosen.name
