from __future__ import annotations

import dataclasses
import json
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pharmacy.domain.balance import BalanceFacts, minimum_weighable
from pharmacy.domain.calculation import (
    CapsulePlan,
    LiquidPlan,
    LotFacts,
    Plan,
    PlannedWeighing,
    TriturationPlan,
    WeighingKey,
    all_weighings,
    caps_of,
    geometric_dilution,
    plan_from_json,
    planned,
    prepare_capsules,
    prepare_liquid,
    prepare_trituration,
    recheck,
)
from pharmacy.domain.certificate import Basis, Certificate, Hydrate
from pharmacy.domain.errors import (
    CalculationRefused,
    CannotBeMeasured,
    CannotBeWeighed,
    ChecksDisagree,
    DoesNotFit,
    Expired,
    Impossible,
    NotInTheRecord,
    WrongLot,
)
from pharmacy.domain.formula import (
    CapsuleFormula,
    Component,
    LiquidFormula,
    Portion,
    Role,
    TriturationFormula,
    formula_from_json,
)
from pharmacy.domain.plain import exact_number, exact_text
from pharmacy.domain.quantity import NBSP, Concentration, Mass, Volume
from pharmacy.domain.routes import Aliquot, FromTrituration
from tests.domain.builders import (
    DRUG,
    MCC,
    MEASURES,
    ON,
    SHELL,
    WATER,
    balance,
    capsules,
    liquid,
    lot,
    mg,
    particulars,
    planned_capsules,
    stock,
    trituration_lot,
)

D = Decimal


def bottle(
    quantity: str = "135",
    excess: str = "5",
    concentration: str = "1",
    sensitivity: str = "1",
    formula: LiquidFormula | None = None,
    **more: object,
) -> LiquidPlan:
    formula = formula or liquid(concentration)
    given: dict[str, object] = {
        "quantity": Volume.of(quantity, "mL"),
        "excess_percent": D(excess),
        "drug": lot(DRUG),
        "others": tuple(lot(one.component) for one in formula.portions),
        "vehicle": lot(WATER),
        "balance": balance(sensitivity),
        "measures": MEASURES,
        "on": ON,
        **more,
    }
    return prepare_liquid(formula, **given)  # type: ignore[arg-type]


def powder(total: str = "50", **more: object) -> TriturationPlan:
    given: dict[str, object] = {
        "total": Mass.of(total, "g"),
        "drug": lot(DRUG),
        "diluent": lot(MCC),
        "balance": balance(),
        "on": ON,
        **more,
    }
    return prepare_trituration(stock(), **given)  # type: ignore[arg-type]


def made_from(**more: object) -> CapsulePlan:
    given: dict[str, object] = {
        "count": 100,
        "excess_percent": D(5),
        "drug": lot(DRUG),
        "filler": lot(MCC),
        "shell": lot(SHELL),
        "balance": balance(),
        "on": ON,
        **more,
    }
    formula = given.pop("formula", capsules())
    return prepare_capsules(formula, **given)  # type: ignore[arg-type]


# --- capsules -----------------------------------------------------------------------------------------------------


def test_rounding_a_capsule_before_multiplying_is_not_done() -> None:
    plan = planned_capsules("0.5", 300, "0", balance("1", capacity="500000"))
    assert planned(plan, WeighingKey.DRUG).target == mg("166.2")  # type: ignore[union-attr]  # 0.6 mg × 300 would be 180


def test_excess_changes_the_blend_and_not_the_capsule() -> None:
    none, more = planned_capsules(excess="0"), planned_capsules(excess="10")
    assert more.net == none.net
    assert more.blend == none.blend.times(Fraction(11, 10))
    assert [load.weighing for load in more.loads] == [load.weighing for load in none.loads]
    assert more.count == none.count == 100
    assert more.lots[2].amount == 100


def test_an_aliquot_takes_its_diluent_from_the_filler_lot() -> None:
    plan = planned_capsules("0.5", 30, "0")
    assert isinstance(plan.route, Aliquot)
    assert plan.lots[0].amount == mg("120.4")
    assert plan.lots[1].amount == mg("10555.6") + mg("2429.7")
    assert [one.lot for one in plan.weighings] == ["naltrexone-hcl-1", "mcc-1", "", "mcc-1"]


