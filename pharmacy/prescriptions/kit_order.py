"""A titration as ordered: daily doses, and the strengths that make it. It becomes one order for each container."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.kit_days import refill_of
from pharmacy.domain.kit_plan import KitPlan, plan_kit
from pharmacy.domain.kits import MOST_CANDIDATES
from pharmacy.domain.quantity import exact
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.titration import Kit, Titration
from pharmacy.errors import PharmacyError
from pharmacy.prescriptions.order import MOST_REFILLS, Order, check_made

FIELDS = {"strength": "strengths", "quantity": "steps"}  # what an order calls a field, and what the form of a kit does


@dataclass(frozen=True, slots=True)
class KitOrder:
    """The titration and who chose its strengths: the pharmacist (``chosen``), or the program, of at most ``most``."""

    titration: Titration
    chosen: tuple[Strength, ...]
    most: int
    refills: int
    refill_days: int
    purpose: str
    print_purpose: bool
    reason_for_compounding: str

    def plan(self, made: tuple[Decimal, ...]) -> KitPlan:
        """The kit, computed twice; a :class:`PharmacyError` at the field that does not go. ``made``: the strengths made here."""
        form = self.titration.form
        for strength in self.chosen:
            check_made_here(strength, made)
        offered = tuple(Strength(one, form) for one in made)
        if not offered:
            raise PharmacyError(f"No approved formula of the {form.words} is there to make it.", "strengths")
        most = max(self.titration.at_once(step) for step in self.titration.steps)
        small = tuple(one for one in offered if exact(one.amount) <= most.value) if form is Form.CAPSULE else offered
        if not self.chosen and len(small) > MOST_CANDIDATES:
            raise PharmacyError(f"More than {MOST_CANDIDATES} strengths could make it: say which.", "strengths")
        try:
            return plan_kit(self.titration, small or offered, self.most, self.chosen)
        except CalculationRefused as refused:
            raise PharmacyError(str(refused), refused.field or "steps") from None

    def orders(self, kit: Kit, made: tuple[Decimal, ...]) -> tuple[tuple[Order, int | None], ...]:
        """One order for each container, with the quantity of its refills; None where the last dose takes none of it."""
        if not 0 <= self.refills <= MOST_REFILLS:
            raise PharmacyError(f"Refills is a whole number, 0 to {MOST_REFILLS}.", "refills")
        try:
            later = {part.strength: ceil(part.quantity) for part in refill_of(kit, self.refill_days)}
        except CalculationRefused as refused:
            raise PharmacyError(str(refused), "refill_days") from None
        return tuple(
            (self._order(kit, at, later, made), later.get(kit.parts[at].strength)) for at in range(len(kit.parts))
        )

    def _order(self, kit: Kit, at: int, later: dict[Strength, int], made: tuple[Decimal, ...]) -> Order:
        part = kit.parts[at]
        order = Order(
            part.strength.form,
            part.strength.amount,
            part.directions,
            ceil(part.quantity),
            self.refills if part.strength in later else 0,
            self.purpose,
            self.print_purpose,
            self.reason_for_compounding,
        )
        try:
            order.check(made)
        except PharmacyError as refused:
            raise PharmacyError(refused.sentence, FIELDS.get(refused.field, refused.field)) from None
        return order


def check_made_here(strength: Strength, made: tuple[Decimal, ...]) -> None:
    """As for any order: a strength that no approved formula makes is refused with those that are made."""
    try:
        check_made(strength, made)
    except PharmacyError as refused:
        raise PharmacyError(refused.sentence, "strengths") from None
