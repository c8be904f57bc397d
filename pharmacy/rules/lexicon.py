"""The names of medicines as phrases: FLAG phrases are opioids, CLEAR phrases have a known composition. Never mixed.

A union of both would let opioids pass in silence; so would ignoring unknown words. Hence two lists: any FLAG phrase makes
a text an opioid, and only a text wholly explained by CLEAR phrases clears.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pharmacy.rules.reading import Table
from pharmacy.rules.words import Words, joined_words, tokens

LONGEST = 8
_CODE = re.compile(r"[^a-z0-9]+")


class Group(StrEnum):
    """What an ingredient of ``opioids.toml`` is."""

    OPIOID = "opioid"
    LOPERAMIDE = "antidiarrheal-loperamide"
    PRESCRIPTION = "antidiarrheal-prescription"
    KAPPA = "kappa-agonist"


class Duration(StrEnum):
    """How long an opioid acts, and so which opioid-free interval holds."""

    SHORT = "short"
    LONG = "long"
    DEPOT = "depot"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a name means: ingredient codes, classes, and for an opioid how long it acts."""

    name: str
    ingredients: tuple[str, ...]
    classes: frozenset[str]
    duration: Duration | None = None
    has_depot: bool = False


@dataclass(slots=True)
class Lexicon:
    """All names, as they are collected from the files; read-only once the vocabulary holds it."""

    flag: dict[Words, Entry] = field(default_factory=dict)
    clear: dict[Words, Entry] = field(default_factory=dict)
    ingredients: dict[str, str] = field(default_factory=dict)
    by_code: dict[str, Entry] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)

    def add(self, table: Table, where: str, flag: bool, entry: Entry) -> None:
        """Add one name; a name with two meanings, or in both lists, is refused."""
        phrase = tokens(entry.name, frozenset(self.joined))
        if not phrase or len(phrase) > LONGEST:
            raise table.wrong(where, f"{entry.name!r} has no words or more than {LONGEST}")
        if phrase in (self.clear if flag else self.flag):
            raise table.wrong(where, f"{entry.name!r} stands among opioids and among other medicines")
        same = (self.flag if flag else self.clear).setdefault(phrase, entry)
        if same.ingredients != entry.ingredients or same.duration != entry.duration:
            raise table.wrong(where, f"{entry.name!r} has two meanings")


def code_of(name: str) -> str:
    """The code of an ingredient: its name in lower case, words joined by hyphens."""
    return _CODE.sub("-", name.casefold()).strip("-")