def test_a_trituration_lot_may_be_chosen_as_the_drug_itself() -> None:
    plan = made_from(drug=trituration_lot(), count=30, formula=capsules("0.5"))
    assert isinstance(plan.route, FromTrituration)
    assert plan.lots[0].lot.number == "T-1"
    assert plan.weighings[0].component == "naltrexone-trituration"
    assert date(2026, 7, 1) in {cap.date for cap in caps_of(plan)}
    assert "beyond-use date" in next(cap.name for cap in caps_of(plan) if "T-1" in cap.name)


def test_a_trituration_that_stands_in_is_named_with_the_reason() -> None:
    plan = planned_capsules("0.5", 30, "5", trituration=trituration_lot())
    assert plan.worksheet.step("Too little powder").result == "17.4473"
    assert plan.lots[0].lot.number == "T-1"


def test_the_measured_strength_of_a_trituration_is_what_counts() -> None:
    weaker = planned_capsules("0.5", 30, "5", trituration=trituration_lot(Fraction(97, 1000)))
    assert weaker.weighings[0].target == mg("162.4")


def test_a_trituration_in_another_diluent_is_refused() -> None:
    with pytest.raises(WrongLot, match="another diluent"):
        planned_capsules("0.5", 30, "5", trituration=trituration_lot(diluent="lactose"))


def test_a_trituration_with_too_much_diluent_does_not_fit() -> None:
    thin = trituration_lot(Fraction(1, 100))
    with pytest.raises(DoesNotFit, match="diluent"):
        made_from(drug=thin, formula=capsules("4.5"))


def test_too_much_drug_for_the_shell_does_not_fit() -> None:
    with pytest.raises(DoesNotFit, match="size 2 is the smallest shell that would do"):
        planned_capsules("150", 100)


def test_a_balance_that_cannot_do_it_is_named() -> None:
    tiny = balance("6", capacity="1000")
    with pytest.raises(CannotBeWeighed, match="B-1"):
        planned_capsules("0.1", 2, "0", tiny)


@pytest.mark.parametrize("count", [0, -1, 100_001])
def test_an_impossible_count_is_refused(count: int) -> None:
    with pytest.raises(Impossible):
        planned_capsules(count=count)


@pytest.mark.parametrize("excess", ["-1", "25.1", "100"])
def test_an_impossible_excess_is_refused(excess: str) -> None:
    with pytest.raises(Impossible, match="excess"):
        planned_capsules(excess=excess)


@pytest.mark.parametrize("name", ["drug", "filler", "shell"])
def test_a_lot_past_its_day_is_refused_by_name(name: str) -> None:
    component = {"drug": DRUG, "filler": MCC, "shell": SHELL}[name]
    made_from(**{name: lot(component, use_before=ON)})
    with pytest.raises(Expired, match="OLD-1"):
        made_from(**{name: lot(component, "OLD-1", date(2026, 3, 1))})


@pytest.mark.parametrize("name", ["drug", "filler", "shell"])
def test_a_lot_of_another_ingredient_is_refused(name: str) -> None:
    with pytest.raises(WrongLot, match="not"):
        made_from(**{name: dataclasses.replace(lot(WATER), number="W-9")})


def test_a_drug_lot_without_a_certificate_is_refused() -> None:
    with pytest.raises(WrongLot, match="certificate"):
        made_from(drug=dataclasses.replace(lot(DRUG), certificate=None))


@pytest.mark.parametrize("holes", [100, 300, 60])
def test_loads_hold_all_capsules_and_the_last_holds_the_rest(holes: int) -> None:
    plan = planned_capsules("3", 250, holes=holes)
    assert sum(load.holes for load in plan.loads) == 250
    assert all(load.holes == holes for load in plan.loads[:-1])


strengths = st.sampled_from(["0.1", "0.5", "1", "1.5", "2", "3", "4.5"])
scales = st.builds(
    balance,
    sensitivity=st.sampled_from(["6", "2", "1"]),
    error=st.sampled_from(["5", "3", "1"]),
    readability=st.sampled_from(["0.1", "1", "0.01"]),
)
fallback = st.sampled_from(
    [None, trituration_lot(), trituration_lot(Fraction(1, 100)), trituration_lot(Fraction(97, 1000))]
)


