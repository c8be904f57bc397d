"""What a typed medicine name means: an opioid, a known composition, or not checked. Never silence.

1. Any FLAG phrase is an opioid at once, whatever else the text says.
2. A text clears only when every word is accounted for: inside a CLEAR phrase, or as a number, unit, form, route, release
   word, salt or time of day beside one. "#3" is never noise, and a bare 1 to 4 beside acetaminophen and its like is not
   accounted for (Tylenol #3 holds codeine).
3. A clear name one edit from an opioid's is asked about. Everything else is not checked, and names the words.

What was found is returned even when something else is unexplained, so that the rules look at it all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from pharmacy.domain.plain import Plain
from pharmacy.rules.lexicon import LONGEST, Duration, Entry, Group, Lexicon
from pharmacy.rules.words import WordList, Words, is_number, tokens

MOST_SUGGESTIONS = 5
STANDARD_FROM = Decimal(10)  # mg: from here naltrexone is no low dose (the rule book's dose.ten-fold)
IN_MG = {
    "mg": Decimal(1), "milligram": Decimal(1), "milligrams": Decimal(1), "mcg": Decimal("0.001"), "ug": Decimal("0.001"),
    "microgram": Decimal("0.001"), "micrograms": Decimal("0.001"), "g": Decimal(1000), "gm": Decimal(1000),
    "gram": Decimal(1000), "grams": Decimal(1000),
}  # fmt: skip


class Status(StrEnum):
    """How far a typed name was understood."""

    OPIOID = "opioid"
    CLEAR = "clear"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Recognition(Plain):
    """What a typed name means. ``ingredients`` are codes, ``unexplained`` the words that nothing accounts for.

    ``suggestions`` are names that may have been meant, opioids first, none preselected; ``look_alikes`` opioid names one
    edit away from a word that would have cleared.
    """

    text: str
    status: Status
    ingredients: tuple[str, ...]
    classes: tuple[str, ...]
    unexplained: tuple[str, ...]
    suggestions: tuple[str, ...]
    look_alikes: tuple[str, ...]
    looks_like_opioid: bool
    vocabulary: str

    @property
    def open(self) -> bool:
        """Whether words are left that a person must resolve, even beside an opioid."""
        return self.status is Status.NOT_CHECKED or bool(self.unexplained)


@dataclass(frozen=True, slots=True)
class _Matches:
    flagged: tuple[Entry, ...]
    cleared: tuple[Entry, ...]
    unexplained: Words
    cleared_words: Words


class Vocabulary:
    """All names and words of one version. It never changes once it is made."""

    def __init__(self, version: str, lexicon: Lexicon, words: WordList) -> None:
        self.version = version
        self._lexicon = lexicon
        self._words = words
        self._joined = frozenset(lexicon.joined)
        self._display: dict[str, str] = {}
        self._opioid_words: list[str] = []
        for phrases, opioid in ((lexicon.flag, True), (lexicon.clear, False)):
            for phrase, entry in phrases.items():
                word = max(phrase, key=len) if len(phrase) > 1 else phrase[0]
                if len(word) < 4 or word in words.noise:
                    continue
                if len(phrase) == 1 or word not in self._display:
                    self._display[word] = entry.name
                if opioid and len(phrase) == 1:
                    self._opioid_words.append(word)
        self._opioids = frozenset(self._opioid_words)
        self._all_words = list(self._display)

    def ingredients(self) -> Mapping[str, str]:
        """The known ingredients, code to name, in the order of their names."""
        ordered = sorted(self._lexicon.ingredients.items(), key=lambda pair: pair[1].casefold())
        return MappingProxyType(dict(ordered))

    def names(self, codes: Iterable[str]) -> str:
        """The ingredients in words; a code that is no longer known stands as it is."""
        return ", ".join(self._lexicon.ingredients.get(code, code) for code in codes)

    def names_within(self, codes: Iterable[str], classes: frozenset[str]) -> str:
        """The names of those ingredients that are of one of the classes; of all of them when none is by itself."""
        codes = tuple(codes)
        known = {code: self._lexicon.by_code[code].classes for code in codes if code in self._lexicon.by_code}
        return self.names([code for code, own in known.items() if own & classes] or codes)

    @property
    def classes(self) -> Mapping[str, str]:
        """The classes that rules may name, code to words."""
        return MappingProxyType(self._lexicon.classes)

    def recognise(self, text: str) -> Recognition:
        """What the typed text means. It never raises and never guesses."""
        words = self._words.expand(tokens(text, self._joined))
        found = self._match(words)
        entries = found.flagged + found.cleared
        ingredients = tuple(dict.fromkeys(code for entry in entries for code in entry.ingredients))
        unexplained = tuple(dict.fromkeys((*found.unexplained, *self._bare_numbers(words, entries, ingredients))))
        look_alikes = self._look_alikes(found)
        if found.flagged:
            status = Status.OPIOID
        elif ingredients and not unexplained and not look_alikes:
            status = Status.CLEAR
        else:
            status = Status.NOT_CHECKED
        numbered = self._numbered(unexplained, ingredients)
        suggestions = tuple(dict.fromkeys((*numbered, *self._suggestions(unexplained))))[:MOST_SUGGESTIONS]
        return Recognition(
            text=text,
            status=status,
            ingredients=ingredients,
            classes=self._classes(words, entries),
            unexplained=unexplained,
            suggestions=suggestions,
            look_alikes=look_alikes if not found.flagged else (),
            looks_like_opioid=any(map(self._looks_like_opioid, unexplained)) or bool(look_alikes or numbered),
            vocabulary=self.version,
        )

    def resolve(self, codes: Iterable[str], text: str = "") -> Recognition:
        """What the text means once a person has said which ingredients are in it.

        Strength and release words of the text still count, and an opioid in it stays one. A code that is not known leaves
        the text not checked, named by its words.
        """
        named = tuple(dict.fromkeys(codes))
        before = self.recognise(text)
        known = tuple(self._lexicon.by_code[code] for code in named if code in self._lexicon.by_code)
        unknown = tuple(code for code in named if code not in self._lexicon.by_code)
        words = self._words.expand(tokens(text, self._joined))
        found = self._match(words)
        entries = (*found.flagged, *found.cleared, *known)
        opioid = bool(found.flagged) or any(entry.duration is not None for entry in known)
        status = Status.NOT_CHECKED if unknown or not known else Status.CLEAR
        return replace(
            before,
            status=Status.OPIOID if opioid else status,
            ingredients=tuple(dict.fromkeys(code for entry in entries for code in entry.ingredients)),
            classes=self._classes(words, entries),
            unexplained=unknown if known else before.unexplained + unknown,
            suggestions=() if known else before.suggestions,
            look_alikes=() if known else before.look_alikes,
            looks_like_opioid=before.looks_like_opioid and not known,
        )

    def _match(self, words: Words) -> _Matches:
        """Longest phrase first, FLAG and CLEAR separately; CLEAR explains only what no FLAG phrase holds."""
        flagged, taken = _longest(words, self._lexicon.flag, frozenset())
        cleared, explained = _longest(words, self._lexicon.clear, taken)
        phrases = dict.fromkeys(self._words.phrases, None)
        _, in_phrase = _longest(words, phrases, taken | explained)
        done = taken | explained | in_phrase
        left = (word for place, word in enumerate(words) if place not in done)
        unexplained = tuple(word for word in left if word not in self._words.noise and not is_number(word))
        cleared_words = tuple(words[place] for place in sorted(explained))
        return _Matches(tuple(flagged), tuple(cleared), unexplained, cleared_words)

    def _bare_numbers(self, words: Words, entries: tuple[Entry, ...], ingredients: tuple[str, ...]) -> Words:
        """Numbers that may stand for an opioid beside the ingredients that come with one.

        A bare 1 to 4 ("Tylenol 3" is Tylenol #3), and more strengths in a row than there are ingredients ("acetaminophen
        300-30 mg" has 30 mg of codeine).
        """
        if self._words.number_traps.isdisjoint(ingredients) or any(entry.duration for entry in entries):
            return ()
        pairs = zip(words, (*words, "")[1:], strict=True)
        bare = [word for word, after in pairs if is_number(word) and after not in self._words.units]
        found = [word for word in bare if Decimal(word) in {1, 2, 3, 4}]
        for is_run, run in groupby(words, key=is_number):
            numbers = list(run)
            if is_run and len(numbers) > max(1, len(ingredients)):
                found.extend(numbers)
        return tuple(found)

    def _numbered(self, unexplained: Words, ingredients: tuple[str, ...]) -> tuple[str, ...]:
        """The opioid products that a bare number beside these ingredients may mean: ``Tylenol #3``."""
        marks = {f"#{word}" for word in unexplained if is_number(word)}
        products = ((phrase, entry) for phrase, entry in self._lexicon.flag.items() if phrase[-1] in marks)
        return tuple(entry.name for _, entry in products if not set(ingredients).isdisjoint(entry.ingredients))

    def _look_alikes(self, found: _Matches) -> tuple[str, ...]:
        words = (word for word in found.cleared_words if len(word) >= 4 and not is_number(word))
        near = (
            name
            for word in words
            for name, _, _ in extract(
                word, self._opioid_words, scorer=OSA.distance, score_cutoff=1, limit=MOST_SUGGESTIONS
            )
        )
        return tuple(dict.fromkeys(self._display[name] for name in near))

    def _suggestions(self, unexplained: Words) -> tuple[str, ...]:
        ranked: dict[str, tuple[bool, int, str]] = {}
        for word in unexplained:
            for name in self._words.ambiguous.get(word, ()):
                ranked[name] = (False, -1, name)
            if len(word) < 4:
                continue
            cutoff = 1 if len(word) == 4 else 2
            for near, distance, _ in extract(
                word, self._all_words, scorer=OSA.distance, score_cutoff=cutoff, limit=None
            ):
                name = self._display[near]
                rank = (near not in self._opioids, int(distance), name)
                ranked[name] = min(rank, ranked.get(name, rank))
        return tuple(sorted(ranked, key=lambda name: ranked[name])[:MOST_SUGGESTIONS])

    def _looks_like_opioid(self, word: str) -> bool:
        near = extract(word, self._opioid_words, scorer=OSA.distance, score_cutoff=2, limit=1) if len(word) > 4 else ()
        return bool(near) or self._words.looks_like_opioid(word) or word in self._words.ambiguous

    def _classes(self, words: Words, entries: Iterable[Entry]) -> tuple[str, ...]:
        """The classes of all that was found. Of several durations of an opioid the longest holds."""
        classes: set[str] = set()
        durations: list[Duration] = []
        for entry in entries:
            classes |= entry.classes
            if Group.OPIOID in entry.classes and entry.duration is not None:
                durations.append(self._duration(words, entry))
        if durations:
            classes.add(f"opioid-{max(durations, key=list(Duration).index).value}")
        if "naltrexone-dose" in classes:
            classes.remove("naltrexone-dose")
            classes |= self._naltrexone_class(words, classes)
        elif "naltrexone-low" in classes and self._naltrexone_dose(words) >= STANDARD_FROM:
            classes = (classes - {"naltrexone-low"}) | {"naltrexone-standard"}
        return tuple(sorted(classes))

    def _duration(self, words: Words, entry: Entry) -> Duration:
        assert entry.duration is not None
        if entry.duration is Duration.DEPOT or (entry.has_depot and not self._words.depot.isdisjoint(words)):
            return Duration.DEPOT
        return Duration.LONG if not self._words.long_acting.isdisjoint(words) else entry.duration

    def _naltrexone_class(self, words: Words, others: set[str]) -> set[str]:
        """Low, standard, depot or unknown: by the words beside the ingredient, unless a product name said it."""
        if {"naltrexone-standard", "naltrexone-depot"} & others:
            return set()
        if not self._words.depot.isdisjoint(words):
            return {"naltrexone-depot"}
        dose = self._naltrexone_dose(words)
        if dose >= STANDARD_FROM or "bupropion" in words:
            return {"naltrexone-standard"}
        return {"naltrexone-low"} if dose or "naltrexone-low" in others else {"naltrexone-dose-unknown"}

    def _naltrexone_dose(self, words: Words) -> Decimal:
        """The highest amount that the text names, in mg; 0 when it names none."""
        pairs = zip(words, (*words, "")[1:], strict=True)
        amounts = (Decimal(word) * IN_MG[after] for word, after in pairs if is_number(word) and after in IN_MG)
        return max(amounts, default=Decimal(0))


def _longest(
    words: Words, phrases: Mapping[Words, Entry | None], taken: frozenset[int]
) -> tuple[list[Entry], frozenset[int]]:
    """The entries of the longest phrases from left to right, and the places that they cover."""
    found: list[Entry] = []
    covered: set[int] = set()
    place = 0
    while place < len(words):
        for length in range(min(LONGEST, len(words) - place), 0, -1):
            span = range(place, place + length)
            if taken.isdisjoint(span) and words[place : place + length] in phrases:
                entry = phrases[words[place : place + length]]
                found.extend((entry,) if entry else ())
                covered |= set(span)
                place += length - 1
                break
        place += 1
    return found, frozenset(covered)
