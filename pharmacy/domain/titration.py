"""A titration and the kit that makes it: daily doses in order; containers, each with what is taken from it on which days."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.bounds import MOST_DAYS
from pharmacy.domain.directions import Directions, When
from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Mass, exact
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.syringes import SyringeFacts

MOST_STEPS = 24


@dataclass(frozen=True, slots=True)
class DoseStep(Plain):
    """A daily dose, and for how many days."""

    dose: Mass
    days: int

    def __post_init__(self) -> None:
        if self.dose.value <= 0:
            raise Impossible("A daily dose must be above 0.", "steps")
        if not 1 <= self.days <= MOST_DAYS:
            raise Impossible(f"A step must last from 1 to {MOST_DAYS} days.", "steps")


@dataclass(frozen=True, slots=True)
class Titration(Plain):
    """Ordered daily doses with an end; what comes after the last of them is a refill at that dose."""

    form: Form
    steps: tuple[DoseStep, ...]
    when: When = When.BEDTIME

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MOST_STEPS:
            raise Impossible(f"A titration has from 1 to {MOST_STEPS} steps.", "steps")
        if self.days > MOST_DAYS:
            raise Impossible(f"A titration lasts at most {MOST_DAYS} days.", "steps")

    @property
    def days(self) -> int:
        """The days' supply: the sum of the steps."""
        return sum(step.days for step in self.steps)

    @property
    def total(self) -> Mass:
        """The drug that all steps take."""
        return Mass(sum((step.dose.value * step.days for step in self.steps), Fraction(0)))

    def at_once(self, step: DoseStep) -> Mass:
        """The dose of one intake."""
        return step.dose.over(self.when.intakes)

    def ranges(self) -> tuple[tuple[int, int, DoseStep], ...]:
        """First day, last day and step, counted from day 1."""
        found, before = [], 0
        for step in self.steps:
            found.append((before + 1, before + step.days, step))
            before += step.days
        return tuple(found)


@dataclass(frozen=True, slots=True)
class KitPart(Plain):
    """One container of a kit: what is taken from it on which days, and how much that is. A liquid has its syringe."""

    strength: Strength
    directions: Directions
    quantity: Decimal
    syringe: SyringeFacts | None = None

    @property
    def days(self) -> int:
        """Its days' supply: from day 1 of the kit to the last day on which something is taken from it."""
        return self.directions.length or 0

    def name(self) -> str:
        """``1.5 mg capsules``, ``5 mg/mL oral liquid``."""
        plural = "s" if self.strength.form is Form.CAPSULE else ""
        return f"{self.strength.text()}{plural}"


@dataclass(frozen=True, slots=True)
class Kit(Plain):
    """A titration with the containers that make it, the weakest strength first."""

    titration: Titration
    parts: tuple[KitPart, ...]

    @property
    def units(self) -> Fraction:
        """Capsules, or mL, that are taken in all."""
        return sum((exact(part.quantity) for part in self.parts), Fraction(0))
