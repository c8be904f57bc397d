"""One line to weigh or to measure: target and limits in whole steps of the device that does it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import NBSP, Mass, Volume, decimal_text, rounded


@dataclass(frozen=True, slots=True)
class PlannedWeighing(Plain):
    """One line to weigh (Mass) or to measure (Volume): its target and limits in whole readable steps.

    `unit` is the one in which it is shown and typed; `readability` the step of balance or measure; `device` its name.
    `lot` is empty for a mixture made on the way. `spread` is how far one such reading may be off the true amount.
    """

    key: str
    component: str
    name: str
    lot: str
    words: str
    target: Mass | Volume
    low: Mass | Volume
    high: Mass | Volume
    readability: Mass | Volume
    unit: str
    device: str
    spread: Mass | Volume | None = None

    def quantity(self, typed: Decimal) -> Mass | Volume:
        """The amount that a number typed in this line's unit means."""
        return Mass.of(typed, self.unit) if isinstance(self.target, Mass) else Volume.of(typed, self.unit)

    def within(self, recorded: Mass | Volume) -> bool:
        """Whether the recorded amount lies within the limits, both included."""
        if type(recorded) is not type(self.target):
            raise TypeError("a mass is not a volume")
        return self.low.value <= recorded.value <= self.high.value

    def text(self, amount: Mass | Volume) -> str:
        """An amount of this line with the device's own decimals: ``523.4 mg``."""
        number = rounded(amount.to(self.unit), self.readability.to(self.unit))
        return f"{format(number, ',f')}{NBSP}{self.unit}"

    def nearest(self) -> str:
        """``, to the nearest 0.1 mg``: how the device rounds, for a line of a worksheet."""
        step = decimal_text(self.readability.to(self.unit), 18)
        return f", to the nearest {step}{NBSP}{self.unit}"

    def limits_text(self) -> str:
        return f"{self.text(self.low)} to {self.text(self.high)}"


@dataclass(frozen=True, slots=True)
class MeasureFacts(Plain):
    """A graduate or syringe: the volume between two marks, the least it may measure, the most, and its tolerance."""

    name: str
    mark: Volume
    least: Volume
    capacity: Volume
    accepted_error: Decimal

    def __post_init__(self) -> None:
        if not 0 < self.mark.value <= self.capacity.value or not 0 <= self.least.value <= self.capacity.value:
            raise Impossible(f"Check the marks and the capacity of measure {self.name}.")
