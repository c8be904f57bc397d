"""The lines of a liquid's worksheet that every way to it shares: volume, drug, parts, vehicle as a guide, to volume."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.amounts import full_text, in_full
from pharmacy.domain.errors import PartsDoNotSum
from pharmacy.domain.formula import LiquidFormula, Portion
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.quantity import NBSP, Concentration, Mass, Volume, decimal_text
from pharmacy.domain.weighing import unit_for
from pharmacy.domain.worksheet import OWN, WorksheetStep, bracketed

ANHYDROUS = "naltrexone HCl (anhydrous)"


def asked_step(dose: Mass, concentration: Concentration, times: int, days: int, asked: Volume) -> WorksheetStep:
    """The volume that so many days of a dose take."""
    each, doses = full_text(Volume(dose.value / concentration.value)), f"{decimal_text(times)} × {decimal_text(days)}"
    strength = f"{in_full(concentration.value)}{NBSP}mg/mL"
    numbers = f"{full_text(dose)} ÷ {strength} × {doses} = {each} × {doses}"
    words = "dose ÷ concentration × times a day × days"
    return WorksheetStep("Volume asked for", words, numbers, decimal_text(asked.value), "mL", OWN)


def volume_steps(
    formula: LiquidFormula, quantity: Volume, excess: Decimal, made: Volume, wanted: Mass, note: str = ANHYDROUS
) -> tuple[WorksheetStep, WorksheetStep]:
    """The volume to make, and the drug in it."""
    numbers = f"{quantity.text('mL')} × (1 + {decimal_text(excess)} %), up to the next {formula.mark.text('mL')}"
    drug = f"{formula.stated.amount_text()} × {made.text('mL')}"
    name = "quantity × (1 + excess), up to the next mark"
    return (
        WorksheetStep("Volume to make", name, numbers, decimal_text(made.value), "mL", OWN),
        WorksheetStep("Drug", "concentration × volume to make", drug, decimal_text(wanted.value), "mg", OWN, note),
    )


def portion_step(portion: Portion, line: PlannedWeighing, made: Volume) -> WorksheetStep:
    """One part of the formula, as it is weighed or measured."""
    number, unit = line.text(line.target).split(NBSP)
    share = f"{decimal_text(portion.per_100_ml)}{NBSP}{portion.unit} in 100{NBSP}mL × {made.text('mL')}"
    amount = portion.amount_in(made)
    meant = amount.text(unit_for(amount), 5) if isinstance(amount, Mass) else amount.text("mL", 5)
    return WorksheetStep(
        portion.component.name,
        "amount in 100 mL × volume to make",
        f"{share} = {meant}{line.nearest()}",
        number,
        unit,
        OWN,
    )


def left_for_vehicle(made: Volume, rooms: tuple[tuple[str, Volume | None], ...], vehicle: str) -> Volume:
    """What is left of the volume; refused where less than nothing is: tablets bring more powder than their drug alone."""
    taken = sum((room for _, room in rooms if room is not None), Volume(Fraction(0)))
    if taken > made:
        raise PartsDoNotSum(
            f"The parts take up {taken.text('mL')} of {made.text('mL')} and leave no room for {vehicle}: make a weaker "
            "liquid, or put right what 1 g of a part takes up.",
            "concentration",
        )
    return made - taken


def vehicle_step(vehicle: Volume, rooms: tuple[tuple[str, Volume | None], ...], made: Volume) -> WorksheetStep:
    """About how much vehicle it will take; at most that, and said so, where the room of a part is not known."""
    known = [f"{room.text('mL')} {bracketed(name)}" for name, room in rooms if room is not None]
    unknown = [name for name, room in rooms if room is None]
    note = "a guide only: it is brought to volume, and this is not measured"
    if unknown:
        few = " and ".join([", ".join(unknown[:-1]), unknown[-1]] if len(unknown) > 1 else unknown)
        note = f"{note}; the room that {few} will take is not known and not taken off"
    shown = decimal_text(vehicle.value, 1)
    place = Fraction(1, 10 ** max(1, len(shown.partition(".")[2])))  # more where 0.1 mL would be too coarse
    return WorksheetStep(
        "Vehicle, at most" if unknown else "Vehicle, about",
        "volume to make − room of everything else",
        f"{' − '.join([made.text('mL'), *known])}, to the nearest {decimal_text(place)}{NBSP}mL",
        shown,
        "mL",
        OWN,
        note,
    )


def final_step(formula: LiquidFormula, line: PlannedWeighing) -> WorksheetStep:
    """To volume."""
    number, unit = line.text(line.target).split(NBSP)
    words = "vehicle to volume (q.s.): the parts take up room, so this volume of vehicle is never added"
    note = "a suspension: shake well" if formula.suspension else ""
    return WorksheetStep(f"{formula.vehicle.name} to", words, "", number, unit, OWN, note)
