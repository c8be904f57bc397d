"""Reading one TOML table strictly: each field has a type, and what nobody asked for is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from string import Formatter
from typing import Any, TypeVar

from pharmacy.domain.quantity import Mass, NotAQuantity
from pharmacy.rules.errors import RuleBookError

Choice = TypeVar("Choice", bound=Enum)
HELD = frozenset({"rules", "opioids", "medicines", "words", "choices"})


class Table:
    """One table of a file; every ``take`` removes a field, and :meth:`finish` refuses what is left."""

    def __init__(self, file: str, name: str, fields: Any) -> None:
        self.file = file
        self.name = name
        if not isinstance(fields, Mapping):
            raise RuleBookError(file, name, "-", "a table is expected here")
        self._left: dict[str, Any] = dict(fields)

    def wrong(self, field: str, why: str) -> RuleBookError:
        return RuleBookError(self.file, self.name, field, why)

    def has(self, field: str) -> bool:
        return field in self._left

    def take(self, field: str) -> Any:
        if field not in self._left:
            raise self.wrong(field, "it is missing")
        return self._left.pop(field)

    def text(self, field: str, default: str | None = None) -> str:
        if default is not None and not self.has(field):
            return default
        value = self.take(field)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(field, "words are expected")
        return value

    def texts(self, field: str, *, optional: bool = False) -> tuple[str, ...]:
        if optional and not self.has(field):
            return ()
        value = self.take(field)
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            raise self.wrong(field, "a list of words is expected")
        if len(set(value)) != len(value):
            raise self.wrong(field, "a word stands there twice")
        return tuple(value)

    def day(self, field: str) -> date:
        value = self.take(field)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.wrong(field, "a day such as 2026-11-23 is expected")
        return value

    def whole(self, field: str) -> int:
        value = self.take(field)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(field, "a whole number is expected")
        return value

    def optional_whole(self, field: str) -> int | None:
        return self.whole(field) if self.has(field) else None

    def flag(self, field: str) -> bool:
        """A field that is true or not there."""
        if not self.has(field):
            return False
        if self.take(field) is not True:
            raise self.wrong(field, "true is expected, or no such field")
        return True

    def choice(self, field: str, kind: type[Choice]) -> Choice:
        value = self.take(field)
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(str(one.value) for one in kind)
            raise self.wrong(field, f"{value!r} is none of {known}") from None

    def choices(self, field: str, kind: type[Choice]) -> tuple[Choice, ...]:
        values = self.texts(field)
        if not values:
            raise self.wrong(field, "it names nothing")
        one_by_one = (Table(self.file, self.name, {field: value}) for value in values)
        return tuple(table.choice(field, kind) for table in one_by_one)

    def table(self, field: str) -> Table:
        return Table(self.file, self.name, self.take(field))

    def tables(self, field: str, *, optional: bool = False) -> tuple[Table, ...]:
        if optional and not self.has(field):
            return ()
        value = self.take(field)
        if not isinstance(value, list):
            raise self.wrong(field, "a list of tables is expected")
        return tuple(Table(self.file, self.name, one) for one in value)

    def mass(self, field: str) -> Mass | None:
        """A bound ``{ value, unit }`` in mcg, mg or g; nothing when the field is not there."""
        if not self.has(field):
            return None
        value, unit = self._measured(field)
        try:
            return Mass.of(value, unit)
        except NotAQuantity as why:
            raise self.wrong(field, str(why)) from why

    def days(self, field: str) -> int:
        """A number of days ``{ value, unit = "day" }``."""
        return self._span(field, "day")

    def years(self, field: str) -> int:
        """A number of years ``{ value, unit = "year" }``."""
        return self._span(field, "year")

    def _span(self, field: str, wanted: str) -> int:
        value, unit = self._measured(field)
        if unit != wanted:
            raise self.wrong(field, f"the unit must be {wanted}, not {unit}")
        if not isinstance(value, int) or value < 1:
            raise self.wrong(field, f"a whole number of {wanted}s from 1 is expected")
        return value

    def _measured(self, field: str) -> tuple[int | Decimal, str]:
        inner = self.table(field)
        value, unit = inner.take("value"), inner.text("unit")
        inner.finish()
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise self.wrong(field, "a number is expected")
        if isinstance(value, Decimal) and not value.is_finite():
            raise self.wrong(field, "the number must be finite")
        return value, unit

    def template(self, field: str, words: frozenset[str], default: str | None = None) -> str:
        """Words with ``{names}`` to be filled in; a name that the kind does not know is refused."""
        text = self.text(field, default)
        check_template(self, field, text, words)
        return text

    def rest(self) -> dict[str, Any]:
        """What nobody took yet, for a table of another name."""
        left, self._left = self._left, {}
        return left

    def finish(self) -> None:
        """Refuse the fields that nobody took."""
        if self._left:
            raise self.wrong(min(self._left), "no such field is known here")


def check_template(table: Table, field: str, text: str, words: frozenset[str]) -> None:
    """Raise when the template is broken or asks for a word that is never filled in."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError as why:
        raise table.wrong(field, f"the braces do not match ({why})") from why
    for _, name, form, conversion in parts:
        if name is not None and (name not in words or form or conversion):
            raise table.wrong(field, f"{{{name}}} is none of the words that this kind fills in")


def read_file(path: Path) -> Mapping[str, Any]:
    """One file as it stands, its numbers exact."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file, parse_float=Decimal)
    except tomllib.TOMLDecodeError as why:
        raise RuleBookError(path.name, "the file", "-", f"it is not readable TOML: {why}") from why


def read_about(path: Path, content: Mapping[str, Any]) -> tuple[str, str]:
    """What the file holds and of which edition it is."""
    about = Table(path.name, "about", content.get("about", {}))
    holds, edition = about.text("holds"), about.text("edition")
    if holds not in HELD:
        raise about.wrong("holds", f"{holds!r} is none of {', '.join(sorted(HELD))}")
    if holds in {"opioids", "medicines", "words"}:
        source = about.table("source")
        for field in ("work", "place", "via"):
            source.text(field)
        source.finish()
    about.finish()
    return holds, edition
