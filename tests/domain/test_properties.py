"""What holds of every plan: it scales, it loses no drug, it comes back from the record, it never worsens with a finer balance,
and what it shows is never a false 0, an exponent, an idle zero or a bare point.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pharmacy.domain import problems
from pharmacy.domain.balance import BalanceFacts, minimum_weighable
from pharmacy.domain.certificate import Basis, Certificate
from pharmacy.domain.errors import CalculationRefused, CannotBeWeighed
from pharmacy.domain.plan import CapsulePlan, LiquidPlan, TriturationPlan, all_weighings, plan_from_json
from pharmacy.domain.planner import plan_weighing
from pharmacy.domain.potency import potency
from pharmacy.domain.problems.file import differences, read
from pharmacy.domain.quantity import Mass
from pharmacy.domain.routes import Aliquot, Direct
from pharmacy.domain.worksheet import Worksheet
from tests.domain.builders import DRUG, balance, lot, planned_capsules, trituration_lot
from tests.domain.sheets import EXAMPLES
from tests.domain.test_preparations import bottle, powder

Plan = CapsulePlan | LiquidPlan | TriturationPlan
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})*)(?:\.[0-9]+)?")
FALSE = re.compile(r"[0-9][eE][-+]?[0-9]|(?<![0-9])\.[0-9]|[0-9]\.(?![0-9])|\bnan\b|\binf(?:inity)?\b|[0-9]+/[0-9]+")

strengths = st.sampled_from(["0.1", "0.5", "1", "1.5", "3", "4.5"])
excesses = st.sampled_from(["0", "2.5", "5", "10"])
scales = st.builds(
    balance,
    sensitivity=st.sampled_from(["6", "1", "0.5", "0.1"]),
    readability=st.sampled_from(["0.1", "1", "0.01"]),
)
at_hand = st.sampled_from([None, trituration_lot(), trituration_lot(Fraction(1, 100))])
capsule_plans = st.builds(planned_capsules, strengths, st.integers(1, 1000), excesses, scales, at_hand)
liquid_plans = st.builds(
    bottle, st.integers(20, 240).map(str), excesses, st.sampled_from(["1", "5", "0.5"]), st.sampled_from(["0.5", "1"])
)
triturations = st.builds(powder, st.integers(2, 500).map(str), balance=scales)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    try:
        return draw(st.one_of(capsule_plans, liquid_plans, triturations))  # type: ignore[arg-type]
    except CalculationRefused:
        assume(False)
        raise


def shown(worksheet: Worksheet, kept: frozenset[str] | None = None) -> None:
    """Every number of every step is one that nobody can misread; `kept` are readings with their balance's decimals, where
    they are known; what an aliquot is diluted to is the sum of two.
    """
    for step in worksheet.steps:
        what = f"{step.name}: {step.result} from {step.numbers}"
        for text in (step.result, step.numbers):
            assert not FALSE.search(text.replace("w/w", "").replace("mg/mL", "")) or step.unit == "", what
        if NUMBER.fullmatch(step.result):
            idle = "." in step.result and step.result.endswith("0")
            assert not idle or kept is None or step.result in kept or step.name == "Dilute to", what
            assert step.result.strip("0.,-") or step.result == "0", f"{what}: zeros are no number"


@settings(max_examples=150)
@given(plans())
def test_what_a_plan_shows_cannot_be_misread_and_it_comes_back_from_the_record(plan: Plan) -> None:
    readings = frozenset(line.text(line.target).split("\u00a0")[0] for line in all_weighings(plan))
    shown(plan.worksheet, readings | {line.text(line.target) for line in all_weighings(plan)})
    zeros = [step.name for step in plan.worksheet.steps if step.result == "0"]
    assert not [name for name in zeros if not name.startswith(("Vehicle", "Geometric"))], "nothing that is weighed is 0"
    assert plan_from_json(plan.to_json()) == plan


@settings(max_examples=100)
@given(plans())
def test_nothing_is_weighed_below_the_minimum_of_its_balance(plan: Plan) -> None:
    for line in all_weighings(plan):
        assert line.target.value > 0
        assert line.low <= line.target <= line.high  # type: ignore[operator]
        assert (line.target.value / line.readability.value).denominator == 1


@settings(max_examples=60)
@given(plans())
def test_the_drug_that_goes_in_is_the_drug_that_is_meant(plan: Plan) -> None:
    """Rounded targets times their potency: off by what one step of the balance holds, and an aliquot's by its rounding."""
    step = max(line.readability.value for line in plan.weighings if isinstance(line.target, Mass))
    if not isinstance(plan, LiquidPlan) and not isinstance(getattr(plan, "route", Direct(Mass(Fraction(1)))), Aliquot):
        drug = next(line.target.value for line in plan.weighings if line.key == "drug")
        assert abs(drug * plan.potency - plan.drug.value) <= step / 2
    if isinstance(plan, TriturationPlan):
        lines = sum((line.target.value for line in plan.weighings), Fraction(0))
        assert abs(lines - plan.total.value) <= step / 2 * len(plan.weighings)


