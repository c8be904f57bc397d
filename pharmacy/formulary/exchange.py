"""A formula as a file: exported as TOML, and read back strictly (docs/formula-format.md). A file is data, never code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import Formula, formula_from_json
from pharmacy.domain.soundness import check_sound
from pharmacy.domain.strength import DRUG
from pharmacy.errors import PharmacyError
from pharmacy.formulary import toml

FORMAT = "triturate formula 1"
LARGEST = 64 * 1024  # bytes
LONGEST_TEXT = 6000  # characters
LONGEST_NUMBER = 40  # digits, points and strokes
MOST_ENTRIES = 100  # of any list
_NUMBER = re.compile(r"[0-9./\s-]+")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff]")


class NotAFormula(PharmacyError):
    """The file holds no formula that can be taken over; ``where`` names the field of the file."""

    def __init__(self, sentence: str, where: str = "") -> None:
        super().__init__(f"{where}: {sentence}" if where else sentence, "file")
        self.where = where


def export_text(formula: Formula, said: str = "") -> str:
    """The formula as a file; ``said`` stands above it as a remark, such as the record and version that it was."""
    remark = f"# {' '.join(said.split())}\n" if said else ""
    return remark + toml.dumps({"format": FORMAT, **formula.to_json()})


def import_text(content: bytes | str) -> Formula:
    """The formula of a file; :class:`NotAFormula` names the field that is wrong. Nothing of it is ever run."""
    return formula_of(parsed(content))


def parsed(content: bytes | str) -> dict[str, Any]:
    """The tables of a file of bearable size."""
    raw = content.encode() if isinstance(content, str) else content
    if not raw.strip():
        raise NotAFormula("The file is empty. Choose a formula that was exported as TOML.")
    if len(raw) > LARGEST:
        raise NotAFormula(f"The file is larger than {LARGEST // 1024} KB; no formula is.")
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))  # editors on Windows begin a file with the byte-order mark
    except UnicodeDecodeError:
        raise NotAFormula("The file is no text in UTF-8. Choose a formula that was exported as TOML.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as why:
        said = str(why)[:120] if isinstance(why, tomllib.TOMLDecodeError) else "it is nested too deep"
        raise NotAFormula(f"The file is no TOML: {said}.") from None


def formula_of(data: Mapping[str, Any]) -> Formula:
    """The formula that these tables hold, sound and of bearable size."""
    given = dict(data)
    written = given.pop("format", None)
    if written != FORMAT:
        raise NotAFormula(f"The first line must be: format = “{FORMAT}”.", "format")
    for where, value in _leaves(given, ""):
        _check_leaf(where, value)
    try:
        formula = formula_from_json(given)
        check_sound(formula)
    except CalculationRefused as refused:
        raise NotAFormula(str(refused), refused.field) from refused
    if formula.substance != DRUG:
        raise NotAFormula(f"This pharmacy makes {DRUG} alone: write “{DRUG}”, or leave it out.", "substance")
    return formula


def _leaves(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _leaves(one, f"{where}.{name}" if where else str(name))
    elif isinstance(value, list):
        if len(value) > MOST_ENTRIES:
            raise NotAFormula(f"There are more than {MOST_ENTRIES} entries.", where)
        for at, one in enumerate(value, start=1):
            yield from _leaves(one, f"{where}[{at}]")
    else:
        yield where, value


def _check_leaf(where: str, value: Any) -> None:
    """Text without invisible signs, and no number longer than anybody writes."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise NotAFormula(f"The text is longer than {LONGEST_TEXT} characters.", where)
        if _INVISIBLE.search(value):
            raise NotAFormula("Take out the invisible characters.", where)
        number = _NUMBER.match(value.strip())
        if number and len(number[0].strip()) > LONGEST_NUMBER:
            raise NotAFormula("The number is longer than any that is measured.", where)
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > 10**6:
            raise NotAFormula("The number is larger than any that is counted.", where)
    else:
        raise NotAFormula("Write it as text with its unit, in quotation marks.", where)


def file_name(number: str, version: int) -> str:
    """``MFR-0006-v2.toml``: the record and the version alone."""
    return f"{number}-v{version}.toml"
