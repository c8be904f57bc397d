"""Problems of electrolytes: mass, millimoles and milliequivalents of a salt and of its ions."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.amounts import PLACES, amount_text, parse_mass
from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.toolbox.reading import all_shown
from pharmacy.domain.quantity import NBSP, Mass, NotAQuantity, decimal_text, exact, parse_decimal, parse_positive
from pharmacy.domain.salts import SALTS, SOURCE, Ion, Salt
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.second_check.toolbox import formula_weight_again, ion_again, ions_again
from pharmacy.domain.toolbox.ions import Dissolved, Electrolyte, IonIn, dissolved, dissolved_steps, salt_text
from pharmacy.domain.worksheet import Worksheet

GROUP = "Strength and ions"
FREE = ("formula_weight", "charge", "ions", "ion_weight", "name")
MOST_CHARGE = 9


def _salt(given: Given) -> Salt | None:
    """The salt of the table; None where formula weight and charge are typed instead."""
    if not given.has("salt"):
        return None
    typed = [name for name in FREE if given.has(name)]
    if typed:
        raise Impossible(
            "Choose a salt of the table, or leave the salt empty and type its own figures; not both.", typed[0]
        )
    name = given.text("salt")
    found = next((one for one in SALTS if one.name == name), None)
    if found is None:
        raise Impossible(f"{name[:40]} is not in the table; leave the salt empty and type its own figures.", "salt")
    return found


def _electrolyte(given: Given) -> Electrolyte:
    salt = _salt(given)
    if salt is None:
        return _typed(given)
    ions = (_ion(salt.cation, salt.cations), _ion(salt.anion, salt.anions))
    return Electrolyte(salt.name, salt.weight, ions, f"formula weight of {salt.formula}: {SOURCE}")


def _ion(ion: Ion, number: int) -> IonIn:
    return IonIn(ion.name, number, ion.charge if ion.is_fixed else None, ion.weight)


def _typed(given: Given) -> Electrolyte:
    if not given.has("formula_weight"):
        raise Impossible("Choose a salt, or type its formula weight and the charge of its ion.", "salt")
    weight = exact(given.read("formula_weight", parse_positive))
    charge, number = given.count("charge"), given.count("ions") if given.has("ions") else 1
    ion_weight = exact(given.read("ion_weight", parse_positive)) if given.has("ion_weight") else None
    for field, one in (("charge", charge), ("ions", number)):
        if not 1 <= one <= MOST_CHARGE:
            raise Impossible(f"Write a whole number from 1 to {MOST_CHARGE}.", field)
    if ion_weight is not None and ion_weight * number >= weight:
        raise Impossible("The ions weigh more than the salt; look at both weights.", "ion_weight")
    name = given.text("name") if given.has("name") else "the salt"
    return Electrolyte(name, weight, (IonIn("the ion", number, charge, ion_weight),), "formula weight as typed")


def parse_electrolyte(text: str) -> tuple[Mass | Fraction, str]:
    """A mass, or a number of mmol or mEq, above 0, with its unit."""
    number, _, unit = text.strip().replace(NBSP, " ").partition(" ")
    if unit.strip() in {"mEq", "mmol"}:
        value = exact(parse_decimal(number))
        if not value:
            raise NotAQuantity("The amount must be above 0.")
        return value, unit.strip()
    if unit.strip() not in Mass.units:
        raise NotAQuantity("Write a mass, or mmol or mEq, with the unit: 600 mg, 10 mmol or 20 mEq.")
    return parse_mass(text), "mass"


def _ions(given: Given) -> Solution:
    salt, (amount, unit) = _electrolyte(given), given.read("amount", parse_electrolyte)
    found = dissolved(salt, amount, unit)
    title = f"{salt.name}: mass, mmol and mEq"
    answers = {name: one for name, one in _answers(salt, found).items() if name != unit}  # what was given is no answer
    return Solution(Worksheet(title[:1].upper() + title[1:], dissolved_steps(salt, found, unit)), answers)


def _answers(salt: Electrolyte, found: Dissolved) -> dict[str, Answer]:
    answers: dict[str, Answer] = {
        "mass": found.mass,
        "mmol": f"{exact_text(found.mmol)} mmol",
        "mEq": f"{exact_text(found.meq)} mEq",
    }
    for ion in salt.ions:
        key = ion.name.removeprefix("the ").replace(" ", "_")
        answers[f"{key}_mmol"] = f"{exact_text(found.mmol * ion.number)} mmol"
        if ion.weight is not None:
            answers[f"{key}_mass"] = Mass(found.mmol * ion.number * ion.weight)
    return answers


def _ions_again(given: Given, solution: Solution) -> str:
    salt, (amount, unit) = _electrolyte(given), given.read("amount", parse_electrolyte)
    of_table = _salt(given)
    if of_table is not None:
        demand(formula_weight_again(of_table) == salt.weight, "the formula weight")
    answers = solution.answers
    mass = amount if isinstance(amount, Mass) else answers["mass"]
    assert isinstance(mass, Mass)
    mmol, meq = (
        amount if name == unit and isinstance(amount, Fraction) else Fraction(str(answers[name]).partition(" ")[0])
        for name in ("mmol", "mEq")
    )
    ions_again(salt.weight, tuple((one.number, one.charge) for one in salt.ions if one.charge), mass, mmol, meq)
    for ion in salt.ions:
        key = ion.name.removeprefix("the ").replace(" ", "_")
        its, held = answers[f"{key}_mmol"], answers.get(f"{key}_mass")
        assert held is None or isinstance(held, Mass)
        ion_again(ion.number, ion.weight, mmol, Fraction(str(its).partition(" ")[0]), held)
    all_shown(solution)
    each = Mass(salt.weight / (salt.ions[0].number * (salt.ions[0].charge or 1)))
    said = decimal_text(meq, PLACES)
    return f"1{NBSP}mEq is {amount_text(each)} of {salt.name}; {said} times that is {salt_text(salt, Dissolved(mass, mmol, meq))}."


KINDS = (
    ProblemKind(
        "ions",
        "mEq, mmol and ions of a salt",
        GROUP,
        (
            Field(
                "amount",
                "Amount",
                Sort.TEXT,
                "1 g",
                hint="A mass, or mmol, or mEq of the first ion: 1 g, 10 mmol, 20 mEq.",
            ),
            Field(
                "salt",
                "Salt",
                Sort.CHOICE,
                "magnesium sulfate heptahydrate",
                optional=True,
                choices=tuple(one.name for one in SALTS),
                hint="As it is weighed, with its water.",
            ),
            Field(
                "formula_weight",
                "Or its formula weight",
                Sort.NUMBER,
                "",
                optional=True,
                hint="With its water: 246.47.",
            ),
            Field("charge", "Charge of its ion", Sort.COUNT, "", optional=True, hint="Without the sign: 2 of calcium."),
            Field("ions", "Such ions in the formula", Sort.COUNT, "", optional=True, hint="Empty: 1."),
            Field(
                "ion_weight",
                "Weight of that ion",
                Sort.NUMBER,
                "",
                optional=True,
                hint="For the mass of the ion alone.",
            ),
            Field("name", "Name of the salt", Sort.TEXT, "", optional=True),
        ),
        _ions,
        _ions_again,
        bench=True,
    ),
)
