"""Problems in a TOML file (docs/problem-format.md): read strictly, solved, and compared with the answers that it states."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from pharmacy.domain import problems
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems.given import BadGiven

FIELDS = frozenset({"name", "source", "solve", "given", "answer", "within", "refused", "printed"})


def read(text: str) -> tuple[dict[str, Any], ...]:
    """The problems of a file; raises :class:`BadGiven` when it is no such file. A bare table is one problem."""
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))  # editors on Windows begin a file with it
    except tomllib.TOMLDecodeError as why:
        raise BadGiven(f"The file is no TOML: {why}.") from None
    except ValueError:  # an integer of more digits than Python turns into a number
        raise BadGiven("The file holds a number that is too long.") from None
    except RecursionError:
        raise BadGiven("The file is nested too deep.") from None
    found = data.get("problem", [data])
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise BadGiven("Write each problem as a table [[problem]].", "problem")
    for at, one in enumerate(found, start=1):
        unknown = sorted(one.keys() - FIELDS)
        if unknown:
            raise BadGiven(f"Problem {at} has an unknown field {unknown[0]}.", unknown[0])
        if not isinstance(one.get("solve"), str) or not isinstance(one.get("given"), dict):
            raise BadGiven(f"Problem {at} needs solve, the kind of problem, and given, a table.", "solve")
        _check_stated(at, one)
    return tuple(found)


def _check_stated(at: int, problem: Mapping[str, Any]) -> None:
    """What a problem states of its answers is text, so that it can be compared."""
    for name in ("answer", "within", "refused"):
        stated = problem.get(name, {})
        if not isinstance(stated, dict) or not all(isinstance(one, (str, int, date)) for one in stated.values()):
            raise BadGiven(f"In problem {at}, {name} must be a table of texts.", name)
    if "refused" in problem and "kind" not in problem["refused"]:
        raise BadGiven(f"In problem {at}, refused must name the kind of error.", "refused")
    for said in problem.get("within", {}).values():
        try:
            Fraction(str(said).partition(" ")[0])
        except (ValueError, ZeroDivisionError):
            raise BadGiven(f"In problem {at}, within must be an amount.", "within") from None


def differences(problem: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the computed answers are not those that the problem states; empty when all agree.

    ``answer`` states them, exactly unless ``within`` says how far off a rounded one may be. ``refused`` states the name
    of the error, and its field, of a problem that must not be solved.
    """
    expected = problem.get("refused")
    try:
        solved = problems.solve(problem["solve"], problem["given"])
    except CalculationRefused as refused:
        if expected and (type(refused).__name__, refused.field) == (expected["kind"], expected.get("field", "")):
            return ()
        return (f"refused: {type(refused).__name__} at {refused.field or 'no field'}: {refused}",)
    if expected:
        return (f"not refused, but {expected['kind']} was expected",)
    found = {one.name: one.value for one in solved.results}
    within = problem.get("within", {})
    return tuple(
        f"{name}: {found.get(name, 'no such answer')}, not {wanted}"
        for name, wanted in problem.get("answer", {}).items()
        if name not in found or not _agrees(found[name], wanted, within.get(name))
    )


def _agrees(found: str, wanted: str, within: str | None) -> bool:
    number, _, unit = found.partition(" ")
    other, _, other_unit = str(wanted).partition(" ")
    try:
        value, stated = Fraction(number), Fraction(other)
        margin = Fraction(str(within).partition(" ")[0]) if within else Fraction(0)
    except (ValueError, ZeroDivisionError):
        return found == str(wanted)
    return unit == other_unit and abs(value - stated) <= margin
