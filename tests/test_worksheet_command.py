"""``flask --app wsgi worksheet`` on what nobody should write into a file: status 1, one sentence, no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pharmacy.cli import worksheet_command

POTENCY = {"assay": "99.2 %", "basis": "anhydrous", "water": "8.9 %", "solvents": "0.1 %"}
BALANCE = {"readability": "0.1 mg", "sensitivity_requirement": "6 mg"}
CAPSULES = {
    **POTENCY,
    **BALANCE,
    "strength": "4.5 mg",
    "count": 100,
    "drug_full": "160 mg",
    "filler_full": "130 mg",
    "size": "3",
}
LIQUID = {**POTENCY, **BALANCE, "concentration": "1 mg/mL", "quantity": "150 mL", "sensitivity_requirement": "1 mg"}
BAD_AMOUNTS = ("0 mg", "-1 mg", "Infinity mg", "NaN mg", f"{'9' * 400} mg", "4.5", "4.5 mL", "4,5 mg", "1e3 mg", "")
CASES = (
    *(("capsules", {**CAPSULES, "strength": bad}, "strength") for bad in BAD_AMOUNTS),
    *(("liquid", {**LIQUID, "quantity": bad}, "quantity") for bad in (*BAD_AMOUNTS, "0 mL", "-1 mL", "101 L")),
    *(("minimum", {**BALANCE, "readability": bad}, "readability") for bad in BAD_AMOUNTS),
    *(("potency", {**POTENCY, "assay": bad}, "assay") for bad in ("0 %", "250 %", "-1 %", "99.2", "99.2 mg", "")),
    *(("potency", {**POTENCY, "water": bad}, "water") for bad in ("100 %", "250 %", "-1 %")),
    *(("capsules", {**CAPSULES, "capacity": bad}, "capacity") for bad in ("0 mL", "0.3 mg", "0.3")),
    *(("capsules", {**CAPSULES, "count": bad}, "count") for bad in (0, -1, "0.5", 10**30, "many", True, [], {})),
    ("minimum", {}, "readability"),
    ("minimum", {"readability": "0.1 mg"}, "sensitivity_requirement"),
    ("minimum", {**BALANCE, "rule": "usp-41"}, "repeatability"),
    ("liquid", {**LIQUID, "parts": [{"name": "glycerin", "amount": "101 mL", "role": "cosolvent"}]}, "parts"),
    ("liquid", {**LIQUID, "parts": [{"name": "glycerin", "amount": "100 mL", "role": "cosolvent"}]}, "parts"),
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return json.dumps(value)


def run(tmp_path: Path, text: str | bytes, *options: str) -> Result:
    path = tmp_path / "problem.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return CliRunner().invoke(worksheet_command, [str(path), *options])


@pytest.mark.parametrize(("kind", "given", "field"), CASES)
def test_bad_input_in_a_file_ends_with_status_1_and_a_sentence(
    tmp_path: Path, kind: str, given: dict[str, object], field: str
) -> None:
    text = f'solve = "{kind}"\ngiven = {toml(given)}\n'
    told = run(tmp_path, text)
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit), told.exception
    said = told.output.strip().splitlines()
    assert len(said) == 2, told.output
    assert said[1].strip().startswith("refused: ")
    assert said[1].endswith("."), said[1]
    assert "Traceback" not in told.output
    (kept,) = json.loads(run(tmp_path, text, "--json").output)
    assert kept["field"].split("[")[0] == field, kept


@pytest.mark.parametrize(
    "text",
    ["", "solve = ", 'solve = "potency"', "given = {}", "problem = 3", b"\xff\xfe", b"\x00", "x = 1e400", "[" * 5000],
)
def test_a_file_that_is_no_problem_ends_the_same_way(tmp_path: Path, text: str | bytes) -> None:
    told = run(tmp_path, text)
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit), told.exception
    assert "Traceback" not in told.output
    assert told.output.strip().endswith("."), told.output


def test_an_expired_calibration_cannot_be_written_into_a_problem(tmp_path: Path) -> None:
    """A problem has no day; a field that it does not have is refused by its name."""
    told = run(tmp_path, f'solve = "minimum"\ngiven = {toml({**BALANCE, "calibrated_until": "2020-01-01"})}\n')
    assert told.exit_code == 1
    assert "calibrated_until is no field of this problem" in told.output
