"""The rule book in rows for reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pharmacy.rules.book import RuleBook


@dataclass(frozen=True, slots=True)
class Listed:
    """One rule as the page lists it."""

    id: str
    level: str
    title: str
    message: str
    source: str
    via: str
    effective: date
    checked_on: date | None


def listed(book: RuleBook) -> list[Listed]:
    """Every rule that makes findings, the most serious first; within a level in the order of the book."""
    ordered = sorted(book.rules, key=lambda rule: -rule.heading.level.rank)
    return [
        Listed(
            one.id,
            one.level.value,
            _blanks(one.title),
            _blanks(one.message),
            one.citation.text(),
            one.citation.via,
            one.effective,
            one.checked_on,
        )
        for one in (rule.heading for rule in ordered)
    ]


def limits(book: RuleBook) -> list[tuple[str, str, str, str, date | None]]:
    """The beyond-use limits, and that of a component without expiry: what, how long, storage, source, checked on."""
    classes = [(one.title, f"{one.days} days", one.storage, one.citation.text(), one.checked_on) for one in book.limits]
    receipts = [
        (one.title, f"{one.years} {'year' if one.years == 1 else 'years'}", "–", one.citation.text(), one.checked_on)
        for one in book.receipts
    ]
    return classes + receipts


def _blanks(template: str) -> str:
    """What is filled in from the facts reads as … on the page."""
    out, depth = [], 0
    for sign in template:
        if sign == "{":
            depth += 1
            out.append("…")
        elif sign == "}":
            depth -= 1
        elif not depth:
            out.append(sign)
    return "".join(out)
