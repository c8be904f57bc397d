"""What becomes of a problem when one field of it is 0, very small, at an edge, or missing: a line for each, kept as text.

A limit that moves, a sentence that changes or another field that is named shows in tests/worksheets/edges.txt as a difference
that someone reads. When it is meant:

    .venv/bin/python -m tests.domain.sheets
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pharmacy.domain import problems
from pharmacy.domain.errors import CalculationRefused

NUMBER = re.compile(r"(?<![\w.\-/])\d+(?:\.\d+)?(?![\w\-/:.])")
AMOUNTS = ("0", "0.001", "0.5", "1", "1.5", "100000")
PERCENTS = ("0", "0.5", "1", "50", "99.9", "100", "100.1", "110", "110.1", "250")
COUNTS = (0, 1, 2, 3, 9, 10, 25, 101, 1000, 3650, 3651, 100_000)


def whole_examples(examples: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each kind the solved example that gives most."""
    found: dict[str, dict[str, Any]] = {}
    for problem in examples.values():
        kind, given = problem["solve"], problem["given"]
        if len(given) > len(found.get(kind, {})) and _reads(kind, given).startswith("="):
            found[kind] = given
    return found


def at_the_edges(kind: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Each change of one field, and what comes of it."""
    for name, value in given.items():
        for changed in _changes(value):
            yield f"{name} = {changed} {_reads(kind, {**given, name: changed})}"
        rest = {other: one for other, one in given.items() if other != name}
        yield f"{name} left out {_reads(kind, rest)}"


def _changes(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (one for one in COUNTS if one != value)
    elif isinstance(value, str) and (found := NUMBER.search(value)):
        for one in PERCENTS if value.endswith("%") else AMOUNTS:
            if one != found[0]:
                yield f"{value[: found.start()]}{one}{value[found.end() :]}"
    elif isinstance(value, list) and value and isinstance(value[0], str):
        for changed in _changes(value[0]):
            yield [changed, *value[1:]]
        yield value[:1]


def _reads(kind: str, given: Mapping[str, Any]) -> str:
    try:
        solved = problems.solve(kind, given)
    except CalculationRefused as refused:
        return f"✗ {type(refused).__name__} at {refused.field or 'no field'}: {refused}"
    return f"= {'; '.join(f'{one.name} {one.value}' for one in solved.results)}"
