from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmacy.domain import problems
from pharmacy.domain.aliquots import aliquot
from pharmacy.domain.balance import BalanceFacts, MinimumRule, minimum_weighable, uncertainty
from pharmacy.domain.errors import CannotBeWeighed, DoesNotFit, Impossible
from pharmacy.domain.planner import able_balances, from_stock, plan_weighing, serial
from pharmacy.domain.quantity import NBSP, Mass
from pharmacy.domain.routes import Aliquot, Direct, FromTrituration, Serial, StockFacts
from pharmacy.domain.weighing import below_text, limits, unit_for, weigh
from tests.domain.builders import balance, mg
from tests.domain.sheets import examples

ONE = Fraction(1)
ROOM = mg("3900")
STOCK = StockFacts(Fraction(1, 10), Decimal("0.6"))


def test_a_mass_at_the_minimum_is_weighed_directly() -> None:
    assert plan_weighing(mg("120"), ONE, balance(), diluent_room=ROOM) == Direct(mg("120"))


def test_a_mass_that_only_rounds_up_to_the_minimum_is_not_weighed_directly() -> None:
    assert isinstance(plan_weighing(mg("119.98"), ONE, balance(), diluent_room=ROOM), Aliquot)


def test_a_mass_whose_target_rounds_below_the_minimum_is_not_weighed_directly() -> None:
    uneven = balance(sensitivity="6.002")  # minimum 120.04 mg, which the balance shows as 120.0
    assert isinstance(plan_weighing(mg("120.045"), ONE, uneven, diluent_room=ROOM), Aliquot)


def test_what_rounds_below_the_minimum_is_refused_in_words_that_are_true() -> None:
    uneven = balance(sensitivity="6.002")
    with pytest.raises(
        CannotBeWeighed, match=f"120.0{NBSP}mg, as the balance shows 120.045{NBSP}mg, is below 120.04{NBSP}mg"
    ):
        weigh(mg("120.045"), uneven, "Silica")
    with pytest.raises(CannotBeWeighed, match=f"^Silica: 119{NBSP}mg is below"):
        weigh(mg("119"), uneven, "Silica")


def test_a_trituration_stands_in_for_too_little_powder() -> None:
    found = plan_weighing(mg("20"), Fraction(9, 10), balance(), diluent_room=ROOM, trituration=STOCK)
    assert found == FromTrituration(mg("180"), Fraction(1, 10))


def test_a_trituration_is_left_alone_when_the_powder_can_be_weighed() -> None:
    found = plan_weighing(mg("200"), ONE, balance(), diluent_room=ROOM, trituration=STOCK)
    assert found == Direct(mg("200"))


def test_a_trituration_that_is_itself_too_little_gives_way_to_an_aliquot() -> None:
    found = plan_weighing(mg("5"), ONE, balance(), diluent_room=mg("400"), trituration=StockFacts(Fraction(1, 10), 4))
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
    demand = uncertainty(scale)
    return sum(((demand.ratio(one) * 100) ** 2 for one in (found.weigh, found.take)), Fraction(0))


def usp41(repeatability: str, readability: str = "0.1") -> BalanceFacts:
    return replace(
        balance(readability=readability, sensitivity="1"), rule=MinimumRule.USP41, repeatability=mg(repeatability)
    )


balances = st.one_of(
    st.builds(usp41, st.sampled_from(["0.03", "0.12", "0.5"])),
    st.builds(
        balance,
        sensitivity=st.sampled_from(["6", "1", "10", "0.5", "2.5", "6.002"]),
        error=st.sampled_from(["5", "3", "1", "2.5"]),
        readability=st.sampled_from(["0.1", "0.5", "0.01", "0.05"]),
        capacity=st.sampled_from(["120000", "20000", "3000000"]),
    ),
    st.builds(balance, sensitivity=st.sampled_from(["10", "20"]), readability=st.sampled_from(["1", "10"])),
)


