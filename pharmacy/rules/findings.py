"""A finding: what a rule found, how serious it is, who says so, and what decides it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from functools import total_ordering
from hashlib import sha256
from typing import ClassVar

from pharmacy.domain.plain import Plain


@total_ordering
class Level(Enum):
    """How serious a finding is; a greater level is more serious.

    ``BLOCK`` has no override. ``STOP`` needs a signature, and prescriber contact where the rule asks for it.
    ``NOT CHECKED`` cannot be accepted: a person resolves it. ``CAUTION`` needs a reason, ``NOTE`` nothing.
    """

    NOTE = "NOTE"
    CAUTION = "CAUTION"
    NOT_CHECKED = "NOT CHECKED"
    STOP = "STOP"
    BLOCK = "BLOCK"

    @property
    def rank(self) -> int:
        return tuple(Level).index(self)

    def __lt__(self, other: object) -> bool:
        return self.rank < other.rank if isinstance(other, Level) else NotImplemented


class Asks(StrEnum):
    """What the person who decides must give."""

    CORRECTION = "correction"
    PRESCRIBER_CONTACT = "prescriber-contact"
    RESOLUTION = "resolution"
    REASON = "reason"
    NOTHING = "nothing"


ASKED_AT = {
    Level.BLOCK: frozenset({Asks.CORRECTION}),
    Level.STOP: frozenset({Asks.PRESCRIBER_CONTACT, Asks.REASON}),
    Level.NOT_CHECKED: frozenset({Asks.RESOLUTION}),
    Level.CAUTION: frozenset({Asks.REASON}),
    Level.NOTE: frozenset({Asks.NOTHING}),
}


@dataclass(frozen=True, slots=True)
class Needs(Plain):
    """What the form of a decision asks for. ``decidable`` is false when only a change of facts clears the finding."""

    decidable: bool
    reason: bool
    contact: bool
    signature: bool
    resolution: bool

    @classmethod
    def of(cls, level: Level, asks: Asks) -> Needs:
        """The needs of a level, as the rule asks."""
        return cls(
            decidable=level in {Level.STOP, Level.CAUTION},
            reason=level in {Level.STOP, Level.CAUTION},
            contact=asks is Asks.PRESCRIBER_CONTACT,
            signature=level is Level.STOP,
            resolution=level is Level.NOT_CHECKED,
        )


@dataclass(frozen=True, slots=True)
class Citation(Plain):
    """Who says so: the work and the place in it, and what was really read (``via``)."""

    work: str
    place: str
    via: str

    def text(self) -> str:
        return f"{self.work}: {self.place}"


@dataclass(frozen=True, slots=True)
class LabelWarning(Plain):
    """A sentence that a finding brings to the label, with the name of its symbol; a higher weight is printed first."""

    text: str
    symbol: str
    weight: int


@dataclass(frozen=True, slots=True)
class Known(Plain):
    """One fact that the finding rests on, in words."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Finding(Plain):
    """What one rule found about one subject. ``about`` names the kind of subject, ``subject`` which one it is.

    ``subject`` is the key of the medicine, condition, sensitivity or prescription, and empty where there is one only.
    """

    rule_id: str
    level: Level
    title: str
    message: str
    citation: Citation
    effective: date
    checked_on: date | None
    about: str
    subject: str
    facts: tuple[Known, ...]
    needs: Needs
    label_warnings: tuple[LabelWarning, ...]
    counselling: tuple[str, ...]
    clears_when: str
    SIGNED_BY: ClassVar[tuple[str, ...]] = ("rule_id", "level", "title", "message", "about", "subject", "facts")

    @property
    def verified(self) -> bool:
        """Whether a person held the cited work itself; otherwise the screen says "not yet verified"."""
        return self.checked_on is not None

    @property
    def key(self) -> str:
        """The same for the same rule and subject, whatever the facts: where a decision belongs."""
        return f"{self.rule_id}|{self.about}|{self.subject}"

    @property
    def fingerprint(self) -> str:
        """Another one as soon as anything changes that a decision was based on."""
        plain = self.to_json()
        signed = {name: plain[name] for name in self.SIGNED_BY}
        return sha256(json.dumps(signed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def fact(self, name: str) -> str:
        """One fact by name; empty when the finding does not rest on it."""
        return next((known.value for known in self.facts if known.name == name), "")


def label_warnings(findings: Iterable[Finding]) -> tuple[LabelWarning, ...]:
    """What the findings bring to the label: each sentence once, the weightiest first."""
    unique = {warning.text: warning for finding in findings for warning in finding.label_warnings}
    return tuple(sorted(unique.values(), key=lambda warning: (-warning.weight, warning.text)))


def counselling(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The points for the talk at hand-over: each once, those of the most serious finding first."""
    ordered = sorted(findings, key=lambda finding: -finding.level.rank)
    return tuple(dict.fromkeys(point for finding in ordered for point in finding.counselling))
