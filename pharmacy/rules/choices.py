"""The coded conditions, purposes and sensitivities that pages offer, and how typed words find their code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pharmacy.rules.reading import Table
from pharmacy.rules.words import Words, tokens

_name_words = cache(tokens)  # names of the list alone: what was typed about a patient is kept nowhere

SENSITIVITY_KINDS = frozenset({"drug", "excipient", "shell"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: the code that is stored, the words that people read, and other words for the same."""

    code: str
    words: str
    also: tuple[str, ...] = ()
    kind: str = ""
    found_as: tuple[str, ...] = ()

    def is_named(self, text: str) -> bool:
        """Whether the text is this choice's code, words or another name for it."""
        given = tokens(text)
        return bool(given) and any(given == _name_words(name) for name in (self.code, self.words, *self.also))

    def is_hinted(self, text: str) -> bool:
        """Whether one of its names stands somewhere in the text."""
        return any(holds(text, name) for name in (self.words, *self.also))

    def is_in(self, component: str) -> bool:
        """Whether a component of that name or code holds it."""
        return any(holds(component, name) for name in self.found_as)


def holds(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text as whole words."""
    inside: Words = tokens(phrase)
    words = tokens(text)
    return bool(inside) and any(words[at : at + len(inside)] == inside for at in range(len(words)))


@dataclass(frozen=True, slots=True)
class Choices:
    """The three lists, each in the order of the page."""

    conditions: tuple[Choice, ...]
    purposes: tuple[Choice, ...]
    sensitivities: tuple[Choice, ...]

    def condition(self, code: str, words: str = "") -> Choice | None:
        return _find(self.conditions, code, words)

    def purpose(self, code: str) -> Choice | None:
        return _find(self.purposes, code, "")

    def sensitivity(self, code: str, words: str = "") -> Choice | None:
        return _find(self.sensitivities, code, words)


def _find(choices: tuple[Choice, ...], code: str, words: str) -> Choice | None:
    exact = (choice for choice in choices if choice.code == code)
    named = (choice for choice in choices if choice.is_named(code) or choice.is_named(words))
    return next(exact, None) or next(named, None)


def read_choices(file: str, content: Mapping[str, Any]) -> Choices:
    """The lists of ``choices.toml``; a repeated code or a sensitivity of no known kind is refused."""
    top = Table(file, "the file", {name: value for name, value in content.items() if name != "about"})
    lists = top.table("choices")
    top.finish()
    result = Choices(*(_read_list(lists, name) for name in ("conditions", "purposes", "sensitivities")))
    lists.finish()
    return result


def _read_list(lists: Table, name: str) -> tuple[Choice, ...]:
    choices: dict[str, Choice] = {}
    for raw in lists.tables(name):
        code = raw.text("code")
        table = Table(raw.file, f"{name} {code}", raw.rest())
        if code in choices:
            raise table.wrong("code", "it is repeated")
        choice = Choice(code, table.text("words"), table.texts("also", optional=True))
        if name == "sensitivities":
            found_as = table.texts("found_as", optional=True)
            choice = Choice(choice.code, choice.words, choice.also, table.text("kind"), found_as)
            if choice.kind not in SENSITIVITY_KINDS:
                raise table.wrong("kind", f"{choice.kind!r} is none of {', '.join(sorted(SENSITIVITY_KINDS))}")
            if choice.kind != "drug" and not choice.found_as:
                raise table.wrong("found_as", "without it no component can be compared")
        table.finish()
        choices[code] = choice
    return tuple(choices.values())
