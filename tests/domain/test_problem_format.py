"""The file format of a problem is what its document says, and a file that is none of it is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pharmacy.domain import problems
from pharmacy.domain.errors import CalculationRefused, ChecksDisagree
from pharmacy.domain.problems import PROBLEMS, BadGiven, Given, file
from pharmacy.domain.problems.kinds import ProblemKind, Solution
from pharmacy.domain.problems.reference import reference
from pharmacy.domain.worksheet import Worksheet
from tests.domain.sheets import examples

DOCUMENT = Path(__file__).parents[2] / "docs" / "problem-format.md"
POTENCY = {"assay": "99.2 %", "basis": "anhydrous", "water": "8.9 %", "solvents": "0.1 %"}


def test_the_document_lists_every_kind_with_its_fields() -> None:
    assert DOCUMENT.read_text("utf-8").endswith(f"{reference()}\n"), (
        "docs/problem-format.md is behind. Put the output of `flask --app wsgi worksheet --kinds` under its last sentence."
    )


def test_every_field_of_every_kind_is_asked_for_and_no_other() -> None:
    """A kind that is given nothing but a stranger refuses it, naming no field that its tables lack."""
    for kind in PROBLEMS.values():
        names = {field.name for field in kind.fields}
        assert len(names) == len(kind.fields), kind.key
        with pytest.raises(CalculationRefused):
            problems.solve(kind.key, {"no-such-field": "1 mg"})


@pytest.mark.parametrize("kind", [one for one in PROBLEMS.values() if one.bench], ids=lambda one: one.key)
def test_the_examples_of_a_calculator_are_a_problem_that_can_be_solved(kind: ProblemKind) -> None:
    """What stands in the fields as an example is a problem itself, so that a newcomer can try it."""
    given = {field.name: field.example for field in kind.fields if field.example}
    solved = problems.solve(kind.key, given)
    assert solved.worksheet.steps
    assert solved.results
    assert solved.plausibility


def test_an_unknown_kind_and_an_unknown_field_are_refused_by_name() -> None:
    with pytest.raises(BadGiven, match="alchemy is no kind of problem") as refused:
        problems.solve("alchemy", {})
    assert refused.value.field == "solve"
    with pytest.raises(BadGiven, match="purity is no field of this problem; its fields are assay, basis") as refused:
        problems.solve("potency", {**POTENCY, "purity": "1 %"})
    assert refused.value.field == "purity"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("solve = [", "no TOML"),
        ("problem = 3", r"\[\[problem\]\]"),
        ("problem = []", r"\[\[problem\]\]"),
        ("problem = [1]", r"\[\[problem\]\]"),
        ('solve = "potency"', "needs solve"),
        ("given = {}", "needs solve"),
        ('solve = "potency"\ngiven = {}\nanswers = {}', "unknown field answers"),
        ('solve = "potency"\ngiven = {}\nanswer = ["x"]', "answer must be a table"),
        ('solve = "potency"\ngiven = {}\nrefused = 3', "refused must be a table"),
        ('solve = "potency"\ngiven = {}\nrefused = {}', "must name the kind"),
        ('solve = "potency"\ngiven = {}\nwithin = { potency = "x" }', "within must be an amount"),
        ('solve = "potency"\ngiven = {}\nwithin = { potency = "1/0" }', "within must be an amount"),
        ("a = " + "[" * 3000 + "]" * 3000, "too deep|no TOML"),
    ],
)
def test_a_file_that_is_no_problem_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadGiven, match=said):
        file.read(text)


def test_a_bare_table_is_one_problem() -> None:
    (one,) = file.read('solve = "potency"\ngiven = { assay = "99 %", basis = "as is" }')
    assert file.read('\ufeffsolve = "potency"\ngiven = { assay = "99 %", basis = "as is" }') == (one,)
    assert one["solve"] == "potency"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("99.2", "in per cent"),
        ("0 %", "above 0"),
        ("-5 %", "must not be below 0"),
        ("Infinity %", "plain number"),
        ("NaN %", "plain number"),
        ("1e2 %", "plain number"),
        ("9" * 400 + " %", "too long"),
        ("99,2 %", "point, not a comma"),
        (".9 %", "zero before the point"),
        ("９９ %", "plain number"),
        ("99.2 mg", "in per cent"),
        ("%", "Type a number"),
        (99.2, "quotation marks"),
        (True, "quotation marks"),
        ({}, "quotation marks"),
        ([], "quotation marks"),
    ],
)
def test_a_value_that_is_none_of_its_kind_is_refused_at_its_field(wrong: object, said: str) -> None:
    with pytest.raises(CalculationRefused, match=said) as refused:
        problems.solve("potency", {**POTENCY, "assay": wrong})
    assert refused.value.field == "assay"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("15", "Write the unit too: 4.5 mg"),
        ("15 mL", "mL is a volume"),
        ("15 mg/mL", "mg/mL is a concentration"),
        ("15 stone", "stone is no unit known here"),
        ("15 µg", "write mcg"),
        ("15 MG", "write mg"),
        ("0 mg", "above 0"),
        ("mg", "Type a number"),
        ("", "missing"),
        ("1 000 mg", "plain number"),
        ("∞ mg", "plain number"),
    ],
)
def test_a_mass_without_its_unit_or_with_another_kinds_is_refused(wrong: str, said: str) -> None:
    with pytest.raises(CalculationRefused, match=said) as refused:
        problems.solve("aliquot", {"need": wrong, "weigh": "150 mg", "take": "150 mg"})
    assert refused.value.field == "need"


@pytest.mark.parametrize(
    ("said", "is_so"),
    [(True, True), ("yes", True), ("true", True), (False, False), ("no", False), ("false", False)],
)
def test_a_flag_is_said_as_toml_or_a_form_says_it(said: object, is_so: bool) -> None:
    assert Given({"day_one": said}).flag("day_one") is is_so


def test_a_flag_that_is_not_given_is_not_set() -> None:
    assert not Given({}).flag("day_one")


@pytest.mark.parametrize("said", ["Yes", "1", 1, ["yes"]])
def test_what_is_neither_true_nor_false_is_refused(said: object) -> None:
    with pytest.raises(CalculationRefused, match=r"day_one: Write true or false\."):
        Given({"day_one": said}).flag("day_one")


def test_two_ways_that_disagree_leave_nothing_to_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame, not a calculation, is under test: a kind whose two ways say different things has no answer."""

    def first(given: problems.Given) -> Solution:
        return Solution(Worksheet("wrong", ()), {"x": given.mass("x").times(2)})

    def second(given: problems.Given, solution: Solution) -> str:
        if solution.answers["x"] != given.mass("x"):
            raise ChecksDisagree("They disagree.")
        return "agreed"

    monkeypatch.setitem(PROBLEMS, "wrong", ProblemKind("wrong", "Wrong", "Test", (), first, second))
    with pytest.raises(ChecksDisagree):
        problems.solve("wrong", {"x": "1 mg"})