@settings(max_examples=150, deadline=None)
@given(strengths, st.integers(1, 1000), st.sampled_from(["0", "2.5", "5", "10"]), scales, fallback)
def test_mass_is_conserved_and_nothing_is_below_the_minimum(
    strength: str, count: int, excess: str, scale: BalanceFacts, trituration: LotFacts | None
) -> None:
    try:
        plan = planned_capsules(strength, count, excess, scale, trituration)
    except (CannotBeWeighed, DoesNotFit):
        return
    least, step = minimum_weighable(scale), scale.readability.value
    into_blend = [one for one in plan.weighings if one.key in {"drug", "aliquot-taken", "filler"}]
    total = sum((one.target.value for one in into_blend), Fraction(0))
    assert abs(total - plan.blend.value) <= step / 2 * len(into_blend)
    for line in all_weighings(plan):
        assert isinstance(line.target, Mass)
        assert least <= line.target
        assert (line.target.value / step).denominator == 1
        assert line.within(line.target)
        assert not line.within(line.high + line.readability)  # type: ignore[arg-type]
        assert not line.within(line.low - line.readability)  # type: ignore[arg-type]
        assert not line.text(line.target).startswith(f"0{NBSP}")
    loads = sum((load.weighing.target.value for load in plan.loads), Fraction(0))
    assert abs(loads - plan.net.value * count) <= step / 2 * len(plan.loads)


@settings(max_examples=40, deadline=None)
@given(strengths, st.integers(300, 1000))
def test_twice_the_capsules_need_twice_the_powder(strength: str, count: int) -> None:
    assume(Decimal(strength) * count >= 300)
    one, two = (
        planned_capsules(strength, count, scale=balance("1", capacity="500000")),
        planned_capsules(strength, count * 2, scale=balance("1", capacity="500000")),
    )
    assert two.drug == one.drug.times(2)
    assert two.blend == one.blend.times(2)
    assert two.net == one.net


# --- liquids ------------------------------------------------------------------------------------------------------


def test_a_liquid_is_brought_to_volume_and_not_given_that_volume() -> None:
    plan = bottle()
    last = plan.weighings[-1]
    assert last.key == WeighingKey.FINAL_VOLUME
    assert "do not add" in last.words
    assert plan.lots[-1].amount == Volume(Fraction(120))  # 150 mL less 30 mL of glycerin, before powders


def test_powders_are_weighed_before_any_liquid_is_measured_and_the_vehicle_comes_last() -> None:
    formula = liquid()
    for turned in (formula, dataclasses.replace(formula, portions=formula.portions[::-1])):
        plan = bottle(formula=turned)
        assert plan.weighings[0].key == WeighingKey.DRUG
        order = [isinstance(one.target, Volume) for one in plan.weighings]
        assert order == [False, False, False, True, True]
        assert [one.key for one in plan.weighings[-2:]] == ["gly", WeighingKey.FINAL_VOLUME]
        names = [step.name for step in plan.worksheet.steps]
        said = [names.index(one.component.name) for one in sorted(turned.portions, key=lambda one: one.unit == "mL")]
        assert said == sorted(said)
        assert said[-1] < names.index(f"{formula.vehicle.name} to")


def test_the_volume_is_rounded_up_never_down() -> None:
    assert bottle("140.1", "0").made == Volume(Fraction(150))
    assert bottle("140", "0").made == Volume(Fraction(140))


def test_too_small_a_bottle_names_the_volume_that_would_do() -> None:
    with pytest.raises(CannotBeWeighed, match=f"make 190{NBSP}mL or more"):
        bottle("100", "0", "1", "10")
    with pytest.raises(CannotBeWeighed, match="sodium benzoate"):
        bottle("100", "0", "5", "6")


def test_a_volume_between_the_marks_is_refused() -> None:
    with pytest.raises(CannotBeMeasured, match="glycerin"):
        bottle("50", "0", measures=MEASURES[2:])


def test_each_part_has_one_lot_of_its_own() -> None:
    others = tuple(lot(one.component) for one in liquid().portions)
    with pytest.raises(WrongLot, match="Choose a lot of glycerin"):
        bottle(others=others[:2])
    with pytest.raises(WrongLot, match="takes no"):
        bottle(others=(*others, lot(MCC)))
    with pytest.raises(WrongLot, match="one lot"):
        bottle(others=(*others, others[0]))


@pytest.mark.parametrize("quantity", ["0", "100001"])
def test_an_impossible_volume_is_refused(quantity: str) -> None:
    with pytest.raises(Impossible):
        bottle(quantity)


