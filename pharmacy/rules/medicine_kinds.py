"""The comparisons that look at the medicines a patient takes or took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from pharmacy.domain.dates import day_text
from pharmacy.rules.choices import holds
from pharmacy.rules.facts import ConditionFact, MedicineFact, SensitivityFact, Use
from pharmacy.rules.heading import Case, Heading, Hit, read_heading
from pharmacy.rules.reading import Table

MEDICINE_WORDS = frozenset({"medicine", "ingredients"})


def later(day: date, days: int) -> date:
    """The day that many days later, or the last day that the calendar knows."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max


def medicine_words(medicine: MedicineFact, classes: frozenset[str], case: Case) -> dict[str, str]:
    """The medicine as typed, and by name those of its ingredients that the rule looks at."""
    ingredients = case.vocabulary.names_within(medicine.recognition.ingredients, classes)
    return {"medicine": medicine.text, "ingredients": ingredients or medicine.text}


@dataclass(frozen=True, slots=True)
class MedicineClass:
    """Fires for each medicine of one of the classes that is taken in one of the ways."""

    heading: Heading
    classes: frozenset[str]
    uses: frozenset[Use]
    KIND: ClassVar[str] = "medicine-class"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        classes = frozenset(table.texts("classes"))
        return cls(read_heading(table, rule_id, MEDICINE_WORDS), classes, frozenset(table.choices("uses", Use)))

    def hits(self, case: Case) -> Iterator[Hit]:
        for medicine in case.facts.medicines:
            if medicine.use in self.uses and not self.classes.isdisjoint(medicine.recognition.classes):
                words = {**medicine_words(medicine, self.classes, case), "use": medicine.use.value}
                yield Hit("medicine", medicine.subject, words)


@dataclass(frozen=True, slots=True)
class WashOut:
    """Fires for each stopped medicine of one of the classes until enough days have passed since its last dose.

    ``interval`` None: no number of days is known, so that it always fires. ``unknown``: fires when the day of the last
    dose is not known or lies ahead. The interval counts from the last dose, never from a prescription or a fill.
    """

    heading: Heading
    classes: frozenset[str]
    interval: int | None
    unknown: bool
    KIND: ClassVar[str] = "wash-out"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        classes = frozenset(table.texts("classes"))
        modes = [name for name in ("interval", "prescriber_decides", "unknown") if table.has(name)]
        if len(modes) != 1:
            raise table.wrong("interval", "exactly one of interval, prescriber_decides and unknown is expected")
        interval = table.days("interval") if table.has("interval") else None
        table.flag("prescriber_decides")
        unknown = table.flag("unknown")
        dated = {"last_dose", "earliest_start", "days"} if interval else set()
        words = MEDICINE_WORDS | dated | (set() if unknown else {"last_dose"})
        return cls(read_heading(table, rule_id, words), classes, interval, unknown)

    def hits(self, case: Case) -> Iterator[Hit]:
        today = case.facts.on_date
        for medicine in case.facts.medicines:
            if medicine.use is not Use.STOPPED or self.classes.isdisjoint(medicine.recognition.classes):
                continue
            last = medicine.last_dose
            words = medicine_words(medicine, self.classes, case)
            if last is None or last > today:
                if self.unknown:
                    yield Hit("medicine", medicine.subject, words)
            elif not self.unknown and self.interval is None:
                yield Hit("medicine", medicine.subject, {**words, "last_dose": day_text(last)})
            elif self.interval is not None and today < (start := later(last, self.interval)):
                words |= {
                    "last_dose": day_text(last),
                    "earliest_start": day_text(start),
                    "days": str(self.interval),
                }
                yield Hit("medicine", medicine.subject, words)


@dataclass(frozen=True, slots=True)
class MedicationHistory:
    """Fires until somebody has asked which medicines are taken."""

    heading: Heading
    KIND: ClassVar[str] = "medication-history"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        return cls(read_heading(table, rule_id, frozenset()))

    def hits(self, case: Case) -> Iterator[Hit]:
        if not case.facts.history_asked:
            yield Hit("history")


class What(StrEnum):
    """What was not recognised."""

    MEDICINE = "medicine"
    BY_HAND = "by-hand"
    CONDITION = "condition"
    SENSITIVITY = "sensitivity"


@dataclass(frozen=True, slots=True)
class NotRecognised:
    """Fires for what no list explains: nothing was checked for it, and that is never silence."""

    heading: Heading
    what: What
    KIND: ClassVar[str] = "not-recognised"
    WORDS: ClassVar[dict[What, frozenset[str]]] = {
        What.MEDICINE: frozenset({"medicine", "unexplained", "hint"}),
        What.BY_HAND: frozenset({"medicine", "unexplained", "found"}),
        What.CONDITION: frozenset({"condition", "hint"}),
        What.SENSITIVITY: frozenset({"substance"}),
    }

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        what = table.choice("what", What)
        return cls(read_heading(table, rule_id, cls.WORDS[what]), what)

    def hits(self, case: Case) -> Iterator[Hit]:
        if self.what is What.CONDITION:
            yield from (_condition(one, case) for one in case.facts.conditions if not _known_condition(one, case))
        elif self.what is What.SENSITIVITY:
            unknown = (one for one in case.facts.sensitivities if not sensitivity_is_understood(one, case))
            yield from (Hit("sensitivity", one.substance, {"substance": one.words or one.substance}) for one in unknown)
        else:
            by_hand = self.what is What.BY_HAND
            unclear = (one for one in case.facts.medicines if one.recognition.open)
            yield from (_medicine(one) for one in unclear if bool(one.found.strip()) is by_hand)


def _medicine(medicine: MedicineFact) -> Hit:
    recognition = medicine.recognition
    unexplained = ", ".join(f"“{word}”" for word in recognition.unexplained)
    words = {"medicine": medicine.text, "unexplained": unexplained or "it", "found": medicine.found}
    return Hit("medicine", medicine.subject, words | {"hint": _hint(medicine)})


def _hint(medicine: MedicineFact) -> str:
    recognition = medicine.recognition
    parts = []
    if recognition.looks_like_opioid:
        parts.append("It looks like an opioid. ")
    if recognition.look_alikes:
        parts.append(f"One letter makes it {' or '.join(recognition.look_alikes)}: which of them is it? ")
    if recognition.suggestions:
        parts.append(f"Perhaps {' or '.join(recognition.suggestions)} was meant. ")
    return "".join(parts)


def _known_condition(condition: ConditionFact, case: Case) -> bool:
    return case.choices.condition(condition.code, condition.words) is not None


def _condition(condition: ConditionFact, case: Case) -> Hit:
    text = condition.words or condition.code
    hinted = [choice.words for choice in case.choices.conditions if choice.is_hinted(text)]
    hint = f"Perhaps {' or '.join(hinted)} of the list was meant. " if hinted else ""
    return Hit("condition", text, {"condition": text, "hint": hint})


def sensitivity_is_understood(sensitivity: SensitivityFact, case: Case) -> bool:
    """Whether the substance is coded, a component of the formula, or a medicine that the vocabulary knows."""
    text = sensitivity.words or sensitivity.substance
    if case.choices.sensitivity(sensitivity.substance, sensitivity.words):
        return True
    if any(holds(component.name, text) for component in case.facts.components):
        return True
    return not case.vocabulary.recognise(text).open
