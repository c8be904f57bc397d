"""What the kinds of the toolbox read and answer alike: one field left empty, strengths as answers, answers as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pharmacy.domain.amounts import (
    PLACES,
    Basis,
    Counted,
    Quantity,
    Way,
    Written,
    amount_text,
    digits,
    parse_mass,
    parse_strength,
    parse_volume,
)
from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Answer, Solution
from pharmacy.domain.quantity import (
    NBSP,
    Concentration,
    Density,
    Mass,
    NotAQuantity,
    Volume,
    decimal_text,
    parse_amount,
)
from pharmacy.domain.second_check.toolbox import shown_again

EMPTY = "Empty: worked out."


def one_empty(given: Given, names: tuple[str, ...]) -> str:
    """The one of these fields that is left empty, to be worked out; refused when none or several are."""
    empty = [name for name in names if not given.has(name)]
    if not empty:
        raise Impossible("Leave empty the one that is to be worked out; all are filled in.", names[-1])
    if len(empty) > 1:
        raise Impossible(f"Fill in all but one of {', '.join(name.replace('_', ' ') for name in names)}.", empty[0])
    return empty[0]


def strength(given: Given, name: str) -> Written | None:
    """The strength of the field, or None where it is left empty."""
    return given.read(name, parse_strength) if given.has(name) else None


def read_concentration(text: str) -> Concentration:
    """A mass in a volume above 0: ``5 mg/mL``, ``187 mg/5 mL``, ``0.3 % w/v``."""
    above, slash, below = text.partition("/")
    if slash and below.strip()[:1].isdigit():
        return Concentration(parse_mass(above).value / parse_volume(below).value)
    if "%" in text or ":" in text or text.strip().endswith("ppm"):
        written = parse_strength(text)
        if written.basis is not Basis.MASS_IN_VOLUME:
            raise NotAQuantity("Say that it is a mass in a volume: 0.3 % w/v.")
        of_one = {Way.PERCENT: written.number * 10, Way.MILLION: written.number / 1000}
        found = Concentration(1000 / written.number if written.way is Way.RATIO else of_one[written.way])
    else:
        found = parse_amount(Concentration, text)
    if not found.value:
        raise NotAQuantity("The concentration must be above 0.")
    return found


def is_plain_concentration(text: str) -> bool:
    """Whether it is written in mg/mL already, so that no step has to say what it is."""
    return text.strip().replace(NBSP, " ").endswith(" mg/mL")


def strength_answer(number: Fraction, unit: str) -> Answer:
    """A strength as an answer: a concentration, or the number with its unit."""
    if unit == Way.MG_ML.value:
        return Concentration(number)
    return Concentration(number / 1000) if unit == Way.MCG_ML.value else f"{exact_text(number)} {unit}"


def answered_strength(answer: Answer) -> Written:
    """A strength from its answer, for the way back."""
    if isinstance(answer, Concentration):
        return Written(answer.value, Way.MG_ML, Basis.MASS_IN_VOLUME)
    number, _, unit = str(answer).partition(" ")
    return Written(Fraction(number), Way(unit))


def quantity_answer(quantity: Quantity) -> Answer:
    """An amount as an answer; so many of something as text."""
    if isinstance(quantity, Counted):
        return f"{exact_text(quantity.value)} {amount_text(quantity).partition(NBSP)[2]}"
    return quantity


def people_read(answer: Answer) -> str:
    """An answer as the worksheet states it."""
    if isinstance(answer, (Mass, Volume)):
        return amount_text(answer)
    if isinstance(answer, Concentration):
        return f"{digits(answer.value)}{NBSP}mg/mL"
    if isinstance(answer, Density):
        return answer.text("g/mL", PLACES)
    if isinstance(answer, (int, Fraction)):
        return decimal_text(answer, PLACES)
    if " : " in str(answer):
        return " : ".join(decimal_text(int(one)) for one in str(answer).split(" : "))
    number, _, unit = str(answer).partition(" ")
    try:
        return f"{digits(Fraction(number))}{NBSP}{unit}"
    except (ValueError, ZeroDivisionError):
        return str(answer)


def all_shown(solution: Solution) -> None:
    """Refuse a worksheet that states an answer otherwise than it is."""
    said: Mapping[str, str] = {name: people_read(answer) for name, answer in solution.answers.items()}
    steps = solution.worksheet.steps
    shown_again(said, [one for step in steps for one in (step.text(), step.result)])
