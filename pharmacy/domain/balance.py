"""What is known of a balance, and the least that it can weigh."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Mass, exact

SOURCE = "Minimum weighable quantity = sensitivity requirement × 100 ÷ accepted error in % (UNC Pharmlabs, Weighing)"


@dataclass(frozen=True, slots=True)
class BalanceFacts(Plain):
    """One balance: its readability, sensitivity requirement, accepted error of a weighing in per cent, and capacity."""

    name: str
    readability: Mass
    sensitivity_requirement: Mass
    accepted_error: Decimal
    capacity: Mass

    def __post_init__(self) -> None:
        if self.readability.value <= 0 or self.sensitivity_requirement.value <= 0:
            raise Impossible(f"Enter readability and sensitivity requirement of balance {self.name}, each above 0.")
        if not 0 < exact(self.accepted_error) <= 10:
            raise Impossible(f"The accepted error of balance {self.name} must be above 0 and at most 10 %.")
        if self.capacity.value < minimum_weighable(self).value:
            raise Impossible(f"The capacity of balance {self.name} is below the least it can weigh; check its data.")


def minimum_weighable(balance: BalanceFacts) -> Mass:
    """The least mass whose weighing keeps the accepted error: sensitivity requirement × 100 ÷ accepted error."""
    return balance.sensitivity_requirement.times(100).over(balance.accepted_error)
