"""Numbers known between two ends, and the refusal when two ways to one number disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pharmacy.domain.errors import ChecksDisagree


@dataclass(frozen=True, slots=True)
class Span:
    """All numbers from low to high: what a rounded figure may stand for. All spans here are of positive numbers."""

    low: Fraction
    high: Fraction

    def plus(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def less(self, other: Span) -> Span:
        return Span(self.low - other.high, self.high - other.low)

    def by(self, other: Span) -> Span:
        return Span(self.low * other.low, self.high * other.high)

    def per(self, other: Span) -> Span:
        return Span(self.low / other.high, self.high / other.low)

    @property
    def middle(self) -> Fraction:
        return (self.low + self.high) / 2


def only(number: Fraction | int) -> Span:
    """The span of one exact number."""
    return Span(Fraction(number), Fraction(number))


def demand(holds: bool, what: str) -> None:
    """Refuse the worksheet unless the two ways agree; `what` reads after "disagrees about"."""
    if not holds:
        raise ChecksDisagree(f"The second calculation disagrees about {what}; do not use this worksheet.")


def demand_answers(answers: Mapping[str, object], again: Mapping[str, object]) -> None:
    """Refuse the worksheet unless it tells what was found again: each answer, none missing and none more."""
    demand(answers.keys() == again.keys(), "which answers there are")
    for name, value in again.items():
        demand(answers[name] == value, f"the answer {name}")


def within(wanted: Fraction, span: Span, what: str) -> None:
    """Refuse the worksheet unless the number lies in the span."""
    demand(span.low <= wanted <= span.high, what)