AT_HAND = "“Drug in one part of a stock trituration at hand” (trituration)"
MADE = {"parts": 10, "total": "20 g", "readability": "0.1 mg", "sensitivity_requirement": "6 mg"}
LIQUID = next(one["given"] for one in examples().values() if one["solve"] == "liquid" and "quantity" in one["given"])


@pytest.mark.parametrize(
    ("kind", "given", "field", "said"),
    [
        (
            "weighing-plan",
            {"need": "200 mg", "readability": "0.1 mg", "sensitivity_requirement": "6 mg", "trituration_error": "1 %"},
            "trituration_error",
            f"This counts only beside {AT_HAND}: write that too, or leave this out.",
        ),
        (
            "trituration",
            {**MADE, "parts": 100, "trituration": "1/10", "assay": "99 %"},
            "assay",
            f"Beside {AT_HAND} this falls away: leave one out.",
        ),
        (
            "liquid",
            {**LIQUID, "days": 3},
            "days",
            "This counts only beside “Dose” (dose): write that too, or leave this out.",
        ),
        (
            "liquid-aliquot",
            {"needed": "20 mg", "strength": "2 mg/mL", "final_volume": "10 mL", "weighed": "120 mg", "take": "5 mL"},
            "needed",
            "Beside “or strength” (strength) this falls away: leave one out.",
        ),
        (
            "tablet-suspension",
            {"concentration": "5 mg/mL", "quantity": "100 mL", "label": "50 mg", "rule": "classic"},
            "rule",
            "This counts only beside “Readability” (readability): write that too, or leave this out.",
        ),
    ],
)
def test_a_field_that_means_nothing_beside_the_others_is_refused_with_the_reason(
    kind: str, given: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(BadGiven) as refused:
        problems.solve(kind, given)
    assert (refused.value.field, str(refused.value)) == (field, f"{field}: {said}")


def test_a_kind_says_of_each_of_its_fields_why_it_may_not_be_asked_for() -> None:
    for kind in PROBLEMS.values():
        why = kind.not_asked()
        assert list(why) == [one.name for one in kind.fields]
        for one in kind.fields:
            assert not (one.only_with and one.not_with)
            assert (one.only_with or one.not_with) in {"", *why}
    assert PROBLEMS["potency"].not_asked()["assay"] == "Nothing else that is given asks for this: leave it out."


def test_the_document_says_which_fields_fall_away_beside_another() -> None:
    told = reference()
    made = told[told.index("### `trituration`") :]
    for line in (
        "| `assay` (not beside `trituration`) | Assay |",
        "| `water` (may be left out; not beside `trituration`) |",
        "| `substance` (may be left out) |",
        "| `trituration_error` (may be left out; only beside `trituration`) |",
    ):
        assert line in made
    assert "| `assay` | Assay |" in told[: told.index("### `trituration`")]
