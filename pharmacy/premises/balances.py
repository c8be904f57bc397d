"""The verbs of balances: add one, change one. Whoever may do so sets the rule for its least mass: the pharmacist in charge."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.domain.balance import MinimumRule
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import Mass
from pharmacy.domain.repeatability import repeatability
from pharmacy.domain.second_check.balance import repeatability_again
from pharmacy.errors import PharmacyError
from pharmacy.premises import queries
from pharmacy.premises.models import Balance

NOT_KEPT = frozenset({"readings"})  # they stand in the entry of the log; the row has what follows from them


@dataclass(frozen=True, slots=True)
class BalanceData:
    """A balance as its papers state it. Masses are in mg, the accepted error of a weighing in per cent.

    The repeatability is the standard deviation that someone measured, or the `readings` from which it is computed.
    """

    name: str
    serial: str
    readability: Decimal
    sensitivity_requirement: Decimal
    accepted_error: Decimal
    capacity: Decimal
    calibration_due: date
    active: bool = True
    rule: str = MinimumRule.CLASSIC.value
    repeatability: Decimal | None = None
    repeatability_on: date | None = None
    readings: tuple[Decimal, ...] = ()

    def check(self) -> None:
        """Raise a :class:`PharmacyError` where the data make no balance."""
        for field, words in (("name", "name"), ("serial", "serial number")):
            if not getattr(self, field).strip():
                raise PharmacyError(f"The balance’s {words} is asked for.", field)
        if self.sensitivity_requirement < self.readability:
            raise PharmacyError("It cannot be finer than what the balance shows.", "sensitivity_requirement")
        if self.readability > self.capacity:
            raise PharmacyError("The capacity is below the readability.", "capacity")
        if self.rule not in set(MinimumRule):
            raise PharmacyError("Choose one of the rules.", "rule")
        measured = self.repeatability is not None or bool(self.readings)
        if measured and self.repeatability_on is None:
            raise PharmacyError("Say when the repeatability was measured.", "repeatability_on")
        if not measured and self.repeatability_on is not None:
            raise PharmacyError("Enter the repeatability that was measured on that day.", "repeatability")
        if self.repeatability_on is not None and self.repeatability_on > clock.today():
            raise PharmacyError("The day of the measurement lies in the future.", "repeatability_on")

    def spread(self) -> Decimal | None:
        """The repeatability: from the readings where there are any, computed by two ways; else as it was entered."""
        if not self.readings:
            return self.repeatability
        readings, readability = [Mass.of(one, "mg") for one in self.readings], Mass.of(self.readability, "mg")
        try:
            found = repeatability(readings, readability)
        except CalculationRefused as refused:
            raise PharmacyError(str(refused), refused.field) from None
        repeatability_again(readings, readability, found)
        return Decimal(exact_text(found.value))


@answered
def add_balance(db: Session, actor: Actor, data: BalanceData, key: str | None = None) -> Plain:
    """Add a balance; the answer is its id."""
    data.check()
    with acting(db, actor, Action.ADD_BALANCE, Seen(Balance), key=key) as opened:
        row = Balance()
        _write(opened, row, data)
        db.add(row)
        db.flush()
        opened.answer = row.id
    return opened.answer


@answered
def change_balance(
    db: Session, actor: Actor, seen: Seen[Balance], data: BalanceData, reason: str, key: str | None = None
) -> Plain:
    """Change a balance: a new calibration, another rule for its least mass, other data, or out of use."""
    data.check()
    with acting(db, actor, Action.CHANGE_BALANCE, seen, reason=reason, key=key) as opened:
        _write(opened, opened.subject, data)
        opened.answer = opened.subject.id
    return opened.answer


def _write(opened: Opened[Balance], row: Balance, data: BalanceData) -> None:
    """Put the data on the row, once the calculation can work with them and no other balance has the name."""
    db, name = opened.db, data.name.strip()
    with db.no_autoflush:
        if db.scalar(select(Balance.id).where(Balance.name == name, Balance.id != (row.id or 0))) is not None:
            raise PharmacyError(f"There is a balance {name} already.", "name")
    for one in fields(data):
        if one.name not in NOT_KEPT:
            value = getattr(data, one.name)
            setattr(row, one.name, value.strip() if isinstance(value, str) else value)
    row.repeatability = data.spread()
    if data.readings:
        opened.context["readings_in_mg"] = [format(one, "f") for one in data.readings]
    try:
        queries.balance_facts(row)
    except CalculationRefused as refused:
        raise PharmacyError(str(refused), refused.field) from None
