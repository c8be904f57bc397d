"""What a pharmacy accepts: of one weighing, of all weighings of a plan together, and of the strength that comes out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import exact

# The widest that anybody may ask for: of one plan, and of the pharmacy's own settings.
MOST_EXCESS = Decimal(25)  # per cent of the whole blend
LEAST_HOLES, MOST_HOLES = 1, 1000
MOST_COMBINED = Decimal(10)  # per cent
MOST_ASSAY = Decimal(5)  # per cent


@dataclass(frozen=True, slots=True)
class Tolerances(Plain):
    """Limits in per cent. `weighing`: how far a recorded weight may be off its target; None is the balance's own.

    `combined`: the most that the weighings of a plan may be off together (5 % is the classic limit of one weighing);
    `assay`: how far the assay of a certificate may be off; `low` and `high`: the limits of the delivered strength
    (22 TAC 291.131: 90.0 to 110.0 %).
    """

    weighing: Decimal | None = None
    combined: Decimal = Decimal(5)
    assay: Decimal = Decimal(1)
    low: Decimal = Decimal(90)
    high: Decimal = Decimal(110)

    def __post_init__(self) -> None:
        if self.weighing is not None and exact(self.weighing) < 0:
            raise Impossible("A tolerance must be 0 % or more.", "weighing")
        if not 0 < exact(self.combined) <= MOST_COMBINED:
            raise Impossible(
                f"The limit of the combined error must be above 0 and at most {MOST_COMBINED} %.", "combined"
            )
        if not 0 <= exact(self.assay) <= MOST_ASSAY:
            raise Impossible(f"The uncertainty of an assay must be from 0 to {MOST_ASSAY} %.", "assay")
        if not 0 < exact(self.low) < 100 < exact(self.high):
            raise Impossible("The limits of the strength must reach from below 100 % to above it.", "low")


USUAL = Tolerances()
