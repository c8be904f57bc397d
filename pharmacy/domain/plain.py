"""Frozen dataclasses as plain JSON and back: exact, canonical, and refused when a field is missing or unknown.

Numbers become text (``"4.5"``, or ``"1/3"`` where no decimal is exact), amounts carry their base unit (``"523.4 mg"``),
dates are ISO, enums their value, tuples lists. A class that is one of several in a union names itself by ``kind``.
"""

from __future__ import annotations

import dataclasses
import re
import types
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from pharmacy.domain.errors import CalculationRefused, NotInTheRecord
from pharmacy.domain.quantity import Amount, Concentration, Density, Mass, Volume

_EXACT = re.compile(r"-?[0-9]+(?:\.[0-9]+|/[1-9][0-9]*)?", re.ASCII)
_UNITS: dict[str, type[Amount]] = {"mg": Mass, "mL": Volume, "mg/mL": Concentration, "g/mL": Density}
BASE_UNITS: dict[type[Amount], str] = {kind: unit for unit, kind in _UNITS.items()}


class Plain:
    """A frozen dataclass that can be stored as JSON exactly as it is."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary of text, whole numbers, booleans, lists and dictionaries."""
        result = _dump(self)
        assert isinstance(result, dict)
        return result

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The same object again; raises :class:`NotInTheRecord` when the data are not of this class."""
        result = _load(cls, data)
        assert isinstance(result, cls)
        return result


def exact_text(value: Fraction) -> str:
    """The number without loss: a decimal when it has one, else a fraction."""
    twos_and_fives, places = value.denominator, 0
    while twos_and_fives % 10 == 0:
        twos_and_fives //= 10
        places += 1
    for prime in (2, 5):
        while twos_and_fives % prime == 0:
            twos_and_fives //= prime
            places += 1
    if twos_and_fives != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    text = f"{digits[: len(digits) - places]}.{digits[len(digits) - places :]}" if places else digits
    return ("-" if value < 0 else "") + (text.rstrip("0").rstrip(".") if places else text)


def exact_number(text: Any) -> Fraction:
    """A number that :func:`exact_text` wrote."""
    if not isinstance(text, str) or not _EXACT.fullmatch(text):
        raise NotInTheRecord('A number is not readable: it is text such as "4.5" or "1/3".')
    return Fraction(text)


def _dump(value: Any) -> Any:
    if isinstance(value, (Mass, Volume, Concentration, Density)):
        return f"{exact_text(value.value)} {BASE_UNITS[type(value)]}"
    if dataclasses.is_dataclass(value):
        plain = {field.name: _dump(getattr(value, field.name)) for field in dataclasses.fields(value)}
        kind = getattr(type(value), "kind", None)
        return {"kind": kind, **plain} if isinstance(kind, str) else plain
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Fraction):
        return exact_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_dump(item) for item in value]
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"{type(value).__name__} is not stored")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _load(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _one_of(get_args(kind), data)
    if origin is tuple:
        if not isinstance(data, list):
            raise NotInTheRecord("A list is expected.")
        item = get_args(kind)[0]
        return tuple(_load_at(f"[{at}]", item, one) for at, one in enumerate(data, start=1))
    if kind in BASE_UNITS:
        return _amount(kind, data)
    if dataclasses.is_dataclass(kind):
        return _object(kind, data)
    return _scalar(kind, data)


def _scalar(kind: Any, data: Any) -> Any:
    if kind is Decimal:
        return Decimal(_plain_decimal(data))
    if kind is Fraction:
        return exact_number(data)
    if kind in {str, int, bool}:
        if type(data) is not kind:
            raise NotInTheRecord(f"{_KIND_WORDS[kind]} is expected.")
        return data
    if isinstance(kind, type) and issubclass(kind, (date, Enum)):
        try:
            return date.fromisoformat(data) if issubclass(kind, date) else kind(data)
        except (TypeError, ValueError) as why:
            raise NotInTheRecord(_expected(kind)) from why
    raise TypeError(f"{kind} is not stored")


def _plain_decimal(data: Any) -> str:
    if not isinstance(data, str) or "/" in data or not _EXACT.fullmatch(data):
        raise NotInTheRecord('A number is expected, as text such as "4.5".')
    return data


def _amount(kind: type[Amount], data: Any) -> Amount:
    number, _, unit = data.partition(" ") if isinstance(data, str) else ("", "", "")
    if BASE_UNITS[kind] != unit:
        raise NotInTheRecord(_amount_words([BASE_UNITS[kind]]))
    return kind(exact_number(number))


def _one_of(kinds: tuple[Any, ...], data: Any) -> Any:
    if data is None and type(None) in kinds:
        return None
    for kind in kinds:
        if kind in BASE_UNITS:
            fits = isinstance(data, str) and data.endswith(f" {BASE_UNITS[kind]}")
        elif dataclasses.is_dataclass(kind) and len([one for one in kinds if dataclasses.is_dataclass(one)]) > 1:
            fits = isinstance(data, dict) and data.get("kind") == getattr(kind, "kind", None)
        else:
            fits = kind is not type(None) and (kind not in {int, str, bool} or type(data) is kind)
        if fits:
            return _load(kind, data)
    raise NotInTheRecord(_one_of_words(kinds))


def _object(kind: Any, data: Any) -> Any:
    if not isinstance(data, dict):
        raise NotInTheRecord("A table of fields is expected.")
    named = getattr(kind, "kind", None)
    given = dict(data)
    if isinstance(named, str) and given.pop("kind", None) != named:
        raise NotInTheRecord(f"Here stands: {named}.", "kind")
    hints = _hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    needed = {
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    missing, unknown = sorted(needed - given.keys()), sorted(given.keys() - fields.keys())
    if missing:
        raise NotInTheRecord("This field is missing: write it.", missing[0])
    if unknown:
        raise NotInTheRecord("There is no such field: take it out, or look how it is spelt.", unknown[0])
    return kind(**{name: _load_at(name, hints[name], value) for name, value in given.items()})


def _load_at(name: str, kind: Any, data: Any) -> Any:
    """Whatever is refused here names its field, with the fields and places around it: ``quality_checks[2].name``."""
    try:
        return _load(kind, data)
    except CalculationRefused as refused:
        dot = "." if refused.field and not refused.field.startswith("[") else ""
        refused.field = f"{name}{dot}{refused.field}"
        raise


_KIND_WORDS = {str: "Text in quotation marks", int: "A whole number", bool: "true or false"}


def _amount_words(units: list[str]) -> str:
    examples = (f'"4.5 {unit}"' for unit in units)
    return f"An amount in {' or '.join(units)} is expected, such as {' or '.join(examples)}."


def _one_of_words(kinds: tuple[Any, ...]) -> str:
    """What may stand where one of several kinds may: amounts by their units, else tables by their names."""
    units = [BASE_UNITS[kind] for kind in kinds if kind in BASE_UNITS]
    if units:
        return _amount_words(units)
    named = [str(getattr(kind, "kind", "")) for kind in kinds if dataclasses.is_dataclass(kind)]
    if all(named) and named:
        return f"A table is expected whose kind is one of: {', '.join(named)}."
    words = [_KIND_WORDS[kind] for kind in kinds if kind in _KIND_WORDS]
    return f"{' or '.join(words) or 'Another value'} is expected."


def _expected(kind: type) -> str:
    if issubclass(kind, Enum):
        return f"One of these is expected: {', '.join(str(one.value) for one in kind)}."
    return 'A day is expected, such as "2026-03-02".'
