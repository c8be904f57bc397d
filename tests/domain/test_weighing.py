from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmacy.domain.balance import BalanceFacts, minimum_weighable
from pharmacy.domain.errors import CannotBeWeighed, DoesNotFit, Impossible
from pharmacy.domain.quantity import NBSP, Mass
from pharmacy.domain.routes import Aliquot, Direct, FromTrituration
from pharmacy.domain.weighing import aliquot, limits, plan_weighing, unit_for, weigh
from tests.domain.builders import balance, mg

ONE = Fraction(1)
ROOM = mg("3900")


def test_a_mass_at_the_minimum_is_weighed_directly() -> None:
    assert plan_weighing(mg("120"), ONE, balance(), diluent_room=ROOM) == Direct(mg("120"))


def test_a_mass_that_only_rounds_up_to_the_minimum_is_not_weighed_directly() -> None:
    assert isinstance(plan_weighing(mg("119.98"), ONE, balance(), diluent_room=ROOM), Aliquot)


def test_a_mass_whose_target_rounds_below_the_minimum_is_not_weighed_directly() -> None:
    uneven = balance(sensitivity="6.002")  # minimum 120.04 mg, which the balance shows as 120.0
    assert isinstance(plan_weighing(mg("120.045"), ONE, uneven, diluent_room=ROOM), Aliquot)


def test_a_trituration_stands_in_for_too_little_powder() -> None:
    found = plan_weighing(mg("20"), Fraction(9, 10), balance(), diluent_room=ROOM, trituration=Fraction(1, 10))
    assert found == FromTrituration(mg("180"), Fraction(1, 10))


def test_a_trituration_is_left_alone_when_the_powder_can_be_weighed() -> None:
    found = plan_weighing(mg("200"), ONE, balance(), diluent_room=ROOM, trituration=Fraction(1, 10))
    assert found == Direct(mg("200"))


def test_a_trituration_that_is_itself_too_little_gives_way_to_an_aliquot() -> None:
    found = plan_weighing(mg("5"), ONE, balance(), diluent_room=ROOM, trituration=Fraction(1, 10))
    assert isinstance(found, Aliquot)


def test_a_refusal_names_the_balance_and_the_least_it_can_weigh() -> None:
    with pytest.raises(CannotBeWeighed, match=f"B-1.*120{NBSP}mg"):
        plan_weighing(mg("15"), ONE, balance(), diluent_room=mg("60"))


def test_more_than_the_capacity_does_not_fit() -> None:
    with pytest.raises(DoesNotFit, match="capacity"):
        plan_weighing(mg("120001"), ONE, balance(), diluent_room=ROOM)
    with pytest.raises(DoesNotFit, match="capacity"):
        weigh(mg("120001"), balance(), "Filler")
    with pytest.raises(CannotBeWeighed, match="Filler"):
        weigh(mg("119"), balance(), "Filler")


@pytest.mark.parametrize("needed", ["0", "0.000"])
def test_nothing_cannot_be_weighed(needed: str) -> None:
    with pytest.raises(Impossible):
        plan_weighing(mg(needed), ONE, balance(), diluent_room=ROOM)


def test_two_errors_of_four_per_cent_are_more_than_five() -> None:
    found = aliquot(mg("15"), balance(), ROOM)
    assert found is not None
    assert (found.weigh, found.take) != (mg("150"), mg("150"))
    assert _error_squared(found, balance()) <= Fraction(25)


def _error_squared(found: Aliquot, scale: BalanceFacts) -> Fraction:
    demand = scale.sensitivity_requirement
    return sum(((demand.ratio(one) * 100) ** 2 for one in (found.weigh, found.take)), Fraction(0))


balances = st.builds(
    balance,
    sensitivity=st.sampled_from(["6", "1", "10", "0.5", "2.5", "6.002"]),
    error=st.sampled_from(["5", "3", "1", "2.5"]),
    readability=st.sampled_from(["0.1", "1", "0.01", "10"]),
    capacity=st.sampled_from(["120000", "20000", "3000000"]),
)


@settings(max_examples=300, deadline=None)
@given(
    balances,
    st.fractions(Fraction(1, 100), 2000, max_denominator=9999),
    st.integers(0, 50_000),
    st.sampled_from([None, Fraction(1, 10), Fraction(1, 100), Fraction(97, 1000)]),
)
def test_no_plan_weighs_below_the_minimum_or_past_its_limits(
    scale: BalanceFacts, need: Fraction, room: int, trituration: Fraction | None
) -> None:
    wanted, space, least = Mass(need), Mass(Fraction(room)), minimum_weighable(scale)
    try:
        found = plan_weighing(wanted, ONE, scale, diluent_room=space, trituration=trituration)
    except CannotBeWeighed:
        found = None
    if found is None:
        assert wanted < least + scale.readability
        return
    if isinstance(found, Aliquot):
        weighed = (found.weigh, found.diluent, found.take)
        assert _error_squared(found, scale) <= Fraction(scale.accepted_error) ** 2
        assert found.take <= found.total <= scale.capacity
        assert found.take - wanted <= space
        # T is rounded to a whole step: the drug carried is off by no more than half a step of T.
        slack = wanted.times(scale.readability.ratio(found.total)).over(2).value
        assert abs(found.carried.value - need) <= slack * (1 + slack / need * 2)
    else:
        weighed = (found.target,)
        carried = found.target.times(found.fraction) if isinstance(found, FromTrituration) else found.target
        assert abs(carried.value - need) <= scale.readability.value / 2
    for one in weighed:
        assert least <= one <= scale.capacity
        assert (one.value / scale.readability.value).denominator == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(10, 119), st.integers(200, 4000), st.sampled_from([12_000, 3_000, 120_000]))
def test_no_other_aliquot_wastes_less_drug(need: int, room: int, top: int) -> None:
    coarse = balance(readability="10", capacity=str(top))
    found = aliquot(mg(str(need)), coarse, mg(str(room)))
    least, best = 120, None
    for weighed in range(120, 600, 10):
        for taken in range(120, min(room + need, need * 100, top) + 1, 10):
            total = round(Fraction(weighed * taken, need) / 10) * 10
            good = Fraction(1, weighed**2) + Fraction(1, taken**2) <= Fraction(1, least**2)
            if good and total <= top and total - weighed >= least and taken <= total:
                best = weighed
                break
        if best:
            break
    assert (None if found is None else int(found.weigh.value)) == best


def test_limits_are_readable_and_inside_the_tolerance() -> None:
    assert limits(mg("523.4"), Decimal(5), mg("0.1")) == (mg("497.3"), mg("549.5"))


def test_limits_are_never_narrower_than_one_step() -> None:
    assert limits(mg("10"), Decimal(1), mg("1")) == (mg("9"), mg("11"))
    assert limits(mg("0.5"), Decimal(0), mg("1")) == (mg("0"), mg("1.5"))


@given(st.integers(1, 10**6), st.integers(0, 10))
def test_limits_hold_the_target(steps: int, percent: int) -> None:
    step, target = mg("0.1"), mg("0.1").times(steps)
    low, high = limits(target, percent, step)
    assert low < target < high
    assert high.value <= max(target.value * (1 + Fraction(percent, 100)), target.value + step.value)


def test_grams_begin_at_one_gram() -> None:
    assert (unit_for(mg("999.9")), unit_for(mg("1000"))) == ("mg", "g")
