"""Whatever is typed into a problem, it is solved or refused in a sentence at one of its fields: nothing else ever happens."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pharmacy.domain import problems
from pharmacy.domain.errors import CalculationRefused, ChecksDisagree
from pharmacy.domain.problems import PROBLEMS, Calculation
from pharmacy.domain.problems.file import read
from pharmacy.domain.quantity import decimal_text

EXAMPLES = 40  # a kind; all kinds together are a few seconds
FOLDER = Path(__file__).parents[1] / "worked_examples"
UNITS = ("mg", "g", "kg", "mcg", "mL", "L", "mg/mL", "g/mL", "%", "", "stone", "tablets", "mEq", "days")
NUMBERS = (
    *("0", "-1", "1", "3", "50", "100", "250", "0.1", "0.0", "0.000000001", "999999999", "999999999.999999999"),
    *("9" * 400, "Infinity", "NaN", "∞", "1e3", "1e-400", "4,5", ".5", "１", "1/3", "1/0", "1:10", "1:0"),
)
TEXTS = (
    *("", " ", "\u00a0", "\x00", "a\u202eb", "<b>", "9" * 5000, "mg", "%", ":", ";", "1 mg\n2 mg", "yes", "06/2027"),
    *("13/2027", "12/9999", "29 FEB 2026", "2026-02-29", "0001-01-01", "9999-12-31", "0 %", "100 %", "250 %"),
)
OBJECTS: tuple[Any, ...] = (
    *(0, -1, 10**30, True, False, 3.5, float("inf"), float("nan"), None, b"x", [], [1], [[]], [{}], {}, {"x": 1}),
    *(["1 mg"] * 3, ["0 mg"] * 12, ["5 mg"] * 12, date(1, 1, 1), date(9999, 12, 31)),
)
JARGON = re.compile(
    r"Traceback|NoneType|<class|object at|Fraction\(|Decimal\(|\[<|__[a-z]{3,}__|KeyError|invalid literal|not supported between"
)
GARBAGE = (
    st.builds("{} {}".format, st.sampled_from(NUMBERS), st.sampled_from(UNITS))
    | st.builds("{}{}".format, st.sampled_from(NUMBERS), st.sampled_from(UNITS))
    | st.sampled_from(TEXTS)
    | st.sampled_from([one.example for kind in PROBLEMS.values() for one in kind.fields if one.example])
    | st.text("0123456789.,-+/%: mgL\n", min_size=1, max_size=14)
    | st.text(max_size=20)
    | st.sampled_from(OBJECTS)
)


def bases() -> dict[str, list[dict[str, Any]]]:
    """What can be solved: the examples of the fields, and every worked example that has an answer."""
    found = {key: [{one.name: one.example for one in kind.fields if one.example}] for key, kind in PROBLEMS.items()}
    for path in sorted(FOLDER.glob("*.toml")):
        for one in read(path.read_text("utf-8")):
            if "answer" in one:
                found[one["solve"]].append(one["given"])
    return found


BASES = bases()


@st.composite
def problem(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A good problem with garbage in one field or two, and now and then another one missing."""
    solvable = dict(draw(st.sampled_from(BASES[kind])))
    names = sorted(one.name for one in PROBLEMS[kind].fields)
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=2)):
        solvable[name] = draw(st.just(solvable.get(name)).flatmap(_spoilt))
    if draw(st.integers(0, 9)) == 0:
        solvable.pop(draw(st.sampled_from(names)), None)
    return solvable


def _spoilt(value: Any) -> st.SearchStrategy[Any]:
    """Garbage, or the same list or table with garbage in one place of it."""
    if isinstance(value, list) and value:
        at = st.integers(0, len(value) - 1)
        return GARBAGE | at.flatmap(
            lambda i: st.builds(lambda one: [*value[:i], one, *value[i + 1 :]], _spoilt(value[i]))
        )
    if isinstance(value, dict) and value:
        return GARBAGE | st.sampled_from(sorted(value)).flatmap(
            lambda name: st.builds(lambda one: {**value, name: one}, _spoilt(value[name]))
        )
    return GARBAGE