@settings(max_examples=60, deadline=None)
@given(st.integers(20, 240), st.sampled_from(["0", "5", "10"]), st.sampled_from(["1", "5", "0.5"]))
def test_the_drug_in_a_liquid_is_concentration_times_volume(quantity: int, excess: str, concentration: str) -> None:
    try:
        plan = bottle(str(quantity), excess, concentration, "0.5")
    except (CannotBeWeighed, CannotBeMeasured):
        return
    assert plan.drug.value == Fraction(concentration) * plan.made.value
    assert plan.made.value >= quantity
    target = plan.weighings[0].target
    assert abs(target.value * plan.potency - plan.drug.value) <= plan.potency / 20


# --- triturations -------------------------------------------------------------------------------------------------


def test_a_trituration_of_50_g_holds_5_g_of_anhydrous_drug() -> None:
    plan = powder()
    assert [one.target for one in plan.weighings] == [mg("5538.8"), mg("44461.2")]
    assert plan.drug == Mass.of("5", "g")


def test_too_little_trituration_cannot_be_weighed() -> None:
    with pytest.raises(CannotBeWeighed):
        powder("1")
    with pytest.raises(Impossible):
        powder("0")


def test_a_lot_weaker_than_the_trituration_is_refused() -> None:
    weak = dataclasses.replace(lot(DRUG), certificate=Certificate(D(9), Basis.AS_IS))
    with pytest.raises(WrongLot, match="too weak"):
        powder(drug=weak)


def test_geometric_dilution_doubles_until_all_is_in() -> None:
    additions = geometric_dilution(mg("520"), mg("13750"))
    assert len(additions) == 5  # log2(13.75 ÷ 0.52) = 4.7
    assert additions[:3] == (mg("520"), mg("1040"), mg("2080"))
    assert geometric_dilution(mg("5"), mg("5")) == ()
    with pytest.raises(Impossible):
        geometric_dilution(mg("0"), mg("5"))


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_geometric_dilution_adds_up(start: int, more: int) -> None:
    first, total = mg(str(start)), mg(str(start + more))
    inside = first
    for one in geometric_dilution(first, total):
        assert one <= inside
        inside += one
    assert inside == total


# --- the record and the second way --------------------------------------------------------------------------------