@settings(max_examples=60)
@given(st.integers(2, 12), st.sampled_from(["1", "5"]))
def test_twice_the_liquid_holds_twice_the_drug_and_twice_the_trituration_too(amount: int, concentration: str) -> None:
    try:
        one, two = (bottle(str(many * 10), "0", concentration, "0.5") for many in (amount, amount * 2))
    except CalculationRefused:
        assume(False)
        raise
    assert two.drug.ratio(one.drug) == two.made.ratio(one.made)
    single, double = powder(str(amount)), powder(str(amount * 2))
    assert double.drug == single.drug.times(2)


@given(
    st.decimals(80, 102, places=1), st.decimals("0.1", 5, places=1), st.integers(20, 200), st.sampled_from(["3", "4.5"])
)
def test_a_stronger_lot_is_weighed_in_less(assay: Decimal, more: Decimal, count: int, strength: str) -> None:
    assume(assay + more <= 102)
    weak, strong = (replace(lot(DRUG), certificate=Certificate(one, Basis.AS_IS)) for one in (assay, assay + more))
    assert weak.certificate is not None
    assert strong.certificate is not None
    need = Mass(Fraction(strength) * count)
    assert need.over(potency(strong.certificate)) < need.over(potency(weak.certificate))


@settings(max_examples=200)
@given(
    st.fractions(Fraction(1, 2), 400, max_denominator=50),
    st.sampled_from(["6", "3", "1"]),
    st.integers(1, 100),
    st.integers(500, 20_000),
)
def test_a_finer_balance_never_makes_a_worse_plan(need: Fraction, sensitivity: str, percent: int, room: int) -> None:
    """Of two with the same display, the one that is surer can do all that the other can, and wastes no more drug."""
    coarse = balance(sensitivity, readability="0.1")
    finer = balance(str(max(Decimal(sensitivity) * percent / 100, Decimal("0.1"))), readability="0.1")
    assert minimum_weighable(finer) <= minimum_weighable(coarse)

    def weighed(scale: BalanceFacts) -> tuple[int, Mass] | None:
        try:
            route = plan_weighing(Mass(need), Fraction(1), scale, diluent_room=Mass(Fraction(room)))
        except CannotBeWeighed:
            return None
        return (2, route.weigh) if isinstance(route, Aliquot) else (1, route.target)

    one, other = weighed(coarse), weighed(finer)
    if one is not None:
        assert other is not None, "the coarser balance can, and this one cannot"
        assert other[0] <= one[0], "more weighings"
        assert other[1] <= one[1], "more drug"


def _examples() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in problems.PROBLEMS}
    for path in sorted(EXAMPLES.glob("*.toml")):
        for one in read(path.read_text("utf-8")):
            if "answer" in one:
                found[one["solve"]].append(one)
    return found


EXAMPLES_OF = _examples()


@pytest.mark.parametrize("kind", sorted(problems.PROBLEMS))
def test_the_worksheets_of_the_worked_examples_cannot_be_misread_and_agree_with_their_own_file(kind: str) -> None:
    for one in EXAMPLES_OF[kind]:
        solved = problems.solve(kind, one["given"])
        shown(solved.worksheet)
        results = {answer.name: answer.value for answer in solved.results}
        assert differences({**one, "answer": results, "within": {}}) == ()
