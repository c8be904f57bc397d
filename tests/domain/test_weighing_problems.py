"""Problems of weighing little, and of the capsules made of it: what no mixture, trituration or shell can be is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from pharmacy.domain import problems
from pharmacy.domain.errors import CalculationRefused, ChecksDisagree, Impossible
from pharmacy.domain.problems import PROBLEMS, Given
from pharmacy.domain.routes import Aliquot, FromTrituration
from pharmacy.domain.second_check.weighing import aliquot_again, route_again
from pharmacy.domain.shells import CHART_SOURCE
from pharmacy.domain.worksheet import OWN, WorksheetStep
from tests.domain.builders import mg
from tests.domain.sheets import examples

PLAN = {"need": "20 mg", "readability": "0.1 mg", "sensitivity_requirement": "6 mg", "capacity": "120 g"}


def solved(kind: str, given: Mapping[str, object]) -> dict[str, str]:
    return {one.name: one.value for one in problems.solve(kind, given).results}


# --- the aliquot by hand --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("need", "weigh", "take"),
    [("150 mg", "151 mg", "3 mg"), ("100 mg", "151 mg", "50 mg"), ("150 mg", "150 mg", "149.9999 mg")],
)
def test_no_part_of_a_mixture_holds_more_drug_than_it_weighs(need: str, weigh: str, take: str) -> None:
    with pytest.raises(
        Impossible, match=f"cannot hold {need.replace(' ', chr(160))} of drug: take at least that"
    ) as refused:
        problems.solve("aliquot", {"need": need, "weigh": weigh, "take": take})
    assert refused.value.field == "take"


def test_a_part_that_is_all_drug_takes_no_diluent() -> None:
    given = {"need": "150 mg", "weigh": "151 mg", "take": "150 mg", "minimum": "120 mg"}
    assert solved("aliquot", given) == {"total": "151 mg", "diluent": "0 mg"}


def test_a_diluent_below_the_least_that_can_be_weighed_is_refused() -> None:
    given = {"need": "150 mg", "weigh": "151 mg", "minimum": "120 mg"}
    with pytest.raises(Impossible, match=r"diluent would be 23\.1533.mg, below 120.mg") as refused:
        problems.solve("aliquot", {**given, "take": "173 mg"})
    assert refused.value.field == "take"
    assert solved("aliquot", {"need": "60 mg", "weigh": "120 mg", "take": "120 mg", "minimum": "120 mg"}) == {
        "total": "240 mg",
        "diluent": "120 mg",
    }
    with pytest.raises(Impossible, match="below 120"):
        problems.solve("aliquot", {"need": "60 mg", "weigh": "120 mg", "take": "119.9999 mg", "minimum": "120 mg"})


@pytest.mark.parametrize(
    ("masses", "least"),
    [
        (("150", "151", "3", "-147.98"), None),
        (("0", "151", "0", "0"), None),
        (("60", "120", "119.5", "119"), "120"),
        (("60", "119", "120", "119"), "119.5"),
        (("60", "120", "119", "118"), "119"),
    ],
)
def test_the_second_way_takes_no_aliquot_that_cannot_be_weighed(masses: tuple[str, ...], least: str | None) -> None:
    need, weighed, taken, diluent = (mg("0") - mg(one[1:]) if one.startswith("-") else mg(one) for one in masses)
    with pytest.raises(ChecksDisagree):
        aliquot_again(need, weighed, taken, diluent, None if least is None else mg(least))


def test_the_second_way_takes_what_is_just_heavy_enough_and_no_diluent_at_all() -> None:
    aliquot_again(mg("60"), mg("120"), mg("120"), mg("120"), mg("120"))
    aliquot_again(mg("120"), mg("120"), mg("120"), mg("0"), mg("120"))


# --- stock triturations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fraction", ["3/2", "1", "5", "1000001", "10/10"])
@pytest.mark.parametrize("kind", ["weighing-plan", "capsules", "trituration"])
def test_a_trituration_of_nothing_but_drug_is_none(kind: str, fraction: str) -> None:
    with pytest.raises(Impossible, match="less than all drug: write it below 1") as refused:
        problems.solve(kind, {**given_of(kind), "trituration": fraction})
    assert refused.value.field == "trituration"


def given_of(kind: str) -> dict[str, object]:
    if kind == "weighing-plan":
        return dict(PLAN)
    if kind == "trituration":
        return {"parts": 100, "total": "20 g", "readability": "0.1 mg", "sensitivity_requirement": "6 mg"}
    return dict(
        next(one["given"] for one in examples().values() if one["solve"] == kind and "trituration" in one["given"])
    )


@pytest.mark.parametrize("kind", ["weighing-plan", "capsules", "trituration"])
@pytest.mark.parametrize("error", ["250 %", "100 %"])
def test_a_trituration_that_is_off_by_all_of_it_is_refused(kind: str, error: str) -> None:
    with pytest.raises(Impossible, match="from 0 % to below 100 %") as refused:
        problems.solve(kind, {**given_of(kind), "trituration": "1/10", "trituration_error": error})
    assert refused.value.field == "trituration_error"


@pytest.mark.parametrize("kind", ["weighing-plan", "capsules"])
def test_a_trituration_that_the_limit_of_the_plan_leaves_no_room_for_is_not_passed_over_in_silence(kind: str) -> None:
    given = {**given_of(kind), "trituration": "1/10"}
    with pytest.raises(
        Impossible, match="off by 5 % cannot be weighed within 5 %: leave the trituration out"
    ) as refused:
        problems.solve(kind, {**given, "trituration_error": "5 %"})
    assert refused.value.field == "trituration_error"
    problems.solve(kind, {**given, "trituration_error": "4.99 %"})
    with pytest.raises(Impossible, match=r"taken to be off by 3 %.*write the error of its making") as refused:
        problems.solve(
            kind, {**{name: one for name, one in given.items() if name != "trituration_error"}, "limit": "3 %"}
        )
    assert refused.value.field == "trituration"


def test_the_second_way_takes_no_trituration_of_nothing_but_drug() -> None:
    rest = (mg("0.1"), mg("1"), Fraction(1, 100))
    with pytest.raises(ChecksDisagree, match="the drug in the trituration"):
        route_again(mg("150"), Fraction(1), FromTrituration(mg("150"), Fraction(1)), *rest)
    with pytest.raises(ChecksDisagree, match="the drug in the trituration"):
        route_again(mg("60"), Fraction(1), Aliquot(mg("40"), mg("40"), mg("80"), Fraction(3, 2)), *rest)


def test_the_second_way_asks_for_the_trituration_that_was_given() -> None:
    kind, given = PROBLEMS["weighing-plan"], {**PLAN, "trituration": "1/10"}
    solution = kind.first(Given(given))
    kind.second(Given(given), solution)
    with pytest.raises(ChecksDisagree, match="the drug in the trituration"):
        kind.second(Given({**given, "trituration": "1/11"}), solution)


# --- the empty shell ------------------------------------------------------------------------------------------------------


def gross_of(given: Mapping[str, object]) -> WorksheetStep:
    return next(one for one in problems.solve("capsules", given).worksheet.steps if one.name.startswith("Gross mass"))


def test_a_shell_that_nobody_weighed_is_the_charts_and_is_called_so() -> None:
    given = given_of("capsules")
    del given["shell_mass"]
    step = gross_of({**given, "size": "00"})
    assert step.numbers.endswith("+ 118\u00a0mg")
    assert (step.source, step.note) == (CHART_SOURCE, "empty size 00 shell by the chart: weigh ten of your own lot")
    assert gross_of({**given, "size": "3"}).numbers.endswith("+ 48\u00a0mg")
    assert "gross" not in solved("capsules", given)


def test_a_shell_that_was_weighed_is_taken_as_it_was() -> None:
    step = gross_of({**given_of("capsules"), "shell_mass": "49 mg"})
    assert (step.numbers.endswith("+ 49\u00a0mg"), step.source, step.note) == (True, OWN, "")


@pytest.mark.parametrize("with_shell", [True, False])
def test_the_second_way_asks_for_the_shell_too(with_shell: bool) -> None:
    kind, given = PROBLEMS["capsules"], given_of("capsules")
    if not with_shell:
        del given["shell_mass"]
    solution = kind.first(Given(given))
    assert solution.subject.packing is not None
    heavier = replace(solution.subject, packing=replace(solution.subject.packing, shell_mass=mg("1")))
    with pytest.raises(CalculationRefused, match="the empty shell"):
        kind.second(Given(given), replace(solution, subject=heavier))
