"""What is measured of a lot of empty shells: their capacity, and the mean mass of one."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.domain.shells import by_measuring, size_in
from pharmacy.errors import PharmacyError
from pharmacy.stock import movements
from pharmacy.stock.certificates import SHELL_KIND
from pharmacy.stock.models import Lot


def measure_shells(
    db: Session,
    actor: Actor,
    seen: Seen[Lot],
    capacity: Decimal,
    together: Decimal,
    weighed: int,
    how: str,
    key: str | None = None,
) -> None:
    """Keep what was measured: the capacity in mL, and the mass in mg of so many empty shells weighed together.

    From then on this lot is planned with its own values; what was planned before keeps what it was planned with.
    """
    _measure_shells(db, actor, seen, capacity, together, weighed, how, key)


@answered
def _measure_shells(
    db: Session,
    actor: Actor,
    seen: Seen[Lot],
    capacity: Decimal,
    together: Decimal,
    weighed: int,
    how: str,
    key: str | None,
) -> Plain:
    with acting(db, actor, Action.MEASURE_SHELLS, seen, reason=how, key=key) as opened:
        lot = movements.fresh(opened, opened.subject)
        if lot.item.kind != SHELL_KIND:
            raise PharmacyError(f"{lot.item.name} is no capsule shell: there is nothing to be measured.")
        try:
            found = by_measuring(size_in(lot.item.code), Volume.of(capacity, "mL"), Mass.of(together, "mg"), weighed)
        except CalculationRefused as refused:
            raise PharmacyError(str(refused), refused.field) from None
        lot.shell_capacity, lot.shells_mass, lot.shells_weighed = capacity, together, weighed
        opened.context["mean_of_an_empty_shell"] = found.mass.text("mg")
        opened.answer = lot.id
    return opened.answer
