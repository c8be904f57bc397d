"""The facts that the rules look at. Whoever asks for a check gathers them; nothing here asks the time or a database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Mass
from pharmacy.domain.strength import Strength
from pharmacy.rules.vocabulary import Recognition


class Use(StrEnum):
    """How a medicine is taken."""

    CURRENT = "current"
    AS_NEEDED = "as needed"
    STOPPED = "stopped"


class Answer(StrEnum):
    """The answer on pregnancy or lactation; unknown means that nobody asked."""

    NO = "no"
    YES = "yes"
    POSSIBLE = "possible"
    UNKNOWN = "unknown"
    DOES_NOT_APPLY = "does not apply"


@dataclass(frozen=True, slots=True)
class MedicineFact(Plain):
    """A medicine that the patient takes or took.

    ``key`` tells it from the others (the text does when it is empty). ``found`` is what a person found out, and where,
    about words that the vocabulary does not explain; ``last_dose`` is None when it is not known.
    """

    text: str
    recognition: Recognition
    use: Use
    last_dose: date | None = None
    found: str = ""
    key: str = ""

    @property
    def subject(self) -> str:
        return self.key or self.text


@dataclass(frozen=True, slots=True)
class ConditionFact(Plain):
    """An illness: a code of the rule book, or ``other`` with the words as typed."""

    code: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class SensitivityFact(Plain):
    """What the patient does not bear: a code of the rule book, or the words as typed."""

    substance: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class ComponentFact(Plain):
    """One component of the planned formula, shell included."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ActivePrescription(Plain):
    """Another low-dose naltrexone prescription of the same patient that is still open."""

    number: str
    strength: str


@dataclass(frozen=True, slots=True)
class PreviousLiquid(Plain):
    """The last oral liquid that was handed to the patient: its fill, its concentration, and the daily dose it ended with."""

    number: str
    strength: Strength
    daily_dose: Mass


@dataclass(frozen=True, slots=True)
class Facts(Plain):
    """All that is known on one day about one patient and one prescription.

    ``daily_doses`` holds the daily total of each step of the directions, and is empty when it cannot be worked out.
    ``components`` is empty as long as no formula is chosen.
    """

    on_date: date
    born: date | None
    daily_doses: tuple[Mass, ...]
    strength: Strength | None
    history_asked: bool
    medicines: tuple[MedicineFact, ...] = ()
    conditions: tuple[ConditionFact, ...] = ()
    sensitivities: tuple[SensitivityFact, ...] = ()
    components: tuple[ComponentFact, ...] = ()
    pregnancy: Answer = Answer.UNKNOWN
    lactation: Answer = Answer.UNKNOWN
    surgery_on: date | None = None
    other_prescriptions: tuple[ActivePrescription, ...] = ()
    previous_liquid: PreviousLiquid | None = None

    @property
    def digest(self) -> str:
        """The sha256 of the facts: the same facts need no new check."""
        return sha256(json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False).encode()).hexdigest()
