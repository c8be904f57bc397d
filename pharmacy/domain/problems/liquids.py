"""Problems of oral liquids: from drug powder or from tablets, brought to volume, by the same way as at the bench."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.balance import BalanceFacts
from pharmacy.domain.bounds import check_days, check_times
from pharmacy.domain.errors import CalculationRefused, Impossible
from pharmacy.domain.formula import Component, LiquidFormula, Particulars, Portion, QualityCheck, Role, VehicleKind
from pharmacy.domain.keeping import BeyondUseClass
from pharmacy.domain.liquid_steps import asked_step
from pharmacy.domain.liquids import prepare_liquid
from pharmacy.domain.plan import LiquidPlan, LotFacts, WeighingKey
from pharmacy.domain.problems.aliquots_of_liquids import GROUP, LIMIT, MEASURES, read_measures
from pharmacy.domain.problems.balance import BALANCE, read_balance
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.potency import CERTIFICATE, read_certificate
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.domain.routes import LiquidAliquot, TabletPowder, WholeTablets
from pharmacy.domain.second_check import recheck
from pharmacy.domain.second_check.liquids import asked_again
from pharmacy.domain.second_check.spans import demand, demand_answers
from pharmacy.domain.tablets import Crushed
from pharmacy.domain.tolerances import USUAL, Tolerances
from pharmacy.domain.worksheet import Worksheet

_ON = date(2000, 1, 1)  # no lot of a problem has an expiry
_PARTICULARS = Particulars(
    container="not asked",
    storage="not asked",
    physical_description="not asked",
    bud_class=BeyondUseClass.NONPRESERVED_AQUEOUS,
    bud_reference="not asked",
    instructions=("not asked",),
    equipment=(),
    quality_checks=(QualityCheck("pH", "not asked"),),
    labelling=("Shake well",),
)
_UNUSED = BalanceFacts("not used", Mass.of(1, "mg"), Mass.of(1, "mg"), Decimal(5), Mass.of(1, "g"))
_MAYBE = tuple(
    replace(one, optional=True, only_with="" if one.name == "readability" else "readability") for one in BALANCE
)
VOLUME = (
    Field("concentration", "Concentration", Sort.CONCENTRATION, "1 mg/mL"),
    Field("quantity", "Volume asked for", Sort.VOLUME, "135 mL", optional=True, hint="Or dose, times a day and days."),
    Field("dose", "Dose", Sort.MASS, "", optional=True),
    Field("times_a_day", "Times a day", Sort.COUNT, "", optional=True, only_with="dose"),
    Field("days", "Days", Sort.COUNT, "", optional=True, only_with="dose"),
    Field("excess", "Process excess", Sort.PERCENT, "5 %", optional=True, hint="None when left out."),
    Field("mark", "Step of the final measure", Sort.VOLUME, "5 mL", optional=True, hint="1 mL when left out."),
)
COMPOSITION = (
    Field("vehicle", "Vehicle", Sort.TEXT, "purified water", optional=True),
    Field("vehicle_kind", "Kind of vehicle", Sort.CHOICE, "aqueous", optional=True, choices=tuple(VehicleKind)),
    Field("bud_class", "Class of the beyond-use date", Sort.CHOICE, "", optional=True, choices=tuple(BeyondUseClass)),
    Field(
        "parts",
        "Other parts in 100 mL",
        Sort.TABLE,
        optional=True,
        hint="Such as name: glycerin; amount: 5 mL; role: cosolvent. Amounts in 100 mL; of powders displacement (mL for 1 g) or density.",
    ),
    Field("displacement", "Room of 1 g of the drug powder, in mL", Sort.RATIO, "0.8", optional=True),
    Field("density", "or its density", Sort.DENSITY, "", optional=True, hint="Such as 1.25 g/mL."),
)


def _liquid(given: Given) -> Solution:
    solubility = given.concentration("solubility") if given.has("solubility") else None
    drug = Component("drug", given.text("drug") if given.has("drug") else "naltrexone HCl", Role.DRUG)
    formula = replace(_formula(given, drug, None), solubility=solubility)
    lot = LotFacts("of the problem", drug.code, drug.name, None, read_certificate(given))
    return _solution(given, formula, lot, None)


def _suspension(given: Given) -> Solution:
    label = given.mass("label")
    tablet = Component("tablet", f"tablets of {label.text('mg')}", Role.TABLET)
    formula = _formula(given, tablet, label)
    lot = LotFacts("of the problem", tablet.code, tablet.name, None, label_strength=label)
    try:
        return _solution(given, formula, lot, _crushed(given))
    except CalculationRefused as refused:
        if refused.field == "tablets_together" and given.has("mean_mass"):
            refused.field = "mean_mass"
        raise


def _crushed(given: Given) -> Crushed | None:
    if not any(given.has(name) for name in ("tablets_weighed", "tablets_together", "mean_mass")):
        return None
    count = given.count("tablets_weighed")
    if given.has("mean_mass") and given.has("tablets_together"):
        raise Impossible("Give the mass of the tablets together or their mean, not both.", "mean_mass")
    mean = given.has("mean_mass")
    return Crushed(count, given.mass("mean_mass").times(count) if mean else given.mass("tablets_together"))


def _formula(given: Given, drug: Component, label: Mass | None) -> LiquidFormula:
    kind = given.choice("vehicle_kind", VehicleKind) if given.has("vehicle_kind") else VehicleKind.AQUEOUS
    usual = BeyondUseClass.NONAQUEOUS_LIQUID if kind is VehicleKind.OIL else BeyondUseClass.NONPRESERVED_AQUEOUS
    bud_class = given.choice("bud_class", BeyondUseClass) if given.has("bud_class") else usual
    vehicle = given.text("vehicle") if given.has("vehicle") else "purified water"
    return LiquidFormula(
        "of the problem",
        given.concentration("concentration"),
        drug,
        tuple(_portion(one) for one in given.tables("parts")) if given.has("parts") else (),
        Component("vehicle", vehicle, Role.VEHICLE),
        given.volume("mark") if given.has("mark") else Volume.of(1, "mL"),
        replace(_PARTICULARS, bud_class=bud_class),
        kind,
        label,
        drug_displacement=_displacement(given),
    )


def _portion(given: Given) -> Portion:
    name = given.text("name")
    role = given.choice("role", Role) if given.has("role") else Role.COSOLVENT
    liquid = given.text("amount").endswith("mL")
    number = given.volume("amount").value if liquid else given.mass("amount").to("g")
    displacement = _displacement(given)
    given.finish()
    return Portion(
        Component(_code(name), name, role),
        Decimal(number.numerator) / number.denominator,
        "mL" if liquid else "g",
        displacement,
    )


def _displacement(given: Given) -> Fraction | None:
    """The room of 1 g in mL: given as such, or as a density."""
    if given.has("displacement") and given.has("density"):
        raise Impossible("Give the displacement or the density, not both.", "density")
    if given.has("density"):
        density = given.density("density").value
        if density <= 0:
            raise Impossible("A density must be above 0 g/mL.", "density")
        return 1 / density
    return given.ratio("displacement") if given.has("displacement") else None


def _code(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _quantity(given: Given) -> Volume:
    """The volume asked for: stated, or dose ÷ concentration × times a day × days."""
    if not given.has("dose"):
        return given.volume("quantity")
    if given.has("quantity"):
        raise Impossible("Give the volume, or the dose with times a day and days; not both.", "quantity")
    check_times(given.count("times_a_day"))
    check_days(given.count("days"))
    concentration, doses = given.concentration("concentration"), given.count("times_a_day") * given.count("days")
    if concentration.value <= 0 or doses <= 0 or given.mass("dose").value <= 0:
        raise Impossible("Dose, concentration, times a day and days must each be above 0.", "dose")
    return Volume(given.mass("dose").value / concentration.value * doses)


def _solution(given: Given, formula: LiquidFormula, drug: LotFacts, crushed: Crushed | None) -> Solution:
    plan = prepare_liquid(
        formula,
        quantity=_quantity(given),
        excess_percent=given.percent("excess") if given.has("excess") else Decimal(0),
        drug=drug,
        others=tuple(_lot(one.component) for one in formula.portions),
        vehicle=_lot(formula.vehicle),
        balance=_balance(given, formula, crushed),
        measures=read_measures(given),
        on=_ON,
        crushed=crushed,
        tolerances=Tolerances(combined=given.percent("limit")) if given.has("limit") else USUAL,
    )
    steps = plan.worksheet.steps
    if given.has("dose"):
        asked = asked_step(
            given.mass("dose"), formula.concentration, given.count("times_a_day"), given.count("days"), plan.wanted
        )
        steps = (asked, *steps)
    return Solution(Worksheet(formula.title, steps), _answers(plan), plan)


def _balance(given: Given, formula: LiquidFormula, crushed: Crushed | None) -> BalanceFacts:
    """The balance that is given; one that is not used where nothing is weighed."""
    weighed = formula.label_strength is None or crushed is not None or any(one.unit == "g" for one in formula.portions)
    return read_balance(given) if weighed or given.has("readability") else _UNUSED


def _lot(component: Component) -> LotFacts:
    return LotFacts("of the problem", component.code, component.name, None)


def _answers(plan: LiquidPlan) -> dict[str, Answer]:
    route, lines = plan.route, {one.key: one for one in plan.weighings}
    answers: dict[str, Answer] = {"volume": plan.made, "drug": plan.drug}
    if isinstance(route, WholeTablets):
        answers["tablets"] = route.count
    elif isinstance(route, TabletPowder):
        answers |= {"weigh": route.target, "mean": route.mean, "tablets": route.count}
    elif isinstance(route, LiquidAliquot):
        answers |= {"weigh": route.weigh, "dissolved_to": route.volume, "take": route.take}
    else:
        answers["weigh"] = lines["drug"].target
    for one in plan.formula.portions:
        answers[one.component.name] = lines[one.component.code].target
    assert plan.about is not None
    return {**answers, "vehicle": plan.about}


def _again(given: Given, solution: Solution) -> str:
    plan: LiquidPlan = solution.subject
    demand(given.concentration("concentration") == plan.formula.concentration, "the concentration that is given")
    if given.has("dose"):
        asked_again(
            plan.wanted, plan.formula.concentration, given.mass("dose"), given.count("times_a_day"), given.count("days")
        )
    else:
        demand(given.volume("quantity") == plan.wanted, "the volume that is given")
    said = recheck(plan)
    demand_answers(solution.answers, _answers_again(plan))
    return said


def _answers_again(plan: LiquidPlan) -> dict[str, object]:
    """What is told of a plan, read off its lines."""
    lines = {one.key: one.target for one in plan.weighings}
    told: dict[str, object] = {"volume": plan.made, "vehicle": plan.about}
    told["drug"] = Mass(plan.made.value * plan.formula.concentration.value)
    for key, name in (
        (WeighingKey.ALIQUOT_DRUG, "weigh"),
        (WeighingKey.ALIQUOT_VOLUME, "dissolved_to"),
        (WeighingKey.ALIQUOT_TAKEN, "take"),
        (WeighingKey.DRUG, "weigh"),
    ):
        if key in lines:
            told[name] = lines[key]
    if plan.formula.label_strength is not None:
        told["tablets"] = count = plan.lots[0].amount
        if WeighingKey.TABLETS_WEIGHED in lines:
            together = lines[WeighingKey.TABLETS_WEIGHED].value
            told["mean"] = Mass(together / Fraction(count)) if isinstance(count, (int, Decimal, Fraction)) else None
    return told | {one.component.name: lines[one.component.code] for one in plan.formula.portions}


KINDS = (
    ProblemKind(
        "liquid",
        "Oral liquid from powder",
        GROUP,
        (
            *VOLUME,
            *CERTIFICATE,
            *BALANCE,
            Field("drug", "Drug", Sort.TEXT, "naltrexone HCl", optional=True),
            Field("solubility", "What dissolves in the vehicle", Sort.CONCENTRATION, "65 mg/mL", optional=True),
            *COMPOSITION,
            LIMIT,
            MEASURES,
        ),
        _liquid,
        _again,
    ),
    ProblemKind(
        "tablet-suspension",
        "Oral suspension from tablets",
        GROUP,
        (
            *VOLUME,
            Field("label", "Label strength of a tablet", Sort.MASS, "50 mg"),
            Field(
                "tablets_weighed",
                "Tablets weighed and crushed",
                Sort.COUNT,
                "20",
                optional=True,
                hint="Whole tablets when left out.",
            ),
            Field("tablets_together", "Their mass together", Sort.MASS, "6080 mg", optional=True),
            Field("mean_mass", "or their mean mass", Sort.MASS, "", optional=True, hint="Such as 304 mg."),
            *_MAYBE,
            *COMPOSITION,
            MEASURES,
        ),
        _suspension,
        _again,
        bench=True,
    ),
)
