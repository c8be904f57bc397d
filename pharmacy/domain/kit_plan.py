"""A kit with its worksheet, computed twice: the only way by which a kit comes into the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pharmacy.domain.kit_sheet import kit_worksheet
from pharmacy.domain.kits import MOST_AT_ONCE, make_kit, propose
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Mass, exact
from pharmacy.domain.second_check.directions import warned_again
from pharmacy.domain.second_check.pencil import follow
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.second_check.titration import demand_bottles, demand_fewest, demand_measured, replay
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.syringes import SYRINGES, SyringeFacts
from pharmacy.domain.titration import Kit, Titration
from pharmacy.domain.worksheet import Worksheet


@dataclass(frozen=True, slots=True)
class KitPlan(Plain):
    """A kit that both ways agree on, with the worksheet that may be shown, printed and kept."""

    kit: Kit
    worksheet: Worksheet
    plausibility: str


def plan_kit(
    titration: Titration,
    offered: Sequence[Strength],
    most: int = 2,
    chosen: Sequence[Strength] = (),
    syringes: Sequence[SyringeFacts] = SYRINGES,
) -> KitPlan:
    """The kit of the chosen strengths; or, when none are chosen, the one proposed of at most `most` of those offered."""
    if chosen:
        kit = make_kit(titration, chosen, syringes, offered)
        said = recheck_kit(kit, titration, chosen, len(chosen), syringes)
    else:
        kit = propose(titration, offered, most, syringes)
        said = recheck_kit(kit, titration, offered, most, syringes)
    sheet = kit_worksheet(kit)
    follow(sheet)
    warned_again(sheet, max(step.dose.value for step in titration.steps))
    return KitPlan(kit, sheet, said)


def recheck_kit(
    kit: Kit,
    titration: Titration,
    offered: Sequence[Strength],
    most: int,
    syringes: Sequence[SyringeFacts] = SYRINGES,
) -> str:
    """The kit lived through day by day, and no other of the strengths offered takes fewer; one sentence says so."""
    doses = [(step.dose.value, step.days) for step in titration.steps]
    intakes = titration.when.intakes
    strengths = [exact(part.strength.amount) for part in kit.parts]
    schedules = [[(exact(step.amount), step.days or 0) for step in part.directions.steps] for part in kit.parts]
    taken = replay(doses, intakes, strengths, schedules)
    demand(taken == [exact(part.quantity) for part in kit.parts], "the quantity of a container")
    demand({step.when for part in kit.parts for step in part.directions.steps} == {titration.when}, "the time of day")
    amounts = [exact(one.amount) for one in offered]
    if titration.form is Form.CAPSULE:
        demand_fewest(doses, intakes, amounts, most, sum(taken, Fraction(0)), MOST_AT_ONCE)
    else:
        marks = [(one.least.value, one.capacity.value, one.graduation.value) for one in syringes]
        for part, schedule in zip(kit.parts, schedules, strict=True):
            assert part.syringe is not None
            drawn = [amount for amount, _ in schedule if amount]
            facts = part.syringe
            demand_measured(drawn, facts.least.value, facts.capacity.value, facts.graduation.value)
        demand_bottles(doses, intakes, amounts, marks, (len(kit.parts), sum(taken, Fraction(0))))
    return _plausible(kit, taken, titration)


def _plausible(kit: Kit, taken: Sequence[Fraction], titration: Titration) -> str:
    drug = sum((exact(part.strength.amount) * one for part, one in zip(kit.parts, taken, strict=True)), Fraction(0))
    demand(drug == titration.total.value, "the drug in all containers")
    each = " and ".join(
        f"{titration.form.amount_text(one)} of {part.strength.amount_text()}"
        for part, one in zip(kit.parts, taken, strict=True)
    )
    days = sum(step.days for step in titration.steps)
    return f"{each} hold {Mass(drug).text('mg', 6)}, which is what the steps take in {days} days."
