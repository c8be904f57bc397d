"""Problems of titration: a kit of several strengths, the strengths with the fewest units, and its dated calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Step, When, sentence
from pharmacy.domain.errors import Impossible
from pharmacy.domain.kit_days import check_covers, kit_calendar, units_taken
from pharmacy.domain.kit_plan import recheck_kit
from pharmacy.domain.kit_sheet import kit_worksheet, surplus_step
from pharmacy.domain.kits import MOST_CONTAINERS, make_kit, propose
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.taking import dose_step, read_each, strength_reader
from pharmacy.domain.quantity import NBSP, Mass, exact, parse_positive
from pharmacy.domain.second_check.calendar import calendar_again
from pharmacy.domain.second_check.directions import warned_again
from pharmacy.domain.second_check.spans import demand_answers
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.titration import Kit, Titration
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

MADE = ("strengths", "offered")


def _titration(given: Given) -> Titration:
    form = given.choice("form", Form)
    when = given.choice("when", When) if given.has("when") else When.BEDTIME
    return Titration(form, read_each(given, "steps", dose_step), when)


def _strengths(given: Given, form: Form) -> tuple[tuple[Strength, ...], bool, int]:
    """The strengths, whether the program is to choose among them, and the containers at most."""
    if given.has("strengths") is given.has("offered"):
        raise BadGiven("strengths: Give the strengths of the kit, or those offered to choose from.", "strengths")
    name = MADE[given.has("offered")]
    found = read_each(given, name, strength_reader(form))
    most = given.count("containers") if given.has("containers") else 2
    if not 1 <= most <= MOST_CONTAINERS:
        raise Impossible(f"A kit has from 1 to {MOST_CONTAINERS} containers.", "containers")
    if given.has("containers") and name == "strengths" and len(found) > most:
        raise Impossible(
            f"{len(found)} strengths need as many containers, and at most {most} are wanted.", "containers"
        )
    return found, name == "offered", most if name == "offered" else len(found)


def _kit_of(given: Given) -> Kit:
    titration = _titration(given)
    strengths, offered, most = _strengths(given, titration.form)
    return propose(titration, strengths, most) if offered else make_kit(titration, strengths)


def _kit(given: Given) -> Solution:
    kit = _kit_of(given)
    sheet = kit_worksheet(kit)
    supplied = _supplied(given)
    if supplied:
        check_covers(kit, supplied)
        lines = (surplus_step(part, one) for part, one in zip(kit.parts, supplied, strict=True))
        sheet = replace(sheet, steps=(*sheet.steps, *lines))
    answers: dict[str, Answer] = {
        "strengths": " and ".join(part.strength.amount_text() for part in kit.parts).replace(NBSP, " "),
        "days": kit.titration.days,
        "units": kit.units,
        "drug": kit.titration.total,
    }
    for at, part in enumerate(kit.parts, start=1):
        answers[f"quantity_{at}"] = exact(part.quantity)
        answers[f"days_{at}"] = part.days
        answers[f"directions_{at}"] = sentence(part.directions).replace(NBSP, " ")
        if part.syringe:
            answers[f"syringe_{at}"] = part.syringe.capacity
        if supplied:
            answers[f"left_over_{at}"] = exact(supplied[at - 1]) - exact(part.quantity)
    return Solution(sheet, answers, kit)


def _supplied(given: Given) -> tuple[Decimal, ...]:
    return read_each(given, "supplied", parse_positive) if given.has("supplied") else ()


def _kit_again(given: Given, solution: Solution) -> str:
    titration = _titration(given)
    strengths, _, most = _strengths(given, titration.form)
    kit: Kit = solution.subject
    said = recheck_kit(kit, titration, strengths, most)
    again: dict[str, object] = {
        "strengths": " and ".join(part.strength.amount_text().replace(NBSP, " ") for part in kit.parts),
        "days": sum(step.days for step in titration.steps),
        "units": sum((exact(part.quantity) for part in kit.parts), Fraction(0)),
        "drug": Mass(sum((step.dose.value * step.days for step in titration.steps), Fraction(0))),
    }
    for at, part in enumerate(kit.parts, start=1):
        taken = [(at, step) for at, step in enumerate(part.directions.steps) if step.amount]
        until = sum(step.days or 0 for step in part.directions.steps[: taken[-1][0] + 1])
        again |= {f"quantity_{at}": exact(part.quantity), f"days_{at}": until}
        again[f"directions_{at}"] = sentence(part.directions).replace(NBSP, " ")
        if given.has("supplied"):
            again[f"left_over_{at}"] = exact(_supplied(given)[at - 1]) - _taken_in_all(part.directions.steps)
        if part.syringe:
            again[f"syringe_{at}"] = part.syringe.capacity
    demand_answers(solution.answers, again)
    warned_again(solution.worksheet, max(step.dose.value for step in titration.steps))
    return said


def _taken_in_all(steps: Sequence[Step]) -> Fraction:
    """What is taken of a container, intake by intake."""
    return sum((exact(one.amount) for one in steps for _ in range((one.days or 0) * one.when.intakes)), Fraction(0))


def _calendar(given: Given) -> Solution:
    kit, start = _kit_of(given), given.day("start")
    days = kit_calendar(kit, start)
    form = kit.titration.form
    lines = [
        WorksheetStep(
            f"Day {day.number}", "first day + number of the day − 1", f"{day_text(start)} + {day.number} − 1",
            f"{day_text(day.on)}: {_taken(kit, day.amounts)}", "", OWN, kit.titration.when.value,
        )
        for day in days
    ]  # fmt: skip
    intakes = kit.titration.when.intakes
    answers: dict[str, Answer] = {"days": len(days), "first": days[0].on, "last": days[-1].on}
    for at, _ in enumerate(kit.parts):
        answers[f"quantity_{at + 1}"] = units_taken(days, at, intakes)
    if given.has("on"):
        on = given.day("on")
        found = next((day for day in days if day.on == on), None)
        if found is None:
            first, last = day_text(days[0].on), day_text(days[-1].on)
            raise BadGiven(f"on: The calendar runs from {first} to {last}: choose a day of it.", "on")
        answers["day"], answers["take"] = found.number, _taken(kit, found.amounts).replace(NBSP, " ")
    title = f"Calendar of the kit, {form.words}"
    return Solution(Worksheet(title, tuple(lines)), answers, (kit, days))


def _taken(kit: Kit, amounts: Sequence[Decimal]) -> str:
    each = [
        f"{kit.titration.form.amount_text(amount)} of {part.strength.amount_text()}"
        for part, amount in zip(kit.parts, amounts, strict=True)
        if amount
    ]
    return " and ".join(each)


def _calendar_again(given: Given, solution: Solution) -> str:
    kit, days = solution.subject
    titration, start = _titration(given), given.day("start")
    calendar_again(
        [(day.number, day.on, [exact(one) for one in day.amounts]) for day in days],
        start,
        [(step.dose.value / titration.when.intakes, step.days) for step in titration.steps],
        [exact(part.strength.amount) for part in kit.parts],
    )
    strengths, _, most = _strengths(given, titration.form)
    recheck_kit(kit, titration, strengths, most)
    count = sum(step.days for step in titration.steps)
    again: dict[str, object] = {"days": count, "first": start, "last": date.fromordinal(start.toordinal() + count - 1)}
    again |= {f"quantity_{at}": exact(part.quantity) for at, part in enumerate(kit.parts, start=1)}
    if given.has("on"):
        number = given.day("on").toordinal() - start.toordinal() + 1
        again["day"] = number
        again["take"] = _taken(kit, days[number - 1].amounts).replace(NBSP, " ")
    demand_answers(solution.answers, again)
    if len(days) == 1:
        return f"{day_text(start)} is the only day."
    return f"From {day_text(start)} to {day_text(days[-1].on)} are {len(days)} days, both counted."


FIELDS = (
    Field("form", "Form", Sort.CHOICE, "capsule", choices=tuple(Form)),
    Field("steps", "Daily doses", Sort.LIST, "0.5 mg for 7 days\n1 mg for 7 days"),
    Field("when", "When", Sort.CHOICE, "at bedtime", optional=True, choices=tuple(When)),
    Field("strengths", "Strengths of the kit", Sort.LIST, "0.5 mg", optional=True),
    Field("offered", "Or: strengths to choose from", Sort.LIST, optional=True),
    Field("containers", "Containers at most", Sort.COUNT, optional=True),
)

KINDS = (
    ProblemKind(
        "titration",
        "Titration kit",
        "Directions and supply",
        (*FIELDS, Field("supplied", "Supplied of each, weakest first", Sort.LIST, optional=True)),
        _kit,
        _kit_again,
        bench=True,
    ),
    ProblemKind(
        "kit-calendar",
        "Calendar of a titration kit",
        "Directions and supply",
        (
            *FIELDS,
            Field("start", "Day 1", Sort.DAY, "2026-03-02"),
            Field("on", "Look up this day", Sort.DAY, optional=True),
        ),
        _calendar,
        _calendar_again,
        bench=True,
    ),
)
