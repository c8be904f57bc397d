"""What a container's label says, already in words, and how it is frozen with the record of its issue."""

import re
import unicodedata
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

# A federal label needs pharmacy, address, number, date and prescriber, and patient and directions when the prescription
# states them (21 USC 353(b)(2)); California adds drug, strength, quantity and date of effectiveness (16 CCR 1707.5, BPC
# 4076). The rest of the list is the house's own minimum.
NEVER_BLANK = (
    "patient",
    "drug",
    "directions",
    "statement",
    "quantity",
    "lot",
    "route",
    "prescriber",
    "storage",
    "pharmacy_name",
    "pharmacy_address",
    "pharmacy_phone",
    "fill_number",
    "serial",
)

# White space that may be broken; a no-break space, wide or narrow, is left to hold its words together.
BREAKING_SPACE = re.compile(r"[^\S\u00a0\u202f\u2007]+")
NO_BREAK_SPACE = re.compile(r"[\u202f\u2007]")


@dataclass(frozen=True, slots=True)
class AuxiliaryLabel:
    """One warning for the patient. ``symbol`` names a drawing of ``symbols.SYMBOLS``; another name draws none.

    The greater ``weight`` is the more serious; equals stay in the order given.
    """

    text: str
    symbol: str | None = None
    weight: int = 0

    def __post_init__(self) -> None:
        if not printed(self.text):
            raise ValueError("A warning without words cannot be printed.")


@dataclass(frozen=True, slots=True)
class LabelContent:
    """Everything on one container's label, as the words that are printed; numbers and units come in correct.

    ``route``, ``storage`` and ``refills`` are whole phrases ("By mouth", "Refills: 3 before 02 MAR 2027"); ``quantity``,
    ``lot``, ``prescriber`` and ``purpose`` are bare and get their word on the label ("Qty", "Lot", "Prescriber", "For:").
    ``purpose`` is printed only if the prescriber wrote it or the patient agrees (16 CCR 1707.5(a)(1)(D)). ``serial`` is
    unique for each label issued, so that a void one can be told from its successor; 26 characters fit every stock.

    Raises ValueError with one sentence when a field that must be on every label is blank or the count of containers is
    impossible.
    """

    patient: str
    drug: str
    directions: str
    purpose: str | None
    do_not_use_after: date
    container: int
    containers: int
    warnings: tuple[AuxiliaryLabel, ...]
    statement: str
    quantity: str
    filled_on: date
    lot: str
    route: str
    refills: str
    prescriber: str
    storage: str
    description: str
    pharmacy_name: str
    pharmacy_address: str
    pharmacy_phone: str
    fill_number: str
    serial: str

    def __post_init__(self) -> None:
        blank = [name for name in NEVER_BLANK if not printed(getattr(self, name))]
        if blank:
            raise ValueError(f"A label needs its {', '.join(blank).replace('_', ' ')}.")
        if not 1 <= self.container <= self.containers:
            raise ValueError(f"There is no container {self.container} of {self.containers}.")

    def warnings_by_weight(self) -> tuple[AuxiliaryLabel, ...]:
        """The warnings, most serious first."""
        return tuple(sorted(self.warnings, key=lambda warning: -warning.weight))

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary for the record; ``from_json`` gives the same content back, and so the same label."""
        plain = asdict(self)
        for name in ("do_not_use_after", "filled_on"):
            plain[name] = plain[name].isoformat()
        plain["warnings"] = list(plain["warnings"])
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "LabelContent":
        """The content as it was frozen; raises ValueError if a field is missing or unknown."""
        names = {field.name for field in fields(cls)}
        if set(plain) != names:
            raise ValueError(f"A frozen label has other fields than expected: {sorted(set(plain) ^ names)}.")
        known = dict(plain)
        for name in ("do_not_use_after", "filled_on"):
            known[name] = date.fromisoformat(known[name])
        known["warnings"] = tuple(AuxiliaryLabel(**warning) for warning in known["warnings"])
        return cls(**known)


def printed(text: str | None) -> str:
    """A text as it is printed: accents composed (NFC), runs of spaces and line ends as one space, none at the ends."""
    composed = NO_BREAK_SPACE.sub("\u00a0", unicodedata.normalize("NFC", text or ""))
    return BREAKING_SPACE.sub(" ", composed).strip(" \u00a0")


def day(when: date) -> str:
    """A date that no one can misread, "04 MAR 2026"."""
    return f"{when.day:02d} {MONTHS[when.month - 1]} {when.year:04d}"