def solved_or_refused(kind: str, given: dict[str, Any]) -> Calculation | CalculationRefused:
    try:
        return problems.solve(kind, given)
    except CalculationRefused as refused:
        return refused


@pytest.mark.parametrize("kind", sorted(PROBLEMS))
@given(data=st.data())
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_garbage_is_solved_or_refused_in_a_sentence_at_a_field(kind: str, data: st.DataObject) -> None:
    drawn = data.draw(problem(kind))
    outcome = solved_or_refused(kind, drawn)
    if isinstance(outcome, Calculation):
        assert outcome.worksheet.steps
        assert Calculation.from_json(outcome.to_json()) == outcome
        return
    names, sentence = {one.name for one in PROBLEMS[kind].fields}, str(outcome)
    assert not isinstance(outcome, ChecksDisagree), "what the two ways would not agree on is refused before, by name"
    assert outcome.field == "" or re.split(r"[.\[]", outcome.field)[0] in names, outcome.field
    assert sentence.rstrip().endswith((".", "…")), sentence
    found, typed = JARGON.search(sentence), repr(drawn)
    assert found is None or found[0] in typed, f"{sentence} is said of {typed}"


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("capsule-fill", {"drug": "3 g"}, "size"),
        ("capsule-fill", {"filler_full": [[]]}, "filler_full"),
        ("capsule-fill", {"other": "0 mg", "other_full": "0.05 g/mL"}, "other"),
        ("shell-size", {"powder": "1 kg"}, "powder"),
        ("beyond-use", {"day_one": {}}, "day_one"),
        ("beyond-use", {"day_one": ["yes"]}, "day_one"),
        ("volume-aliquot", {"measured": "0 mL"}, "measured"),
        ("capsules", {"limit": "50 %"}, "limit"),
        ("weighing-plan", {"limit": "0 %"}, "limit"),
        ("liquid-aliquot-plan", {"limit": "0 %"}, "limit"),
        ("capsules", {"excess": "250 %"}, "excess"),
        ("capsules", {"count": "0"}, "count"),
        ("capsules", {"repeatability": "1 kg"}, "repeatability"),
        ("trituration", {"repeatability": "1 g"}, "repeatability"),
        ("trituration", {"total": "10 mg"}, "total"),
        ("trituration", {"capacity_of_balance": "1 mg"}, "capacity_of_balance"),
        ("weighing-error", {"sensitivity_requirement": "999999999 kg"}, "sensitivity_requirement"),
        ("weighing-plan", {"need": "0 mg"}, "need"),
        ("geometric-dilution", {"drug": "0 mg"}, "drug"),
        ("equivalent", {"weight": "0"}, "weight"),
        ("equivalent", {"other_weight": "0"}, "other_weight"),
    ],
)
def test_what_the_engine_refuses_stands_at_the_field_as_the_problem_calls_it(
    kind: str, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(CalculationRefused) as refused:
        problems.solve(kind, {**BASES[kind][0], **given})
    assert refused.value.field == field, str(refused.value)


def test_a_number_of_thirty_digits_is_shown_digit_by_digit() -> None:
    """Decimal cuts what it computes to 28 digits without a word; nothing of ours may."""
    assert decimal_text(Fraction(10**30, 3), 4) == f"{','.join(['333'] * 10)}.3333"


def test_a_dose_of_litres_is_stated_as_its_answer_is() -> None:
    solved = problems.solve("dose-volume", {"dose": "120 g", "concentration": "5 mg/mL", "mark": "0.1 mL"})
    assert solved.worksheet.steps[-1].text() == "24\u00a0L"


def test_a_liquid_that_is_its_aliquots_solution_alone_takes_no_more_vehicle() -> None:
    solved = problems.solve(
        "liquid",
        {
            "concentration": "1 mg/mL",
            "quantity": "2 mL",
            "mark": "5 mL",
            "assay": "90.272 %",
            "basis": "as is",
            "readability": "0.1 mg",
            "sensitivity_requirement": "6 mg",
            "solubility": "65 mg/mL",
        },
    )
    assert {one.name: one.value for one in solved.results}["vehicle"] == "0 mL"
    assert {one.name: one.value for one in solved.results}["take"] == "5 mL"
