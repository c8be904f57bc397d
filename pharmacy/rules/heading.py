"""What every rule has, whatever it compares; and what a comparison hands back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from pharmacy.rules.choices import Choices
from pharmacy.rules.facts import Facts
from pharmacy.rules.findings import ASKED_AT, Asks, Citation, LabelWarning, Level
from pharmacy.rules.reading import Table, check_template
from pharmacy.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Heading:
    """The fields that every rule has; the head of ``daily_dose.toml`` tells what each means."""

    id: str
    level: Level
    asks: Asks
    title: str
    message: str
    clears_when: str
    effective: date
    checked_on: date | None
    citation: Citation
    label_warnings: tuple[LabelWarning, ...]
    counselling: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """The facts, with the lists that explain their codes."""

    facts: Facts
    choices: Choices
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class Hit:
    """One time that a rule fires: about what, the words for its templates, and another message than the usual one."""

    about: str
    subject: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


class Rule(Protocol):
    """A rule of any kind that makes findings."""

    @property
    def heading(self) -> Heading: ...

    def hits(self, case: Case) -> Iterator[Hit]:
        """Each time that the rule fires; it never raises."""
        ...


def read_source(table: Table) -> Citation:
    """Who says so: ``{ work, place, via }``, all three required."""
    source = Table(table.file, f"{table.name}, source", table.take("source"))
    citation = Citation(source.text("work"), source.text("place"), source.text("via"))
    source.finish()
    return citation


def read_heading(table: Table, rule_id: str, words: frozenset[str]) -> Heading:
    """The fields that every rule has. ``words`` are those that its kind fills into the templates."""
    level, asks = table.choice("level", Level), table.choice("asks", Asks)
    if asks not in ASKED_AT[level]:
        allowed = ", ".join(sorted(ASKED_AT[level]))
        raise table.wrong("asks", f"at level {level.value} it must be {allowed}")
    points = table.texts("counselling", optional=True)
    for point in points:
        check_template(table, "counselling", point, words)
    return Heading(
        id=rule_id,
        level=level,
        asks=asks,
        title=table.template("title", words),
        message=table.template("message", words),
        clears_when=table.text("clears_when"),
        effective=table.day("effective"),
        checked_on=table.day("checked_on") if table.has("checked_on") else None,
        citation=read_source(table),
        label_warnings=tuple(_read_warning(one) for one in table.tables("label_warnings", optional=True)),
        counselling=points,
    )


def _read_warning(table: Table) -> LabelWarning:
    warning = LabelWarning(table.text("text"), table.text("symbol"), table.whole("weight"))
    table.finish()
    return warning