def all_names(content: Any) -> Iterator[str]:
    """Every piece of text in the tables, so that words such as b12 are known before any name is split."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield name
            yield from all_names(value)
    elif isinstance(content, list):
        for value in content:
            yield from all_names(value)


def read_lexicon(
    opioids: tuple[str, Mapping[str, Any]], medicines: tuple[str, Mapping[str, Any]], ambiguous: frozenset[str]
) -> Lexicon:
    """Both files together. Every ingredient, class and name is checked; see the heads of the files for the fields."""
    lexicon = Lexicon(joined=set(ambiguous))
    for part in (opioids[1].get("opioid", []), medicines[1].get("group", [])):
        for name in all_names(part):
            lexicon.joined |= joined_words(name)
    groups = _medicine_tables(lexicon, *medicines)
    rows = _opioid_tables(lexicon, *opioids)
    for table, classes in groups:
        for text in table.texts("products", optional=True):
            _add_product(lexicon, table, text, classes)
        table.finish()
    for table in rows:
        _add_opioid_products(lexicon, table)
        table.finish()
    return lexicon


def _medicine_tables(lexicon: Lexicon, file: str, content: Mapping[str, Any]) -> list[tuple[Table, frozenset[str]]]:
    top = Table(file, "the file", {name: value for name, value in content.items() if name != "about"})
    words = top.take("classes")
    lexicon.classes.update({name: Table(file, "classes", words).text(name) for name in words})
    groups = []
    for number, raw in enumerate(top.tables("group"), start=1):
        table = Table(file, f"group {number}", raw.rest())
        classes = frozenset(table.texts("classes"))
        if wrong := sorted(classes - lexicon.classes.keys() - {"naltrexone-dose"}):
            raise table.wrong("classes", f"{wrong[0]} is no known class")
        for text in table.texts("ingredients"):
            _add_ingredient(lexicon, table, text, classes)
        groups.append((table, classes))
    top.finish()
    return groups


def _new_ingredient(lexicon: Lexicon, table: Table, where: str, entry: Entry) -> None:
    code = entry.ingredients[0]
    if code in lexicon.ingredients:
        raise table.wrong(where, f"{entry.name} is listed twice")
    lexicon.ingredients[code] = entry.name
    lexicon.by_code[code] = entry


def _add_ingredient(lexicon: Lexicon, table: Table, text: str, classes: frozenset[str]) -> None:
    name, colon, others = text.partition(":")
    entry = Entry(name.strip(), (code_of(name),), classes, None, "naltrexone-dose" in classes)
    _new_ingredient(lexicon, table, "ingredients", entry)
    names = [entry.name, *(other.strip() for other in others.split(",") if colon)]
    for one in names:
        lexicon.add(table, "ingredients", False, Entry(one, entry.ingredients, classes, None, entry.has_depot))


def _add_product(lexicon: Lexicon, table: Table, text: str, classes: frozenset[str]) -> None:
    name, colon, parts = text.partition(":")
    codes = tuple(code_of(part) for part in parts.split("+"))
    if not colon or (wrong := [code for code in codes if code not in lexicon.ingredients]):
        raise table.wrong("products", f"{text!r}: {wrong[0] if colon else 'its composition'} is not listed")
    held = frozenset(one for code in codes for one in lexicon.by_code[code].classes) - {"naltrexone-dose"}
    lexicon.add(table, "products", False, Entry(name.strip(), codes, classes | held))


def _opioid_tables(lexicon: Lexicon, file: str, content: Mapping[str, Any]) -> list[Table]:
    top = Table(file, "the file", {name: value for name, value in content.items() if name != "about"})
    rows = []
    for raw in top.tables("opioid"):
        name = raw.text("name")
        table = Table(file, f"opioid {name}", raw.rest())
        group, duration = table.choice("group", Group), table.choice("duration", Duration)
        entry = Entry(name, (code_of(name),), frozenset({group.value}), duration, table.has("depot"))
        _new_ingredient(lexicon, table, "name", entry)
        for one in (name, *table.texts("names", optional=True)):
            lexicon.add(table, "names", True, Entry(one, entry.ingredients, entry.classes, duration, entry.has_depot))
        rows.append(Table(file, table.name, {"code": code_of(name), **table.rest()}))
    top.finish()
    return rows


def _add_opioid_products(lexicon: Lexicon, table: Table) -> None:
    entry = lexicon.by_code[table.text("code")]
    assert entry.duration is not None
    for field_, duration in (
        ("brands", entry.duration),
        ("contains", entry.duration),
        ("long", Duration.LONG),
        ("depot", Duration.DEPOT),
    ):
        for name in table.texts(field_, optional=True):
            lexicon.add(table, field_, True, Entry(name, entry.ingredients, entry.classes, duration, entry.has_depot))
    combined = table.take("combined") if table.has("combined") else {}
    names = Table(table.file, table.name, combined)
    for with_ in combined:
        codes = tuple(code_of(part) for part in with_.split("+"))
        if wrong := [code for code in codes if code not in lexicon.ingredients]:
            raise table.wrong("combined", f"{wrong[0]} is not listed")
        held = frozenset(one for code in codes for one in lexicon.by_code[code].classes) - {"naltrexone-dose"}
        if "naltrexone" in codes:
            held |= {"naltrexone-standard"}  # Embeda and Troxyca: sequestered, but a full dose once chewed
        for name in names.texts(with_):
            whole = (*entry.ingredients, *codes)
            duration = Duration.LONG if "naltrexone" in codes or _says_long(name) else entry.duration
            lexicon.add(table, "combined", True, Entry(name, whole, entry.classes | held, duration, entry.has_depot))


def _says_long(name: str) -> bool:
    return not {"er", "xr", "sr", "cr"}.isdisjoint(tokens(name))
