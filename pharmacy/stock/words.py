"""The words of stock: what kinds of items there are, in which units, and how an amount of one reads."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pharmacy import clock
from pharmacy.domain.formula import Role
from pharmacy.domain.quantity import NBSP, decimal_text
from pharmacy.rules import book

PREPARATION = "preparation"
#: What an item can be: the roles of a formula's components, and what is made here to be dispensed.
KINDS: tuple[str, ...] = (*(role.value for role in Role), PREPARATION)
#: Lots of these come from a compounding record, never from a supplier.
MADE_HERE = frozenset({Role.TRITURATION.value, PREPARATION})
UNITS: tuple[str, ...] = ("mg", "mL", "piece")
QUARANTINED, RELEASED, REJECTED = "quarantined", "released", "rejected"


def amount_text(amount: Decimal, unit: str) -> str:
    """An amount with its unit as people read it: ``25 g``, ``240 mL``, ``1 piece``, ``500 pieces``.

    Masses are kept in mg and shown in g from 1 g on.
    """
    if unit == "mg" and abs(amount) >= 1000:
        return f"{decimal_text(amount / 1000, 4)}{NBSP}g"
    word = ("piece" if amount == 1 else "pieces") if unit == "piece" else unit
    return f"{decimal_text(amount, 4)}{NBSP}{word}"


def last_day_from_receipt(received_on: date) -> date:
    """The last day of use of a component whose supplier states no expiry, by today's rule (USP <795> (2023))."""
    return book.load().no_stated_expiry(clock.today()).last_day(received_on)
