"""Checking the facts against the book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from pharmacy.rules.book import RuleBook
from pharmacy.rules.facts import Facts, MedicineFact, Use
from pharmacy.rules.findings import Finding, Known, Needs
from pharmacy.rules.heading import Case, Heading, Hit
from pharmacy.rules.kinds import Against, Sensitivity
from pharmacy.rules.medicine_kinds import sensitivity_is_understood
from pharmacy.rules.vocabulary import Vocabulary


def check(book: RuleBook, facts: Facts) -> tuple[Finding, ...]:
    """All findings, the most serious first; the same facts give the same findings in the same order.

    It never raises on odd facts: what is missing or cannot be right is a finding of its own. Rules that take effect only
    after the day of the check are left out.
    """
    case = Case(facts, book.choices, book.vocabulary)
    found = (finding for rule in book.rules for finding in _findings(rule.heading, rule.hits(case), facts.on_date))
    unique = {finding.fingerprint: finding for finding in found}
    places = {rule.heading.id: place for place, rule in enumerate(book.rules)}
    return tuple(
        sorted(unique.values(), key=lambda one: (-one.level.rank, places[one.rule_id], one.subject, one.title))
    )


def not_borne(book: RuleBook, facts: Facts) -> tuple[str, ...]:
    """What of the planned formula the patient does not bear: ``Lactose: the formula holds Anhydrous lactose``."""
    case = Case(facts, book.choices, book.vocabulary)
    rules = [one for one in book.rules if isinstance(one, Sensitivity) and one.against is Against.COMPONENTS]
    hits = [hit for rule in rules if rule.heading.effective <= facts.on_date for hit in rule.hits(case)]
    return tuple(dict.fromkeys(f"{hit.words['substance']}: {hit.words['component']}" for hit in hits))


def not_compared(book: RuleBook, facts: Facts) -> tuple[str, ...]:
    """The sensitivities that the book does not know, so that a person compared them with the one formula that was read."""
    case = Case(facts, book.choices, book.vocabulary)
    unknown = (one for one in facts.sensitivities if not sensitivity_is_understood(one, case))
    return tuple(one.words or one.substance for one in unknown)


def medicine_fact(
    vocabulary: Vocabulary,
    text: str,
    use: Use,
    *,
    last_dose: date | None = None,
    named: Iterable[str] = (),
    found: str = "",
    key: str = "",
) -> MedicineFact:
    """A medicine as typed, recognised by today's vocabulary.

    ``named`` are the ingredient codes that a person gave for a name that was not recognised; they never make an opioid
    in the text go away. ``found`` is what a person found out otherwise, and where.
    """
    recognition = vocabulary.recognise(text)
    codes = tuple(named)
    if codes and recognition.open:
        recognition = vocabulary.resolve(codes, text)
    return MedicineFact(text, recognition, use, last_dose, found, key)


def _findings(heading: Heading, hits: Iterable[Hit], on_date: date) -> Iterator[Finding]:
    if heading.effective > on_date:
        return
    for hit in hits:
        words = dict(hit.words)
        yield Finding(
            rule_id=heading.id,
            level=heading.level,
            title=heading.title.format_map(words),
            message=(hit.message or heading.message).format_map(words),
            citation=heading.citation,
            effective=heading.effective,
            checked_on=heading.checked_on,
            about=hit.about,
            subject=hit.subject,
            facts=tuple(Known(name, value) for name, value in sorted(words.items()) if value),
            needs=Needs.of(heading.level, heading.asks),
            label_warnings=heading.label_warnings,
            counselling=tuple(point.format_map(words) for point in heading.counselling),
            clears_when=heading.clears_when,
        )
