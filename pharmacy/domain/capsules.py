"""Capsules by packing statistics: the drug takes its share of the shell, the filler takes the rest.

x = drug as it is ÷ mass of drug that alone fills the shell; filler = (1 − x) × mass of filler that alone fills it. The
process excess multiplies the whole blend and changes neither strength, quantity nor days' supply.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.balance import BalanceFacts, check_calibration, minimum_weighable
from pharmacy.domain.capsule_need import Job, Need, Source, diluent_carried, need_of
from pharmacy.domain.capsule_steps import capsule_steps
from pharmacy.domain.error_budget import budget_of
from pharmacy.domain.error_steps import budget_steps
from pharmacy.domain.errors import CannotBeWeighed, Impossible, WrongLot
from pharmacy.domain.formula import CapsuleFormula, Component, Powder
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.packing import filler_each, packing_of
from pharmacy.domain.plan import CapsulePlan, Load, LotFacts, LotPart, LotUse, WeighingKey
from pharmacy.domain.planner import from_stock, plan_weighing
from pharmacy.domain.quantity import Mass, decimal_text, exact
from pharmacy.domain.routes import Aliquot, Direct, FromTrituration, Route, StockFacts
from pharmacy.domain.second_check import recheck
from pharmacy.domain.suitability import check_excess, check_lot, check_trituration, matched, potency_of, room_left
from pharmacy.domain.tolerances import LEAST_HOLES, MOST_HOLES, USUAL, Tolerances
from pharmacy.domain.weighing import lots_squared, to_readable, weigh
from pharmacy.domain.worksheet import Worksheet

MOST = 100_000


def prepare_capsules(
    formula: CapsuleFormula,
    *,
    count: int,
    excess_percent: Decimal,
    drug: LotFacts,
    filler: LotFacts,
    shell: LotFacts,
    balance: BalanceFacts,
    on: date,
    others: tuple[LotFacts, ...] = (),
    parts: tuple[LotPart, ...] = (),
    trituration: LotFacts | None = None,
    machine_holes: int = 100,
    tolerances: Tolerances = USUAL,
    other_balances: tuple[BalanceFacts, ...] = (),
) -> CapsulePlan:
    """Everything that is weighed for `count` capsules, with its worksheet, checked by a second way.

    `drug` is a lot of the powder with its certificate, or itself a trituration lot; `trituration` is used only when
    the powder alone is too little for the balance. `others` are the lots of the formula's other powders. `parts` are
    amounts of further lots of the drug or the filler, each a line of its own with its own potency; `drug` and `filler`
    give the rest. Where this balance cannot do it, the refusal names which of `other_balances` can. Raises a
    :class:`~pharmacy.domain.errors.CalculationRefused` that says what does not go.
    """
    if not 1 <= count <= MOST:
        raise Impossible(f"The number of capsules must be from 1 to {MOST:,}.", "count")
    if not LEAST_HOLES <= machine_holes <= MOST_HOLES:
        raise Impossible(f"A capsule machine has {LEAST_HOLES} to {MOST_HOLES:,} holes.", "holes")
    check_calibration(balance, on)
    batch = count * check_excess(excess_percent)
    check_lot(filler, formula.filler, on)
    check_lot(shell, formula.shell, on)
    job = Job(formula, batch, packing_of(formula, shell.shell), balance, tolerances)
    source = _source(job, drug, trituration, _parts_of(parts, formula.drug, balance, on), on, other_balances)
    need = need_of(job, source)
    pairs = matched(tuple((one, one.component) for one in formula.others), others, on)
    fillers = _parts_of(parts, formula.filler, balance, on)
    lines, filler_used = _lines(job, need, source, filler, fillers, pairs)
    if len(parts) != len(source.parts) + len(fillers):
        raise WrongLot("A further lot must be of the drug or of the filler of this formula.", "parts")
    loads = _loads(job, need, count, machine_holes)
    plan = CapsulePlan(
        formula,
        count,
        excess_percent,
        need.drug,
        source.potency,
        source.route,
        need.net,
        need.net + job.packing.shell_mass,
        need.net.times(batch),
        lines,
        loads,
        _uses(source, lines, filler, filler_used, fillers, pairs, shell, count),
        Worksheet(formula.title, ()),
        "",
        job.packing,
        tolerances,
    )
    steps = capsule_steps(plan, job, need, source)
    worksheet = Worksheet(formula.title, (*steps, *budget_steps(budget_of(plan), plan, balance)))
    plan = replace(plan, worksheet=worksheet)
    return replace(plan, plausibility=recheck(plan))


def _parts_of(parts: tuple[LotPart, ...], component: Component, balance: BalanceFacts, on: date) -> tuple[LotPart, ...]:
    found = tuple(one for one in parts if one.lot.component == component.code)
    for one in found:
        check_lot(one.lot, component, on)
        if one.mass != to_readable(one.mass, balance):
            step = balance.readability.text("mg")
            raise Impossible(
                f"The part of lot {one.lot.number} must be in steps of {step}, as the balance shows it.", "parts"
            )
    return found


def _source(
    job: Job,
    drug: LotFacts,
    trituration: LotFacts | None,
    parts: tuple[LotPart, ...],
    on: date,
    other_balances: tuple[BalanceFacts, ...],
) -> Source:
    formula, balance, limit = job.formula, job.balance, job.tolerances.combined
    wanted = formula.strength.times(job.batch)
    if drug.fraction is not None:
        if parts:
            raise WrongLot("A trituration is not mixed with powder of another lot.", "parts")
        stock = check_trituration(drug, formula.drug, formula.filler, on)
        return Source(drug, stock.fraction, from_stock(wanted.over(stock.fraction), stock, balance, limit, drug.name))
    check_lot(drug, formula.drug, on)
    strength_of_lot = potency_of(drug)
    given = sum((one.mass.times(potency_of(one.lot)).value for one in parts), Fraction(0))
    rest = Mass(wanted.value - given)
    if rest.value <= 0:
        raise Impossible("The further lots give all of the drug: take less of them, or choose one lot.", "parts")
    as_is = rest.over(strength_of_lot)
    if parts:
        for one in parts:
            weigh(one.mass, balance, f"{one.lot.name} lot {one.lot.number}")
        source = Source(drug, strength_of_lot, Direct(weigh(as_is, balance, f"{drug.name} lot {drug.number}")), parts)
        if lots_squared(source.weighed(wanted), balance) > exact(limit) ** 2:
            raise CannotBeWeighed(
                f"{drug.name}: the weighings of {len(parts) + 1} lots on balance {balance.name} are off by more than "
                f"{decimal_text(limit)} % together; take fewer lots, make a larger batch or use a finer balance.",
                "parts",
            )
        return source
    at_hand = check_trituration(trituration, formula.drug, formula.filler, on) if trituration is not None else None
    room = filler_each(formula, job.packing, formula.strength.over(strength_of_lot)).times(job.batch)
    route = _route(as_is, strength_of_lot, job, room, at_hand, other_balances)
    if isinstance(route, FromTrituration) or (isinstance(route, Aliquot) and route.stock is not None):
        assert at_hand is not None
        assert trituration is not None
        return Source(trituration, at_hand.fraction, route, too_little=as_is)
    return Source(drug, strength_of_lot, route)


def _route(
    as_is: Mass,
    potency: Fraction,
    job: Job,
    room: Mass,
    at_hand: StockFacts | None,
    others: tuple[BalanceFacts, ...],
) -> Route:
    """The way of the drug that leaves as much filler as can still be weighed; where none does, one that leaves less."""

    def way(space: Mass) -> Route:
        return plan_weighing(
            as_is,
            potency,
            job.balance,
            diluent_room=space,
            trituration=at_hand,
            limit_percent=job.tolerances.combined,
            others=others,
        )

    least = minimum_weighable(job.balance)
    if room > least:
        with suppress(CannotBeWeighed):
            return way(room - least)
    return way(room)


def _lines(
    job: Job,
    need: Need,
    source: Source,
    filler: LotFacts,
    fillers: tuple[LotPart, ...],
    pairs: tuple[tuple[Powder, LotFacts], ...],
) -> tuple[tuple[PlannedWeighing, ...], Mass]:
    """The lines in the order of work, and how much filler they take from its lot."""
    formula, route, lot = job.formula, source.route, source.lot
    rest = room_left(need.filler.times(job.batch), diluent_carried(need, source), "trituration or aliquot")
    lines: list[PlannedWeighing] = []
    used = Mass(Fraction(0))
    named = replace(formula.drug, code=lot.component, name=lot.name)
    if isinstance(route, Aliquot):
        mixture = replace(formula.drug, name=f"{formula.drug.name} aliquot mixture")
        first = "Weigh the trituration for the aliquot." if source.is_stock else "Weigh the drug for the aliquot."
        for key, component, number, mass, words in (
            (WeighingKey.ALIQUOT_DRUG, named, lot.number, route.weigh, first),
            (WeighingKey.ALIQUOT_DILUENT, formula.filler, filler.number, route.diluent, "Dilute it with the filler."),
            (WeighingKey.ALIQUOT_TAKEN, mixture, "", route.take, "Mix, then take this much of the mixture."),
        ):
            lines.append(job.line(key, component, number, mass, words))
        used = route.diluent
    else:
        words = "Weigh the drug." if isinstance(route, Direct) else "Weigh the trituration."
        lines.append(job.line(WeighingKey.DRUG, named, lot.number, source.rest(need.drug).over(source.potency), words))
    for at, part in enumerate(source.parts, start=2):
        words = f"Weigh the drug of lot {part.lot.number}."
        lines.append(job.line(f"{WeighingKey.DRUG}-{at}", formula.drug, part.lot.number, part.mass, words))
    for powder, other in pairs:
        words = f"Weigh the {powder.component.role.value}."
        lines.append(
            job.line(powder.component.code, powder.component, other.number, powder.each.times(job.batch), words)
        )
    for at, part in enumerate(fillers, start=2):
        words = f"Weigh the filler of lot {part.lot.number}."
        lines.append(job.line(f"{WeighingKey.FILLER}-{at}", formula.filler, part.lot.number, part.mass, words))
        rest = room_left(rest, part.mass, f"further lot {part.lot.number} of the filler")
    if rest.value:
        words = "Weigh the filler and add it by geometric dilution."
        line = job.line(WeighingKey.FILLER, formula.filler, filler.number, rest, words)
        assert isinstance(line.target, Mass)
        lines.append(line)
        used += line.target
    return tuple(lines), used


def _uses(
    source: Source,
    lines: tuple[PlannedWeighing, ...],
    filler: LotFacts,
    filler_used: Mass,
    fillers: tuple[LotPart, ...],
    pairs: tuple[tuple[Powder, LotFacts], ...],
    shell: LotFacts,
    count: int,
) -> tuple[LotUse, ...]:
    """How much of each lot goes: of the drug first, whose lot gives the plan its potency."""
    by_key = {line.key: line.target for line in lines}
    first = by_key.get(WeighingKey.DRUG) or by_key[WeighingKey.ALIQUOT_DRUG]
    parts = [LotUse(one.lot, by_key[f"{WeighingKey.DRUG}-{at}"]) for at, one in enumerate(source.parts, start=2)]
    more = [LotUse(one.lot, by_key[f"{WeighingKey.FILLER}-{at}"]) for at, one in enumerate(fillers, start=2)]
    others = [LotUse(lot, by_key[powder.component.code]) for powder, lot in pairs]
    return (LotUse(source.lot, first), *parts, *others, *more, LotUse(filler, filler_used), LotUse(shell, count))


def _loads(job: Job, need: Need, count: int, holes: int) -> tuple[Load, ...]:
    """One load for each filling of the machine; all its blend goes in: holes × target net mass."""
    full, rest = divmod(count, holes)
    sizes = [holes] * full + ([rest] if rest else [])
    blend = replace(job.formula.drug, code="blend", name="Blend")
    loads = []
    for number, size in enumerate(sizes, start=1):
        key = f"load-{number}"
        words = f"Load {number} of {len(sizes)}: {size} holes × {need.net.text('mg')} a capsule."
        loads.append(Load(key, size, job.line(key, blend, "", need.net.times(size), words)))
    return tuple(loads)