@settings(max_examples=300, deadline=None)
@given(
    balances,
    st.fractions(Fraction(1, 100), 2000, max_denominator=9999),
    st.integers(0, 50_000),
    st.sampled_from(
        [None, *(StockFacts(one, Decimal("0.6")) for one in (STOCK.fraction, Fraction(1, 100), Fraction(97, 1000)))]
    ),
    st.sampled_from(["5", "3", "7.5"]),
)
def test_no_plan_weighs_below_the_minimum_or_past_its_limits(
    scale: BalanceFacts, need: Fraction, room: int, trituration: StockFacts | None, limit: str
) -> None:
    wanted, space, least = Mass(need), Mass(Fraction(room)), minimum_weighable(scale)
    alone = max(least, uncertainty(scale).times(100).over(Decimal(limit)))
    try:
        found = plan_weighing(
            wanted, ONE, scale, diluent_room=space, trituration=trituration, limit_percent=Decimal(limit)
        )
    except CannotBeWeighed:
        found = None
    if found is None:
        assert wanted < alone + scale.readability
        return
    if isinstance(found, Aliquot):
        weighed = (found.weigh, found.diluent, found.take)
        assert _error_squared(found, scale) <= Fraction(limit) ** 2
        assert found.take <= found.total <= scale.capacity
        assert found.take - wanted <= space
        # T is rounded to a whole step: the drug carried is off by no more than half a step of T.
        slack = wanted.times(scale.readability.ratio(found.total)).over(2).value
        drug = found.carried.value * (found.stock or 1)
        assert abs(drug - need) <= slack * (1 + slack / need * 2)
    else:
        weighed = (found.target,)
        carried = found.target.times(found.fraction) if isinstance(found, FromTrituration) else found.target
        assert abs(carried.value - need) <= scale.readability.value / 2
        own = Fraction(trituration.error) if isinstance(found, FromTrituration) and trituration else Fraction(0)
        whole = (uncertainty(scale).ratio(found.target) * 100) ** 2 + own**2
        assert whole <= Fraction(limit) ** 2 * (1 + scale.readability.ratio(found.target)) ** 2
    for one in weighed:
        assert least <= one <= scale.capacity
        assert (one.value / scale.readability.value).denominator == 1


