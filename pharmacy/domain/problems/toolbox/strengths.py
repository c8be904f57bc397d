"""Problems of strength: per cent w/w, w/v, v/v, and one strength in every way."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.amounts import (
    PLACES,
    Amount,
    Basis,
    amount_text,
    parse_mass_or_volume,
    parse_strength,
    percent_text,
)
from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.toolbox.reading import EMPTY, all_shown, answered_strength, one_empty, strength
from pharmacy.domain.quantity import NBSP, Concentration, Mass, Volume, decimal_text
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.second_check.toolbox import forms_again, portion_again
from pharmacy.domain.toolbox.strengths import form_steps, forms, percent_step, portion, portion_step
from pharmacy.domain.worksheet import Worksheet

GROUP = "Strength and ions"
THREE = ("strength", "ingredient", "total")
BASIS = Field("basis", "Of what it is a part", Sort.CHOICE, "w/v", choices=tuple(Basis))


def _amount(given: Given, name: str) -> Amount | None:
    return given.read(name, parse_mass_or_volume) if given.has(name) else None


def _percent(given: Given) -> Solution:
    unknown, basis = one_empty(given, THREE), given.choice("basis", Basis)
    written = strength(given, "strength")
    found = portion(basis, written, _amount(given, "ingredient"), _amount(given, "total"))
    steps = [] if written is None or written.way.value == "%" else [percent_step(written, "Strength")]
    answer: Answer = {
        "strength": percent_text(found.percent),
        "ingredient": found.ingredient,
        "total": found.total,
    }[unknown]
    worksheet = Worksheet(f"Per cent {basis.value}", (*steps, portion_step(basis, found, unknown)))
    return Solution(worksheet, {unknown: answer})


def _percent_again(given: Given, solution: Solution) -> str:
    basis, answers = given.choice("basis", Basis), solution.answers
    written = strength(given, "strength") or answered_strength(answers["strength"])
    ingredient = _amount(given, "ingredient") or answers["ingredient"]
    total = _amount(given, "total") or answers["total"]
    demand(isinstance(ingredient, (Mass, Volume)) and isinstance(total, (Mass, Volume)), "what is measured")
    assert isinstance(ingredient, (Mass, Volume))
    assert isinstance(total, (Mass, Volume))
    portion_again(basis, written, ingredient, total)
    all_shown(solution)
    one = type(total)(Fraction(1000 if isinstance(total, Mass) else 1))
    each = type(ingredient)(ingredient.value * one.value / total.value)
    return f"Each {amount_text(one)} of the whole holds {amount_text(each)}; all {amount_text(total)} hold {amount_text(ingredient)}."


def _forms(given: Given) -> Solution:
    written, basis = given.read("strength", parse_strength), given.choice("basis", Basis)
    found = forms(written, basis)
    answers: dict[str, Answer] = {
        "percent": percent_text(found.percent),
        "ratio": f"1:{exact_text(found.parts)}",
        "ppm": f"{exact_text(found.million)} ppm",
    }
    if found.mg is not None:
        is_liquid = basis is Basis.MASS_IN_VOLUME
        answers["per_mL" if is_liquid else "per_g"] = (
            Concentration(found.mg) if is_liquid else f"{exact_text(found.mg)} mg/g"
        )
    return Solution(Worksheet(f"{written.text()} in every way", form_steps(written, basis, found)), answers)


def _forms_again(given: Given, solution: Solution) -> str:
    written, answers = given.read("strength", parse_strength), solution.answers
    held = answers.get("per_mL", answers.get("per_g"))
    mg = held.value if isinstance(held, Concentration) else _number(held) if held else None
    demand((held is None) is (given.choice("basis", Basis) is Basis.VOLUME_IN_VOLUME), "the milligrams")
    parts = Fraction(str(answers["ratio"]).removeprefix("1:"))
    forms_again(written, _number(answers["percent"]), parts, _number(answers["ppm"]), mg)
    shown = {name: answer for name, answer in answers.items() if name != "ratio"}
    all_shown(Solution(solution.worksheet, shown))
    demand(solution.worksheet.step("As a ratio").result == f"1:{decimal_text(parts, PLACES)}", "the ratio")
    unit = "g" if given.choice("basis", Basis) is Basis.MASS_IN_MASS else "mL"
    return f"{decimal_text(parts, PLACES)}{NBSP}{unit} hold 1{NBSP}{'mL' if held is None else 'g'} of the ingredient."


def _number(answer: Answer) -> Fraction:
    return Fraction(str(answer).partition(" ")[0])


KINDS = (
    ProblemKind(
        "percent-strength",
        "Per cent w/w, w/v, v/v",
        GROUP,
        (
            BASIS,
            Field("strength", "Strength", Sort.STRENGTH, "2 %", optional=True, hint=EMPTY),
            Field("ingredient", "Ingredient", Sort.AMOUNT, "", optional=True, hint=EMPTY),
            Field("total", "Whole, the ingredient in it", Sort.AMOUNT, "240 mL", optional=True, hint=EMPTY),
        ),
        _percent,
        _percent_again,
        bench=True,
    ),
    ProblemKind(
        "strength-forms",
        "Per cent, ratio, ppm, mg/mL",
        GROUP,
        (
            Field("strength", "Strength", Sort.STRENGTH, "1:1000", hint="5 %, 1:1000, 40 ppm, 2 mg/mL or 10 mg/g."),
            BASIS,
        ),
        _forms,
        _forms_again,
        bench=True,
    ),
)
