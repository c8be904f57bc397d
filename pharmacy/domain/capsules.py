"""Capsules by packing statistics: the drug takes its share of the shell, the filler takes the rest.

x = drug as it is ÷ mass of drug that alone fills the shell; filler = (1 − x) × mass of filler that alone fills it. The
process excess multiplies the whole blend and changes neither strength, quantity nor days' supply.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.balance import BalanceFacts
from pharmacy.domain.capsule_steps import Need, Source, capsule_worksheet, diluent_carried
from pharmacy.domain.errors import DoesNotFit, Impossible
from pharmacy.domain.formula import CapsuleFormula
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.measuring import weighed_line
from pharmacy.domain.plan import CapsulePlan, Load, LotFacts, LotUse, WeighingKey
from pharmacy.domain.quantity import Exact, Mass
from pharmacy.domain.routes import Aliquot, Direct, FromTrituration
from pharmacy.domain.second_check import recheck
from pharmacy.domain.suitability import check_excess, check_lot, check_trituration, potency_of, room_left
from pharmacy.domain.weighing import plan_weighing, weigh

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
    trituration: LotFacts | None = None,
    machine_holes: int = 100,
    tolerance_percent: Exact | None = None,
) -> CapsulePlan:
    """Everything that is weighed for `count` capsules, with its worksheet, checked by a second way.

    `drug` is a lot of the powder with its certificate, or itself a trituration lot; `trituration` is used only when
    the powder alone is too little for the balance. Tolerance of the weighings: the balance's accepted error unless
    given. Raises a :class:`~pharmacy.domain.errors.CalculationRefused` that says what does not go.
    """
    if not 1 <= count <= MOST:
        raise Impossible(f"The number of capsules must be from 1 to {MOST:,}.")
    if not 1 <= machine_holes <= 1000:
        raise Impossible("A capsule machine has 1 to 1,000 holes.")
    batch = count * check_excess(excess_percent)
    check_lot(filler, formula.filler, on)
    check_lot(shell, formula.shell, on)
    source = _source(formula, batch, drug, trituration, balance, on)
    need = _need(formula, batch, source)
    lines, filler_used = _lines(formula, need, source, filler, balance, tolerance_percent)
    loads = _loads(formula, need, count, machine_holes, balance, tolerance_percent)
    drug_line = next(line for line in lines if line.key in {WeighingKey.DRUG, WeighingKey.ALIQUOT_DRUG})
    assert isinstance(drug_line.target, Mass)
    plan = CapsulePlan(
        formula,
        count,
        excess_percent,
        need.drug,
        source.potency,
        source.route,
        need.net,
        need.net + formula.shell_mass,
        need.net.times(batch),
        lines,
        loads,
        (LotUse(source.lot, drug_line.target), LotUse(filler, filler_used), LotUse(shell, count)),
        capsule_worksheet(formula, count, excess_percent, need, source, balance, loads, lines),
        "",
    )
    return replace(plan, plausibility=recheck(plan))


def _source(
    formula: CapsuleFormula,
    batch: Fraction,
    drug: LotFacts,
    trituration: LotFacts | None,
    balance: BalanceFacts,
    on: date,
) -> Source:
    wanted = formula.strength.times(batch)
    if drug.fraction is not None:
        fraction = check_trituration(drug, formula.drug, formula.filler, on)
        return Source(drug, fraction, FromTrituration(weigh(wanted.over(fraction), balance, drug.name), fraction))
    check_lot(drug, formula.drug, on)
    strength_of_lot = potency_of(drug)
    fraction_at_hand = None
    if trituration is not None:
        fraction_at_hand = check_trituration(trituration, formula.drug, formula.filler, on)
    room = _filler_each(formula, formula.strength.over(strength_of_lot)).times(batch)
    as_is = wanted.over(strength_of_lot)
    route = plan_weighing(as_is, strength_of_lot, balance, diluent_room=room, trituration=fraction_at_hand)
    if isinstance(route, FromTrituration):
        assert trituration is not None
        return Source(trituration, route.fraction, route, too_little=as_is)
    return Source(drug, strength_of_lot, route)


def _filler_each(formula: CapsuleFormula, powder: Mass) -> Mass:
    displaced = powder.ratio(formula.drug_full)
    if displaced >= 1:
        raise DoesNotFit(
            f"{powder.text('mg')} of drug does not fit a size {formula.shell_size} shell, "
            f"which holds {formula.drug_full.text('mg')}; use a larger shell."
        )
    return formula.filler_full.times(1 - displaced)


def _need(formula: CapsuleFormula, batch: Fraction, source: Source) -> Need:
    # Of a trituration only its drug is known exactly; its diluent is filler and is counted as such.
    share = Fraction(1) if isinstance(source.route, FromTrituration) else source.potency
    powder = formula.strength.over(share)
    filler = _filler_each(formula, powder)
    return Need(batch, formula.strength.times(batch), powder, powder.ratio(formula.drug_full), filler)


def _lines(
    formula: CapsuleFormula,
    need: Need,
    source: Source,
    filler: LotFacts,
    balance: BalanceFacts,
    tolerance: Exact | None,
) -> tuple[tuple[PlannedWeighing, ...], Mass]:
    """The lines in the order of work, and how much filler they take from its lot."""
    route, lot = source.route, source.lot
    total_filler = need.filler.times(need.batch)
    rest = room_left(total_filler, diluent_carried(need, source), "trituration or aliquot")
    lines: list[PlannedWeighing] = []
    used = Mass(Fraction(0))
    if isinstance(route, Aliquot):
        mixture = replace(formula.drug, name=f"{formula.drug.name} aliquot mixture")
        for key, component, number, mass, words in (
            (WeighingKey.ALIQUOT_DRUG, formula.drug, lot.number, route.weigh, "Weigh the drug for the aliquot."),
            (WeighingKey.ALIQUOT_DILUENT, formula.filler, filler.number, route.diluent, "Dilute it with the filler."),
            (WeighingKey.ALIQUOT_TAKEN, mixture, "", route.take, "Mix, then take this much of the mixture."),
        ):
            lines.append(weighed_line(key, component, number, mass, balance, words, tolerance))
        used = route.diluent
    else:
        named = replace(formula.drug, code=lot.component, name=lot.name)
        exact_mass = need.drug.over(source.potency)
        words = "Weigh the drug." if isinstance(route, Direct) else "Weigh the trituration."
        lines.append(weighed_line(WeighingKey.DRUG, named, lot.number, exact_mass, balance, words, tolerance))
    if rest.value:
        words = "Weigh the filler and add it by geometric dilution."
        line = weighed_line(WeighingKey.FILLER, formula.filler, filler.number, rest, balance, words, tolerance)
        assert isinstance(line.target, Mass)
        lines.append(line)
        used += line.target
    return tuple(lines), used


def _loads(
    formula: CapsuleFormula, need: Need, count: int, holes: int, balance: BalanceFacts, tolerance: Exact | None
) -> tuple[Load, ...]:
    """One load for each filling of the machine; all its blend goes in: holes × target net mass."""
    full, rest = divmod(count, holes)
    sizes = [holes] * full + ([rest] if rest else [])
    blend = replace(formula.drug, code="blend", name="Blend")
    loads = []
    for number, size in enumerate(sizes, start=1):
        key = f"load-{number}"
        words = f"Load {number} of {len(sizes)}: {size} holes × {need.net.text('mg')} a capsule."
        loads.append(
            Load(key, size, weighed_line(key, blend, "", need.net.times(size), balance, words, tolerance)),
        )
    return tuple(loads)
