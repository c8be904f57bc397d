"""What limits how long a preparation keeps: its class, how it is stored, the last days of its lots, and studies of it.

These are the facts alone. What follows from them is computed in ``beyond_use``, and a second time in ``second_check``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain

# What Table 4 allows at most. The limits that a preparation is given are rule data, which may be stricter, never wider:
# what is stricter is a limit of a board or of the pharmacy, and no study lengthens past that.
TABLE_4 = {"nonpreserved-aqueous": 14, "preserved-aqueous": 35, "nonaqueous-liquid": 90, "nonaqueous": 180}
CEILING_DAYS = 180  # no stability study extends a nonsterile preparation past it: USP <795> (2023)
MOST_DAYS = 3650  # ten years: more days than any study of a compounded preparation ran


class BeyondUseClass(StrEnum):
    """The classes of USP <795> (2023), Table 4. Their limits in days are rule data."""

    NONPRESERVED_AQUEOUS = "nonpreserved-aqueous"
    PRESERVED_AQUEOUS = "preserved-aqueous"
    NONAQUEOUS_LIQUID = "nonaqueous-liquid"
    NONAQUEOUS = "nonaqueous"

    @property
    def words(self) -> str:
        return _CLASS_WORDS[self]

    @property
    def aqueous(self) -> bool:
        return self in {BeyondUseClass.NONPRESERVED_AQUEOUS, BeyondUseClass.PRESERVED_AQUEOUS}


_CLASS_WORDS = {
    BeyondUseClass.NONPRESERVED_AQUEOUS: "nonpreserved aqueous preparation",
    BeyondUseClass.PRESERVED_AQUEOUS: "preserved aqueous preparation",
    BeyondUseClass.NONAQUEOUS_LIQUID: "nonaqueous oral liquid",
    BeyondUseClass.NONAQUEOUS: "other nonaqueous preparation",
}


class Temperature(StrEnum):
    """Where a preparation is kept, and at which temperature a study holds: 20–25 °C, or 2–8 °C."""

    ROOM = "room temperature"
    REFRIGERATOR = "refrigerator"

    @property
    def words(self) -> str:
        """Where, as it reads in a sentence: ``in the refrigerator``."""
        return "in the refrigerator" if self is Temperature.REFRIGERATOR else "at room temperature"


def check_kept(bud_class: BeyondUseClass, kept: Temperature | None) -> None:
    """Refuse to keep at room temperature what Table 4 gives days in the refrigerator only."""
    if bud_class is BeyondUseClass.NONPRESERVED_AQUEOUS and kept is Temperature.ROOM:
        raise Impossible("A nonpreserved aqueous preparation is kept in the refrigerator, 2–8 °C.", "kept")


@dataclass(frozen=True, slots=True)
class Cap(Plain):
    """A day that the beyond-use date may not pass: the expiry of a bought lot, or the beyond-use date of one made here.

    `name` reads in a sentence: "naltrexone HCl lot N-101 (expiry)".
    """

    name: str
    date: date


@dataclass(frozen=True, slots=True)
class StabilityStudy(Plain):
    """One recorded study: how many days it supports at which temperature, and what it proves.

    Kept as the formula is, or colder, it shortens whatever it is. It lengthens only at the formula's own temperature, when
    it is stability-indicating, was done in real time, on the same formula in the same container, with its documents on
    file; and of an aqueous form only with antimicrobial effectiveness <51> (USP <795> (2023)). `citation` reads in a
    sentence.
    """

    citation: str
    days: int
    temperature: Temperature | None = None
    stability_indicating: bool = False
    same_formula_and_container: bool = False
    antimicrobial_effectiveness: bool = False
    accelerated: bool = False
    documents: str = ""

    def __post_init__(self) -> None:
        if not self.citation.strip():
            raise Impossible("A stability study needs its citation.", "citation")
        if not 1 <= self.days <= MOST_DAYS:
            raise Impossible(f"A stability study covers 1 to {MOST_DAYS:,} days.", "days")
