"""Problems of directions, quantity and days' supply."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.bounds import MOST_DAYS, check_days
from pharmacy.domain.directions import (
    Directions,
    days_supply,
    highest_daily_dose,
    left_over,
    quantity_for,
    sentence,
)
from pharmacy.domain.dose_band import dose_note
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.taking import amount_of, directions_step, read_each, strength_reader, taking_step
from pharmacy.domain.quantity import NBSP, Mass, NotAQuantity, decimal_text, exact, parse_positive
from pharmacy.domain.second_check.directions import highest_again, sentence_again, warned_again
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.second_check.supply import needed_again, supply_again
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.supply import Taking, a_day_steps, lasting, needed, supply
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

GROUP = "Directions and supply"
STEPS_HINT = "One a line: 5 mL 3 times a day for 2 days. Without days, the last goes on until nothing is left."


# --- directions of low-dose naltrexone -----------------------------------------------------------------------------------


def _read(given: Given) -> tuple[Directions, Strength]:
    form = given.choice("form", Form)
    steps = read_each(given, "steps", directions_step(form))
    try:
        directions = Directions(form, steps)
    except CalculationRefused as why:
        raise BadGiven(f"steps: {why}", "steps") from why
    strengths = read_each(given, "strength", strength_reader(form))
    if len(strengths) > 1:
        raise BadGiven("strength: Write one strength.", "strength")
    return directions, strengths[0]


def _number(answer: Answer) -> Fraction:
    """An answer that is a plain number."""
    assert isinstance(answer, (int, Fraction))
    return Fraction(answer)


def _directions(given: Given) -> Solution:
    directions, strength = _read(given)
    form, unit = directions.form, "mL" if directions.form is Form.LIQUID else "capsules"
    highest = highest_daily_dose(directions, strength)
    lines = [
        WorksheetStep("Directions", "as the patient reads them", "", sentence(directions), "", OWN),
        WorksheetStep(
            "Highest daily dose", "most a day × strength",
            f"{form.amount_text(max(step.a_day for step in directions.steps))} × {strength.amount_text()}",
            decimal_text(highest.value, 6), "mg", OWN, dose_note(highest),
        ),
    ]  # fmt: skip
    answers: dict[str, Answer] = {"sentence": sentence(directions).replace(NBSP, " "), "highest": highest}
    if given.has("days"):
        days = given.count("days")
        check_days(days)
        quantity = exact(quantity_for(directions, days))
        answers["quantity"] = quantity
        words, numbers = f"a day × days, step by step, for {days} days", _day_by_day(directions, days)
        lines.append(WorksheetStep("Quantity", words, numbers, decimal_text(quantity, 6), unit, OWN))
    if given.has("quantity"):
        dispensed = exact(given.read("quantity", parse_positive))
        lasts = days_supply(directions, dispensed)
        if lasts > MOST_DAYS:
            raise BadGiven(f"quantity: That would last more than {MOST_DAYS} days: check the numbers.", "quantity")
        answers["days_supply"], answers["left_over"] = lasts, left_over(directions, dispensed)
        numbers = lasting(dispensed, [(step.a_day, step.days) for step in directions.steps])
        lines.append(
            WorksheetStep(
                "Days’ supply", "days of each step; the rest ÷ a day, whole days", numbers, str(lasts), "days", OWN
            )
        )
    return Solution(Worksheet("Directions, quantity and days’ supply", tuple(lines)), answers)


def _day_by_day(directions: Directions, days: int) -> str:
    """``1 × 14 + 2 × 16``: what is taken a day × the days of each step, as far as these days go."""
    parts, left = [], days
    for step in directions.steps:
        here = left if step.days is None else min(left, step.days)
        if here and step.amount:
            parts.append(f"{decimal_text(step.a_day, 6)} × {here}")
        left -= here
    return " + ".join(parts)


def _directions_again(given: Given, solution: Solution) -> str:
    directions, strength = _read(given)
    answers = solution.answers
    taken = [(exact(step.amount), step.when.intakes, step.days) for step in directions.steps]
    highest = highest_again(taken, exact(strength.amount))
    demand(answers["highest"] == Mass(highest), "the highest daily dose")
    warned_again(solution.worksheet, highest)
    demand(answers["sentence"] == solution.worksheet.steps[0].result.replace(NBSP, " "), "the words of the directions")
    sentence_again(str(answers["sentence"]), [(decimal_text(step.amount), step.days) for step in directions.steps])
    said = f"The most on one day is {Mass(highest).text('mg', 6)}"
    if given.has("days"):
        quantity, days = _number(answers["quantity"]), given.count("days")
        cut: list[tuple[Fraction, int, int | None]] = []
        before = 0
        for amount, times, lasts in taken:
            here = days - before if lasts is None else min(lasts, days - before)
            cut.append((amount, times, here))
            before += here
        needed_again(cut, quantity)
        said += f"; {directions.form.amount_text(quantity)} are used up in {days} days"
    if given.has("quantity"):
        dispensed = exact(given.number("quantity"))
        supply_again(dispensed, taken, int(_number(answers["days_supply"])), _number(answers["left_over"]))
        said += f"; {directions.form.amount_text(dispensed)} last {answers['days_supply']} whole days"
    return f"{said}."


# --- any medicine --------------------------------------------------------------------------------------------------------


def _takings(given: Given, unit: str = "") -> tuple[tuple[Taking, ...], str]:
    read = read_each(given, "steps", taking_step)
    units = {its for _, its in read} | ({unit} if unit else set())
    if len(units) > 1:
        raise BadGiven(f"steps: All amounts must have one unit, not {' and '.join(sorted(units))}.", "steps")
    return tuple(step for step, _ in read), units.pop()


def _dispensed(given: Given) -> tuple[tuple[Taking, ...], str, Taking]:
    text = given.text("dispensed")
    try:
        amount, unit = amount_of(text)
    except NotAQuantity as why:
        raise BadGiven(f"dispensed: {why}", "dispensed") from why
    steps, unit = _takings(given, unit)
    return steps, unit, Taking(amount)


def _plural(unit: str) -> str:
    return unit if unit in {"mL", "L", "g", "mg", "mcg"} else f"{unit}s"


def _supply(given: Given) -> Solution:
    steps, unit, whole = _dispensed(given)
    days, left = supply(whole.amount, steps)
    lines = (
        *a_day_steps(steps, _plural(unit)),
        WorksheetStep(
            "Days’ supply", "whole days, step by step, until the next day cannot be taken in full",
            lasting(whole.amount, [(one.a_day, one.days) for one in steps]), str(days), "days", OWN,
            f"{decimal_text(left, 6)} {_plural(unit)} left over" if left else "",
        ),
    )  # fmt: skip
    return Solution(Worksheet("Days’ supply", lines), {"days": days, "left_over": left})


def _supply_again(given: Given, solution: Solution) -> str:
    steps, unit, whole = _dispensed(given)
    taken = [(step.amount, step.times, step.days) for step in steps]
    days, left = int(_number(solution.answers["days"])), _number(solution.answers["left_over"])
    supply_again(whole.amount, taken, days, left)
    said = f"{decimal_text(left, 6)} {_plural(unit)} are left over" if left else "nothing is left over"
    return f"Taken intake by intake it lasts {days} whole days, and {said}."


def _quantity(given: Given) -> Solution:
    steps, unit = _takings(given)
    quantity = needed(steps)
    lines = (
        *a_day_steps(steps, _plural(unit)),
        WorksheetStep(
            "Quantity", "sum of all steps", " + ".join(decimal_text(one.a_day * (one.days or 0), 6) for one in steps),
            decimal_text(quantity, 6), _plural(unit), OWN,
        ),
    )  # fmt: skip
    days = sum(step.days or 0 for step in steps)
    if days > MOST_DAYS:
        raise BadGiven(f"steps: At most {MOST_DAYS} days in all.", "steps")
    return Solution(Worksheet("Quantity to dispense", lines), {"quantity": quantity, "days": days})


def _quantity_again(given: Given, solution: Solution) -> str:
    steps, unit = _takings(given)
    quantity = _number(solution.answers["quantity"])
    needed_again([(step.amount, step.times, step.days) for step in steps], quantity)
    days = solution.answers["days"]
    demand(days == sum(step.days or 0 for step in steps), "the days")
    return f"Taken intake by intake, {decimal_text(quantity, 6)} {_plural(unit)} are empty after {days} days."


KINDS = (
    ProblemKind(
        "directions",
        "Directions of low-dose naltrexone",
        GROUP,
        (
            Field("form", "Form", Sort.CHOICE, "capsule", choices=tuple(Form)),
            Field("strength", "Strength", Sort.TEXT, "1.5 mg", hint="Of one capsule, or 1 mg/mL of a liquid."),
            Field("steps", "Steps", Sort.LIST, "1 capsule at bedtime for 14 days\n2 capsules at bedtime"),
            Field("days", "Days that the quantity is to last", Sort.COUNT, "30", optional=True),
            Field("quantity", "Capsules or mL dispensed", Sort.NUMBER, "84", optional=True),
        ),
        _directions,
        _directions_again,
        bench=True,
    ),
    ProblemKind(
        "days-supply",
        "Days’ supply, step by step",
        GROUP,
        (
            Field("dispensed", "Dispensed", Sort.TEXT, "150 mL"),
            Field("steps", "How it is taken", Sort.LIST, "5 mL 3 times a day", hint=STEPS_HINT),
        ),
        _supply,
        _supply_again,
        bench=True,
    ),
    ProblemKind(
        "quantity",
        "Quantity to dispense, step by step",
        GROUP,
        (Field("steps", "How it is taken", Sort.LIST, "5 mL 3 times a day for 10 days", hint=STEPS_HINT),),
        _quantity,
        _quantity_again,
        bench=True,
    ),
)
