"""A typed medicine name as words and numbers, and the words that name no substance."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pharmacy.rules.reading import Table

Words = tuple[str, ...]

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMBERED = re.compile(r"(?:#|\b(?:no|number)\b\.?)\s*(?=\d)")
_TOKEN = re.compile(r"#\d+|\d+(?:\.\d+)?|[^\W\d_]+\d*")
_EVERY = re.compile(r"\bq\s?\d+\s?(?:h|hr|hrs|hours)\b")
_SPLIT = re.compile(r"([^\W\d_]+)(\d+)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def plain_text(text: str) -> str:
    """Lower case without accents or invisible characters; ``w/`` is with, and a joined ``#`` marks "number n"."""
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(one for one in decomposed if unicodedata.category(one) not in {"Mn", "Cf"}).casefold()
    kept = kept.replace("μ", "u").replace("'", "").replace("’", "")
    kept = re.sub(r"\bw/(?!o)", "with ", kept)
    kept = _EVERY.sub("daily", kept)  # q6h says how often, as every 6 hours does
    return _NUMBERED.sub("#", _THOUSANDS.sub("", kept))


def is_number(word: str) -> bool:
    """Whether the word of a text is a number."""
    return bool(_NUMBER.fullmatch(word))


def tokens(text: str, joined: frozenset[str] = frozenset()) -> Words:
    """The words and numbers of the text, in order. ``d3`` stays one word when it is among the joined ones."""
    found: list[str] = []
    for word in _TOKEN.findall(plain_text(text)):
        parts = _SPLIT.fullmatch(word)
        found.extend(parts.groups() if parts and word not in joined else (word,))
    return tuple(found)


def joined_words(text: str) -> frozenset[str]:
    """The words of a name that mix letters and digits: ``b12``."""
    return frozenset(word for word in _TOKEN.findall(plain_text(text)) if _SPLIT.fullmatch(word))


@dataclass(frozen=True, slots=True)
class WordList:
    """The words that name no substance, as ``words.toml`` explains them."""

    noise: frozenset[str]
    units: frozenset[str]
    phrases: frozenset[Words]
    abbreviations: Mapping[str, Words]
    long_acting: frozenset[str]
    depot: frozenset[str]
    number_traps: frozenset[str]
    never_noise: frozenset[str]
    opioid_stems: Words
    ambiguous: Mapping[str, Words]

    def looks_like_opioid(self, word: str) -> bool:
        return any(stem in word for stem in self.opioid_stems)

    def expand(self, words: Words) -> Words:
        """Exact abbreviations in full, words of one sense only."""
        return tuple(full for word in words for full in self.abbreviations.get(word, (word,)))


def read_words(file: str, content: Mapping[str, Any]) -> WordList:
    """The word lists of ``words.toml``; a dangerous word among the noise is refused."""
    top = Table(file, "the file", {name: value for name, value in content.items() if name != "about"})
    table, ambiguous = top.table("words"), top.table("ambiguous")
    top.finish()
    units = frozenset(table.texts("units"))
    lists = [units, *(table.texts(name) for name in ("forms", "routes", "release", "salts", "times"))]
    noise = frozenset(word for words in lists for word in words)
    never = frozenset(table.texts("never_noise"))
    if wrong := sorted(noise & never):
        raise table.wrong("never_noise", f"{wrong[0]} also stands among the words that need no explanation")
    short = table.take("abbreviations")
    meanings = {word: ambiguous.texts(word) for word in list(content["ambiguous"])}
    result = WordList(
        noise=noise,
        units=units,
        phrases=frozenset(tokens(phrase) for phrase in table.texts("phrases")),
        abbreviations={word: tokens(Table(file, "abbreviations", short).text(word)) for word in short},
        long_acting=frozenset(table.texts("long_acting")),
        depot=frozenset(table.texts("depot")),
        number_traps=frozenset(table.texts("number_traps")),
        never_noise=never,
        opioid_stems=table.texts("opioid_stems"),
        ambiguous=meanings,
    )
    table.finish()
    if wrong := sorted(set(result.abbreviations) & (never | set(meanings))):
        raise table.wrong("abbreviations", f"{wrong[0]} has more than one meaning and is never expanded")
    if wrong := sorted((result.long_acting | result.depot) - noise):
        raise table.wrong("long_acting", f"{wrong[0]} stands in no list of words")
    return result
