"""Problems of counting: whole tablets, containers, days' supply."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.amounts import (
    Counted,
    Quantity,
    amount_text,
    like,
    parse_mass,
    parse_quantity,
    parse_volume,
    plural,
    same_kind,
    singular,
)
from pharmacy.domain.errors import Impossible
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.toolbox.liquids import HOW
from pharmacy.domain.problems.toolbox.reading import EMPTY, all_shown, one_empty, quantity_answer, read_concentration
from pharmacy.domain.quantity import Concentration, Mass, Volume, decimal_text
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.second_check.toolbox import containers_again, quantity_again, supply_again, tablets_again
from pharmacy.domain.toolbox.counting import (
    container_steps,
    containers,
    supply,
    supply_steps,
    tablet_steps,
    tablets,
)
from pharmacy.domain.worksheet import Worksheet

GROUP = "Counting"
UNITS = (*Mass.units, *Volume.units)  # no container: "1 mg" would be read as a mass


def _needed(given: Given) -> tuple[Mass, Volume | None, Concentration | None]:
    """The drug that is needed: as it is, or from a volume and its concentration."""
    if given.has("drug"):
        for name in ("volume", "concentration"):
            if given.has(name):
                raise Impossible("Write the drug needed, or the volume and its concentration; not both.", name)
        return given.read("drug", parse_mass), None, None
    for name in ("volume", "concentration"):
        if not given.has(name):
            raise Impossible("Write the drug needed, or the volume and its concentration.", name)
    volume, concentration = given.read("volume", parse_volume), given.read("concentration", read_concentration)
    return Mass(volume.value * concentration.value), volume, concentration


def _tablets(given: Given) -> Solution:
    (needed, volume, concentration), tablet = _needed(given), given.read("tablet", parse_mass)
    found = tablets(needed, tablet)
    answers: dict[str, Answer] = {"tablets": found.count, "left_over": found.left_over}
    if concentration is not None and found.left_over.value:
        answers["makes"] = found.makes(concentration)
    return Solution(Worksheet("Whole tablets", tablet_steps(found, volume, concentration)), answers)


def _tablets_again(given: Given, solution: Solution) -> str:
    (needed, _, concentration), tablet = _needed(given), given.read("tablet", parse_mass)
    count, left, makes = (solution.answers.get(name) for name in ("tablets", "left_over", "makes"))
    assert isinstance(count, int)
    assert isinstance(left, Mass)
    tablets_again(needed, tablet, count, left)
    if makes is not None:
        assert isinstance(makes, Volume)
        assert concentration is not None
        demand(makes.value * concentration.value == count * tablet.value, "the volume that they make")
    all_shown(solution)
    many = f"{decimal_text(count)} {'tablet' if count == 1 else 'tablets'}"
    return f"{many} of {amount_text(tablet)} hold {amount_text(Mass(count * tablet.value))}; {amount_text(needed)} are needed."


def _two(given: Given) -> tuple[Quantity, Quantity, str]:
    amount, size = given.read("amount", parse_quantity), given.read("size", parse_quantity)
    if not same_kind(amount, size):
        raise Impossible(f"Write the size in the same kind of unit as the amount, {amount_text(amount)}.", "size")
    word = given.text("container").lower() if given.has("container") else "container"
    if not word.replace(" ", "").isalpha() or len(word) > 20 or word in {one.lower() for one in UNITS}:
        raise Impossible("Write one word for the container, such as bottle.", "container")
    return amount, size, singular(word)


def _containers(given: Given) -> Solution:
    amount, size, word = _two(given)
    found = containers(amount, size)
    answers: dict[str, Answer] = {
        "needed": found.needed,
        "full": found.full,
        "in_last": quantity_answer(found.in_last),
    }
    return Solution(
        Worksheet(f"{plural(word).capitalize()} of {amount_text(size)}", container_steps(found, word)), answers
    )


def _containers_again(given: Given, solution: Solution) -> str:
    amount, size, word = _two(given)
    needed, full, last = (solution.answers[name] for name in ("needed", "full", "in_last"))
    assert isinstance(needed, int)
    assert isinstance(full, int)
    containers_again(amount, size, needed, full, _quantity(last, amount))
    all_shown(solution)
    rest = f" and one with {amount_text(_quantity(last, amount))}" if needed > full else ""
    return f"{decimal_text(full)} full{rest} hold {amount_text(amount)}: {decimal_text(needed)} {word if needed == 1 else plural(word)}."


def _quantity(answer: Answer, like_this: Quantity) -> Quantity:
    """An answer as a quantity of the same kind; text where something is counted."""
    if isinstance(like_this, Counted):
        number, _, word = str(answer).partition(" ")
        demand(singular(word) == like_this.word, "what is counted")
        return like(like_this, Fraction(number))
    demand(type(answer) is type(like_this), "what is measured")
    assert isinstance(answer, (Mass, Volume))
    return answer


def _doses(given: Given) -> tuple[Quantity | None, Quantity, Fraction, int | None]:
    dose, times = given.read("dose", parse_quantity), given.ratio("times")
    quantity = given.read("quantity", parse_quantity) if given.has("quantity") else None
    if quantity is not None and not same_kind(quantity, dose):
        raise Impossible(f"Write the quantity in the same kind of unit as the dose, {amount_text(dose)}.", "quantity")
    return quantity, dose, times, given.count("days") if given.has("days") else None


def _supply(given: Given) -> Solution:
    unknown = one_empty(given, ("quantity", "days"))
    quantity, dose, times, days = _doses(given)
    found = supply(quantity, dose, times, days)
    steps = supply_steps(found, dose, times, days_given=unknown == "quantity")
    answers: dict[str, Answer] = {"quantity": quantity_answer(found.quantity)}
    if unknown == "days":
        answers = {"days": found.days, "left_over": quantity_answer(found.left_over)}
    title = "Days’ supply" if unknown == "days" else "Quantity"
    return Solution(Worksheet(title, steps), answers)


def _supply_again(given: Given, solution: Solution) -> str:
    quantity, dose, times, days = _doses(given)
    if quantity is None:
        assert days is not None
        made = _quantity(solution.answers["quantity"], dose)
        quantity_again(made, dose, times, days)
        all_shown(solution)
        return f"{decimal_text(times * days, 4)} doses of {amount_text(dose)} are {amount_text(made)}."
    lasts, left = solution.answers["days"], _quantity(solution.answers["left_over"], quantity)
    assert isinstance(lasts, int)
    supply_again(quantity, dose, times, lasts, left)
    all_shown(solution)
    doses = decimal_text(times * lasts, 4)
    many = f"{decimal_text(lasts)} {'day' if lasts == 1 else 'days'}"
    return f"{many} are {doses} doses of {amount_text(dose)}; with the {amount_text(left)} left over that is {amount_text(quantity)}."


KINDS = (
    ProblemKind(
        "tablets",
        "Whole tablets needed",
        GROUP,
        (
            Field("drug", "Drug needed", Sort.MASS, "", optional=True, hint="Or the volume and its concentration."),
            Field("volume", "Volume to make", Sort.VOLUME, "135 mL", optional=True),
            Field("concentration", "Its concentration", Sort.CONCENTRATION, "1 mg/mL", optional=True, hint=HOW),
            Field("tablet", "Drug in one tablet", Sort.MASS, "50 mg"),
        ),
        _tablets,
        _tablets_again,
        bench=True,
    ),
    ProblemKind(
        "containers",
        "Bottles and containers needed",
        GROUP,
        (
            Field(
                "amount", "Amount", Sort.QUANTITY, "1000 mL", hint="A mass, a volume or a number: 1000 mL, 90 capsules."
            ),
            Field("size", "What one holds", Sort.QUANTITY, "59 mL"),
            Field("container", "What it is", Sort.TEXT, "bottle", optional=True),
        ),
        _containers,
        _containers_again,
        bench=True,
    ),
    ProblemKind(
        "supply",
        "Days’ supply and quantity",
        GROUP,
        (
            Field("quantity", "Quantity", Sort.QUANTITY, "150 mL", optional=True, hint=EMPTY),
            Field("dose", "One dose", Sort.QUANTITY, "5 mL", hint="0.5 tablets, 5 mL, 10 units."),
            Field("times", "Doses a day", Sort.RATIO, "3", hint="Every other day: 1/2."),
            Field("days", "Days", Sort.COUNT, "", optional=True, hint=EMPTY),
        ),
        _supply,
        _supply_again,
        bench=True,
    ),
)
