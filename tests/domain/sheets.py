"""The worked examples as a second person reads them: every line of every worksheet, and every refusal, kept as text.

So are the problems of tests/worksheets/untidy.toml, whose numbers do not divide evenly.

A change of a word, a number or a source shows in tests/worksheets/ as a difference that someone reads. When it is meant:

    .venv/bin/python -m tests.domain.sheets
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from pharmacy.domain import problems
from pharmacy.domain.calculation import all_weighings, delivered_capsules, delivered_liquid, delivered_trituration
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.plan import CapsulePlan, LiquidPlan, TriturationPlan, WeighingKey
from pharmacy.domain.problems.said import Said, said
from pharmacy.domain.routes import TabletPowder, WholeTablets
from pharmacy.domain.worksheet import WorksheetStep
from tests.domain.edges import at_the_edges, whole_examples

EXAMPLES = Path(__file__).parents[1] / "worked_examples"
KEPT = Path(__file__).parents[1] / "worksheets"
HEAD = "## "


def examples() -> dict[tuple[str, str], dict[str, Any]]:
    """Every problem by its file and its name."""
    return {
        (path.stem, one["name"]): one
        for path in [*sorted(EXAMPLES.glob("*.toml")), KEPT / "untidy.toml"]
        for one in tomllib.loads(path.read_text("utf-8"))["problem"]
    }


def as_read(problem: Mapping[str, Any]) -> str:
    """What a person is shown: the worksheet with its answers and its plausibility line, or why there is none."""
    try:
        solved = problems.solve(problem["solve"], problem["given"])
    except CalculationRefused as refused:
        return f"{type(refused).__name__} at {refused.field or 'no field'}: {refused}"
    lines = [f"{solved.solve}: {solved.worksheet.title}"]
    for number, step in enumerate(solved.worksheet.steps, start=1):
        lines += [f"{number:>3}. {said}" if not at else f"     {said}" for at, said in enumerate(_said(step))]
    answers = zip(solved.results, said(solved, problems.PROBLEMS[solved.solve]), strict=True)
    lines += [f"  = {one.name}: {one.value} ({_answer(shown)})" for one, shown in answers]
    return "\n".join([*lines, f"  : {solved.plausibility}", *_delivered(problem)])


def _delivered(problem: Mapping[str, Any]) -> list[str]:
    """What a preparation delivers whose lines were each recorded a little off what was planned."""
    plan = problems.PROBLEMS[problem["solve"]].first(problems.Given(problem["given"])).subject
    if not isinstance(plan, (CapsulePlan, LiquidPlan, TriturationPlan)):
        return []
    recorded = {
        one.key: one.target.times(Fraction(1000 + at % 3 - 1, 1000)) for at, one in enumerate(all_weighings(plan))
    }
    if isinstance(plan, LiquidPlan) and isinstance(plan.route, (WholeTablets, TabletPowder)):
        recorded[WeighingKey.TABLETS] = plan.route.label.times(plan.route.count)  # counted, not weighed
    if isinstance(plan, CapsulePlan):
        found = delivered_capsules(plan, recorded, plan.net.times(Fraction(991, 1000)))
    elif isinstance(plan, LiquidPlan):
        found = delivered_liquid(plan, recorded)
    else:
        found = delivered_trituration(plan, recorded)
    return [*(f"  > {said}" for said in _said(found.step)), f"  > {found.second_way}"]


def _answer(shown: Said) -> str:
    return f"{shown.label}: {shown.text()}, {shown.exact}" if shown.exact else f"{shown.label}: {shown.text()}"


def _said(step: WorksheetStep) -> list[str]:
    said = [
        f"{step.name} = {step.text()}",
        f"words: {step.words}",
        f"numbers: {step.numbers}",
        f"source: {step.source}",
    ]
    return [*said, f"note: {step.note}"] if step.note else said


def kept() -> dict[tuple[str, str], str]:
    """What stands in the files, by file and name."""
    found = {}
    for path in sorted(KEPT.glob("*.txt")):
        for block in path.read_text("utf-8").removeprefix(HEAD).split(f"\n{HEAD}"):
            name, _, body = block.partition("\n")
            found[path.stem, name] = body.strip("\n")
    return found


def write() -> None:
    """Write all files anew."""
    KEPT.mkdir(exist_ok=True)
    texts: dict[str, list[str]] = {}
    for (stem, name), problem in examples().items():
        texts.setdefault(stem, []).append(f"{HEAD}{name}\n{as_read(problem)}\n")
    for path in KEPT.glob("*.txt"):
        path.unlink()
    texts["edges"] = [
        "\n".join([f"{HEAD}{kind}", *at_the_edges(kind, given), ""])
        for kind, given in whole_examples(examples()).items()
    ]
    for stem, blocks in texts.items():
        (KEPT / f"{stem}.txt").write_text("\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    write()