PLANS: dict[str, Plan] = {
    "direct": planned_capsules(),
    "aliquot": planned_capsules("0.5", 30, "0"),
    "trituration": planned_capsules("0.5", 30, "5", trituration=trituration_lot()),
    "liquid": bottle(),
    "stock": powder(),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_comes_back_from_the_record_as_it_went_in(name: str) -> None:
    stored = json.dumps(PLANS[name].to_json(), sort_keys=True)
    again = plan_from_json(json.loads(stored))
    assert again == PLANS[name]
    assert json.dumps(again.to_json(), sort_keys=True) == stored
    assert recheck(again) == PLANS[name].plausibility


@pytest.mark.parametrize("name", PLANS)
def test_every_line_of_a_worksheet_has_words_numbers_a_result_and_a_source(name: str) -> None:
    for step in PLANS[name].worksheet.steps:
        assert step.name
        assert step.words
        assert step.result
        assert step.source
        assert step.result != "0"


def _moved(line: PlannedWeighing, steps: int) -> PlannedWeighing:
    target = type(line.target)(line.target.value + steps * line.readability.value)
    return dataclasses.replace(line, target=target, low=target, high=target)


CASES = [(name, index) for name, plan in PLANS.items() for index in range(len(plan.weighings))]


@pytest.mark.parametrize(("name", "index"), CASES)
@pytest.mark.parametrize("steps", [-40, 40])
def test_the_second_way_finds_a_wrong_line(name: str, index: int, steps: int) -> None:
    plan = PLANS[name]
    if plan.weighings[index].target.value + steps * plan.weighings[index].readability.value <= 0:
        steps = 40
    lines = list(plan.weighings)
    lines[index] = _moved(lines[index], steps)
    with pytest.raises(ChecksDisagree, match="do not use"):
        recheck(dataclasses.replace(plan, weighings=tuple(lines)))


@pytest.mark.parametrize(
    "change",
    [
        {"potency": Fraction(9, 10)},
        {"count": 101},
        {"excess": D(6)},
        {"net": mg("131")},
        {"gross": mg("178")},
        {"blend": mg("13700")},
        {"drug": mg("472")},
        {"formula": capsules("4")},
        {"loads": ()},
        {"weighings": ()},
        {"lots": (planned_capsules().lots[1],)},
    ],
)
def test_the_second_way_finds_a_wrong_figure(change: dict[str, object]) -> None:
    with pytest.raises(ChecksDisagree):
        recheck(dataclasses.replace(PLANS["direct"], **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("liquid", {"made": Volume(Fraction(160))}),
        ("liquid", {"wanted": Volume(Fraction(150))}),
        ("liquid", {"formula": liquid("5")}),
        ("stock", {"total": Mass.of("51", "g")}),
        ("stock", {"drug": mg("4999")}),
        ("stock", {"formula": stock(11)}),
    ],
)
def test_the_second_way_finds_a_wrong_liquid_or_trituration(name: str, change: dict[str, object]) -> None:
    with pytest.raises(ChecksDisagree):
        recheck(dataclasses.replace(PLANS[name], **change))  # type: ignore[arg-type]


def test_the_plausibility_line_can_be_followed_in_the_head() -> None:
    assert PLANS["direct"].plausibility == (
        f"105 capsules' worth × 4.5{NBSP}mg = 472.5{NBSP}mg naltrexone HCl in the batch; "
        f"the rounded masses give 4.4999{NBSP}mg a capsule."
    )


@pytest.mark.parametrize("formula", [capsules(), liquid(), stock()])
def test_a_formula_comes_back_from_the_record(formula: CapsuleFormula | LiquidFormula | TriturationFormula) -> None:
    assert formula_from_json(json.loads(json.dumps(formula.to_json()))) == formula
    assert formula.components[0] == DRUG


def test_a_record_with_a_missing_or_strange_field_is_refused() -> None:
    whole = capsules().to_json()
    for broken in (
        {},
        None,
        [],
        {**whole, "kind": "tablet"},
        {**whole, "colour": "blue"},
        {key: value for key, value in whole.items() if key != "strength"},
        {**whole, "strength": "4.5"},
        {**whole, "strength": "4.5 mL"},
        {**whole, "strength": 4.5},
        {**whole, "strength": "1e3 mg"},
        {**whole, "name": None},
        {**whole, "drug": {**whole["drug"], "role": "magic"}},
        {**whole, "particulars": {**whole["particulars"], "instructions": "mix"}},
    ):
        with pytest.raises(NotInTheRecord):
            formula_from_json(broken)
    with pytest.raises(NotInTheRecord):
        plan_from_json({"kind": "tablet"})


def test_fillers_that_delay_or_reduce_release_are_refused_with_the_reason() -> None:
    for code, why in (("calcium-carbonate", "absorption"), ("hypromellose-k100m", "delays")):
        with pytest.raises(Impossible, match=why):
            dataclasses.replace(capsules(), filler=Component(code, code, Role.FILLER))
        with pytest.raises(Impossible, match=why):
            dataclasses.replace(stock(), diluent=Component(code, code, Role.FILLER))


@pytest.mark.parametrize("field", ["strength", "filler_full", "drug_full", "shell_mass"])
def test_a_capsule_of_nothing_is_refused(field: str) -> None:
    with pytest.raises(Impossible):
        dataclasses.replace(capsules(), **{field: mg("0")})  # type: ignore[arg-type]


def test_a_liquid_whose_parts_do_not_sum_is_refused() -> None:
    sugar = Component("sugar", "sucrose", Role.SWEETENER)
    with pytest.raises(Impossible, match="no room"):
        dataclasses.replace(liquid(), portions=(Portion(sugar, D(100), "g"),))
    with pytest.raises(Impossible, match="once"):
        dataclasses.replace(liquid(), portions=(Portion(sugar, D(1), "g"), Portion(sugar, D(2), "g")))
    for amount in (D(0), D(-1), D(101)):
        with pytest.raises(Impossible):
            Portion(sugar, amount, "g")
    with pytest.raises(Impossible):
        Portion(sugar, D(1), "oz")
    with pytest.raises(Impossible):
        dataclasses.replace(liquid(), concentration=Concentration(Fraction(0)))


def test_a_formula_without_its_particulars_is_refused() -> None:
    for field in ("container", "storage", "physical_description", "bud_reference", "instructions", "quality_checks"):
        empty: object = () if field in {"instructions", "quality_checks"} else ""
        with pytest.raises(Impossible, match="formula needs"):
            dataclasses.replace(particulars(), **{field: empty})  # type: ignore[arg-type]
    with pytest.raises(Impossible, match="kept as"):
        dataclasses.replace(capsules(), filler=SHELL)
    for parts in (1, 0, 1001):
        with pytest.raises(Impossible):
            stock(parts)


def test_titles_say_drug_strength_and_form_unbroken() -> None:
    assert capsules().title == f"naltrexone HCl 4.5{NBSP}mg capsule"
    assert liquid().title == f"naltrexone HCl 1{NBSP}mg/mL oral liquid"
    assert stock().title == f"naltrexone HCl trituration 1 in 10 (100{NBSP}mg/g)"


def test_a_trituration_lot_needs_strength_and_diluent() -> None:
    with pytest.raises(Impossible):
        LotFacts("T", "t", "t", None, fraction=Fraction(1, 10))
    with pytest.raises(Impossible):
        LotFacts("T", "t", "t", None, fraction=Fraction(1), diluent="mcc")


def test_a_typed_weight_is_read_in_the_unit_of_its_line() -> None:
    drug, filler = planned_capsules().weighings
    assert drug.quantity(D("523.4")) == mg("523.4")
    assert filler.quantity(D("13.2247")) == mg("13224.7")
    assert not filler.within(filler.quantity(D("13224.7")))
    with pytest.raises(TypeError):
        drug.within(Volume(Fraction(1)))


def test_all_refusals_are_one_family() -> None:
    assert issubclass(NotInTheRecord, CalculationRefused)
    assert issubclass(ChecksDisagree, CalculationRefused)


def test_a_number_is_stored_without_loss() -> None:
    for value in (Fraction(1, 3), Fraction(-9, 40), Fraction(0), Fraction(1200), Fraction(1, 2**20), Fraction(3, 500)):
        assert exact_number(exact_text(value)) == value
    assert [exact_text(Fraction(one)) for one in ("1/20", "120", "0.5", "-2.50", "1/7")] == [
        "0.05",
        "120",
        "0.5",
        "-2.5",
        "1/7",
    ]
    for broken in (4.5, None, "1e3", "4,5", "1/0", "１", ""):
        with pytest.raises(NotInTheRecord):
            exact_number(broken)


def test_a_stored_plan_that_was_tampered_with_is_refused() -> None:
    stored = PLANS["aliquot"].to_json()
    for path, value in (
        (("route", "kind"), "magic"),
        (("count",), "30"),
        (("count",), True),
        (("lots",), {}),
        (("worksheet", "title"), 3),
        (("excess",), "1/3"),
    ):
        broken = json.loads(json.dumps(stored))
        inner = broken
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        with pytest.raises(NotInTheRecord):
            plan_from_json(broken)


def test_a_step_of_the_worksheet_is_found_by_its_name() -> None:
    sheet = PLANS["direct"].worksheet
    assert sheet.step("Weigh the drug").text() == f"523.4{NBSP}mg"
    with pytest.raises(KeyError):
        sheet.step("Weigh the moon")


def test_a_measure_without_marks_is_refused() -> None:
    with pytest.raises(Impossible, match="measure"):
        dataclasses.replace(MEASURES[0], mark=Volume(Fraction(0)))


def test_a_line_shows_its_limits_with_the_decimals_of_the_balance() -> None:
    drug, filler = planned_capsules().weighings
    assert drug.limits_text() == f"497.3{NBSP}mg to 549.5{NBSP}mg"
    assert filler.text(filler.target) == f"13.2247{NBSP}g"


@pytest.mark.parametrize(
    "certificate",
    [
        Certificate(D("90.9"), Basis.AS_IS, D("8.8")),
        Certificate(D("99.6"), Basis.DRIED, D("8.6")),
        Certificate(D("100.2"), Basis.ANHYDROUS, solvents=D("0.2"), hydrate=Hydrate.DIHYDRATE),
        Certificate(D("100.2"), Basis.ANHYDROUS, D(0)),
    ],
)
def test_the_second_way_agrees_on_every_basis(certificate: Certificate) -> None:
    plan = made_from(drug=dataclasses.replace(lot(DRUG), certificate=certificate))
    assert "in the batch" in plan.plausibility
