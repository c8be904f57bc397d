"""What one unit of a dosage form holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import NBSP, Exact, Mass, NotAQuantity, decimal_text, exact

DRUG = "naltrexone HCl"


class Form(StrEnum):
    """A dosage form; its unit is the capsule, or the millilitre of a liquid."""

    CAPSULE = "capsule"
    LIQUID = "liquid"

    @property
    def words(self) -> str:
        """The form as it stands after the strength: ``capsule``, ``oral liquid``."""
        return "capsule" if self is Form.CAPSULE else "oral liquid"

    @property
    def strength_unit(self) -> str:
        return "mg" if self is Form.CAPSULE else "mg/mL"

    @property
    def route(self) -> str:
        return "by mouth"

    def amount_text(self, amount: Exact) -> str:
        """A number of units as people read it: ``1 capsule``, ``30 capsules``, ``4.5 mL``."""
        if self is Form.LIQUID:
            return f"{decimal_text(amount)}{NBSP}mL"
        return f"{decimal_text(amount)} {'capsule' if amount == 1 else 'capsules'}"


_COMMA_WITHIN = re.compile(r"[0-9],[0-9]")


def check_no_decimal_comma(text: str) -> None:
    """Refuse a list of strengths in which a comma stands between two digits: ``4,5`` would make one of 4 and one of 5."""
    if _COMMA_WITHIN.search(text):
        raise NotAQuantity(
            "Write each number with a point, not a comma: 4.5. Between two strengths a blank follows the comma: 1.5, 4.5."
        )


@dataclass(frozen=True, slots=True)
class Strength(Plain):
    """Naltrexone HCl (anhydrous) in one capsule, in mg, or in one millilitre, in mg/mL.

    Approved tablets are labelled as the hydrochloride (USP, Naltrexone Hydrochloride Tablets); a strength is never
    converted to the base.
    """

    amount: Decimal
    form: Form

    def __post_init__(self) -> None:
        if exact(self.amount) <= 0:
            raise Impossible("A strength must be above 0.")

    def dose(self, units: Exact) -> Mass:
        """The mass of naltrexone HCl (anhydrous) in that many capsules or millilitres."""
        return Mass(exact(self.amount) * exact(units))

    def amount_text(self) -> str:
        """Number and unit alone: ``4.5 mg``, ``1 mg/mL``."""
        return f"{decimal_text(self.amount)}{NBSP}{self.form.strength_unit}"

    def text(self) -> str:
        """Strength and form: ``4.5 mg capsule``, ``1 mg/mL oral liquid``."""
        return f"{self.amount_text()} {self.form.words}"
