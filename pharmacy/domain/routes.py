"""The ways by which a small amount of drug reaches a batch: weighed as it is, as a trituration, or by an aliquot."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Mass


@dataclass(frozen=True, slots=True)
class Direct(Plain):
    """The powder is weighed as it is; `target` is rounded to the balance's readability."""

    target: Mass
    kind: ClassVar[str] = "direct"


@dataclass(frozen=True, slots=True)
class FromTrituration(Plain):
    """A released trituration lot is weighed; `fraction` is the drug (anhydrous HCl) in one part of it."""

    target: Mass
    fraction: Fraction
    kind: ClassVar[str] = "trituration"


@dataclass(frozen=True, slots=True)
class Aliquot(Plain):
    """`weigh` drug powder and `diluent`, mix them to `total`, and take `take` of the mixture for the batch."""

    weigh: Mass
    diluent: Mass
    take: Mass
    kind: ClassVar[str] = "aliquot"

    @property
    def total(self) -> Mass:
        return self.weigh + self.diluent

    @property
    def carried(self) -> Mass:
        """The drug powder, as it is, that the taken part holds."""
        return self.weigh.times(self.take.ratio(self.total))


Route = Direct | FromTrituration | Aliquot