@settings(max_examples=80, deadline=None)
@given(
    st.integers(10, 119),
    st.integers(200, 4000),
    st.sampled_from([12_000, 3_000, 120_000]),
    st.sampled_from(["10", "5", "2.5", "8"]),
    st.sampled_from(["5", "3", "8"]),
)
def test_no_other_aliquot_wastes_less_drug(need: int, room: int, top: int, error: str, limit: str) -> None:
    coarse = balance("10", readability="10", capacity=str(top), error=error)
    found = aliquot(mg(str(need)), coarse, mg(str(room)), limit_percent=Decimal(limit))
    least, single, best = 1000 / Fraction(error), 1000 / Fraction(limit), None
    first = int(-(-least // 10) * 10)
    for weighed in range(max(first, -(-need // 10) * 10), 6000, 10):  # no part holds more drug than was weighed
        for taken in range(first, min(room + need, need * 100, top) + 1, 10):
            total = round(Fraction(weighed * taken, need) / 10) * 10
            good = Fraction(1, weighed**2) + Fraction(1, taken**2) <= 1 / single**2
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


def test_a_drug_that_one_weighing_would_bring_with_more_error_than_the_plan_may_have_is_not_weighed_directly() -> None:
    coarse = balance(error="10")  # minimum 60 mg, but 5 % of 120 mg is 6 mg
    assert plan_weighing(mg("120"), ONE, coarse, diluent_room=ROOM) == Direct(mg("120"))
    assert isinstance(plan_weighing(mg("119.9"), ONE, coarse, diluent_room=ROOM), Aliquot)
    assert plan_weighing(mg("60"), ONE, coarse, diluent_room=ROOM, limit_percent=10) == Direct(mg("60"))


def test_a_trituration_counts_with_the_error_of_its_own_making() -> None:
    """6 ÷ 150 = 4 %, and 3 %: together exactly 5 %."""
    stock = StockFacts(Fraction(1, 10), Decimal(3))
    found = plan_weighing(mg("15"), ONE, balance(), diluent_room=ROOM, trituration=stock)
    assert found == FromTrituration(mg("150"), Fraction(1, 10))
    worse = StockFacts(Fraction(1, 10), Decimal("3.01"))
    assert isinstance(plan_weighing(mg("15"), ONE, balance(), diluent_room=ROOM, trituration=worse), Aliquot)
    with pytest.raises(CannotBeWeighed, match=r"3\.01 % of its own making"):
        from_stock(mg("150"), worse, balance(), 5, "Stock")
    assert from_stock(mg("150"), stock, balance(), 5, "Stock") == FromTrituration(mg("150"), Fraction(1, 10))


def test_usp_41_asks_for_far_more_than_the_classic_rule() -> None:
    fine = usp41("0.12")
    assert plan_weighing(mg("240"), ONE, fine, diluent_room=ROOM) == Direct(mg("240"))
    assert isinstance(plan_weighing(mg("239.9"), ONE, fine, diluent_room=mg("20000")), Aliquot)


def test_a_serial_dilution_goes_on_from_a_stock_trituration() -> None:
    """Of 1.5 mg no aliquot can be taken within 1 in 100 of so little room; 1 in 10 of it, 15 mg, can."""
    need, room = mg("0.6"), mg("3900")
    assert aliquot(need, balance(), room) is None
    found = serial(need, ONE, balance(), room)
    assert found == Serial(10, mg("169.8"), mg("1528.2"), found.route) if found else False
    assert isinstance(found.route, Aliquot)
    assert found.route.stock == Fraction(1, 10)
    errors = [Fraction(6) / one.value for one in (found.weigh, found.route.weigh, found.route.take)]
    assert sum(one**2 for one in errors) <= Fraction(1, 400)
    drug = found.route.carried.over(10)
    assert abs(drug.value - need.value) < Fraction(1, 1000)


def test_the_stock_of_a_serial_dilution_is_made_by_the_potency_of_the_drug() -> None:
    found = serial(mg("0.6"), Fraction(9, 10), balance(), ROOM)
    assert found is not None
    assert (found.weigh, found.diluent, found.total) == (mg("169.8"), mg("1358.4"), mg("1528.2"))


def test_a_stock_that_can_be_weighed_directly_is_taken_directly() -> None:
    found = serial(mg("20"), ONE, balance(), mg("180"))
    assert found is not None
    assert found.route == FromTrituration(mg("200"), Fraction(1, 10))
    assert serial(mg("20"), ONE, balance(), mg("179.9")) is None


def test_a_stock_is_made_large_enough_to_take_from() -> None:
    found = serial(mg("200"), ONE, balance(), mg("199000"))
    assert found is not None
    assert found.route == FromTrituration(mg("2000"), Fraction(1, 10))
    assert (found.weigh, found.diluent) == (mg("339.6"), mg("3056.4"))


def test_a_trituration_at_hand_that_is_too_little_is_taken_by_aliquot() -> None:
    """Less drug is wasted than by an aliquot of the powder."""
    found = plan_weighing(mg("5"), ONE, balance(), diluent_room=ROOM, trituration=STOCK)
    assert isinstance(found, Aliquot)
    assert found.stock == Fraction(1, 10)
    assert abs(found.carried.value - 50) < Fraction(1, 100)
    squares = sum((Fraction(6) / one.value) ** 2 for one in (found.weigh, found.take)) + Fraction(6, 1000) ** 2
    assert squares <= Fraction(1, 400)
    assert found.take - mg("5") <= ROOM


def test_no_aliquot_is_taken_of_a_trituration_that_has_the_whole_error_itself() -> None:
    bad = StockFacts(Fraction(1, 10), Decimal(5))
    found = plan_weighing(mg("5"), ONE, balance(), diluent_room=ROOM, trituration=bad)
    assert isinstance(found, Aliquot)
    assert found.stock is None


def test_a_refusal_names_the_stock_trituration_and_the_other_balance_that_would_do() -> None:
    fine = replace(balance(sensitivity="0.01", readability="0.001"), name="Fine")
    with pytest.raises(CannotBeWeighed) as refused:
        plan_weighing(mg("0.6"), ONE, balance(), diluent_room=ROOM, others=(balance(error="6"), fine))
    said = str(refused.value).replace(NBSP, " ")
    assert "The batch needs 0.6 mg of drug" in said
    assert (
        "first make a stock trituration 1 in 10 as a lot of its own (169.8 mg of drug and 1.5282 g of filler)" in said
    )
    assert "then plan this batch with it, or use balance Fine, or make a larger batch" in said


def test_a_refusal_without_a_way_out_says_what_is_needed() -> None:
    with pytest.raises(CannotBeWeighed, match="use a finer balance or make a larger batch"):
        plan_weighing(mg("0.01"), ONE, balance(), diluent_room=ROOM)


def test_balances_that_weigh_directly_are_named_before_those_that_need_an_aliquot() -> None:
    fine = replace(balance(sensitivity="0.1", readability="0.01"), name="Fine")
    middle = replace(balance(sensitivity="2"), name="Middle")
    small = replace(balance(capacity="120"), name="Small")
    assert able_balances(mg("15"), (middle, fine, small), ROOM) == ("Fine", "Middle")


def test_a_mass_that_only_the_display_puts_below_the_minimum_is_said_as_the_display_shows_it() -> None:
    scale = balance(sensitivity="6.001")  # a minimum of 120.02 mg
    assert below_text(mg("120.03"), scale, mg("120.02")) == f"120{NBSP}mg < 120.02{NBSP}mg"
    assert below_text(mg("120.0199"), scale, mg("120.02")) == f"120.0199{NBSP}mg < 120.02{NBSP}mg"


def test_a_trituration_is_refused_whose_drug_would_be_weighed_less_exactly_than_its_limit() -> None:
    given = {"parts": 10, "total": "0.998 g", "assay": "100 %", "basis": "as is", "readability": "0.1 mg"}
    given |= {"sensitivity_requirement": "5 mg", "accepted_error": "10 %"}
    with pytest.raises(CannotBeWeighed, match=r"99.8.mg is below 100.mg, the least that balance .* weighs within 5 %"):
        problems.solve("trituration", given)
    problems.solve("trituration", given | {"total": "1 g"})


def test_no_liquid_aliquot_is_planned_of_what_can_be_weighed_directly() -> None:
    given = {"needed": "120 mg", "solubility": "100 mg/mL", "room": "100 mL", "readability": "0.1 mg"}
    given |= {"sensitivity_requirement": "6 mg", "accepted_error": "5 %"}
    example = next(one["given"] for one in examples().values() if one["solve"] == "liquid-aliquot-plan")
    with pytest.raises(Impossible, match="can be weighed directly") as refusal:
        problems.solve("liquid-aliquot-plan", {**example, **given})
    assert refusal.value.field == "needed"
