"""Plain JSON shapes as TOML text that a person can read and ``tomllib`` reads back the same.

Python reads TOML and does not write it. What is written here is what ``Plain.to_json`` makes: text, whole numbers,
true and false, lists and tables. A value that is not there is left out, because TOML has no null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def dumps(data: Mapping[str, Any]) -> str:
    """The table as TOML: its plain values first, then its tables, in their order. Ends with a line break."""
    return "\n".join(_table(data, ())).strip("\n") + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    given = {name: value for name, value in data.items() if value is not None}
    for name, value in given.items():
        if not _is_table(value) and not _is_tables(value):
            yield f"{_key(name)} = {_value(value)}"
    for name, value in given.items():
        inner = (*path, name)
        if _is_table(value):
            yield from ("", f"[{_path(inner)}]")
            yield from _table(value, inner)
        elif _is_tables(value):
            for one in value:
                yield from ("", f"[[{_path(inner)}]]")
                yield from _table(one, inner)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        given = (f"{_key(name)} = {_value(one)}" for name, one in value.items() if one is not None)
        return "{ " + ", ".join(given) + " }"
    if isinstance(value, (list, tuple)):
        return _list(value)
    raise TypeError(f"{type(value).__name__} has no place in a formula file")


def _list(values: Sequence[Any]) -> str:
    """One value a line, unless all of them are short."""
    written = [_value(one) for one in values]
    if sum(len(one) for one in written) <= 60:
        return "[" + ", ".join(written) + "]"
    return "[\n" + "".join(f"  {one},\n" for one in written) + "]"


def _text(text: str) -> str:
    """A basic string: what has a short escape gets it, what is no printable sign its number."""
    signs = (_SHORT.get(sign) or (f"\\u{ord(sign):04X}" if _is_control(sign) else sign) for sign in text)
    return '"' + "".join(signs) + '"'


def _is_control(sign: str) -> bool:
    return ord(sign) < 0x20 or 0x7F <= ord(sign) <= 0x9F or sign in "\u2028\u2029\ufeff"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _path(names: Sequence[str]) -> str:
    return ".".join(_key(name) for name in names)
