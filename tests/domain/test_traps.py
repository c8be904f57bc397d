"""Every trap of the domain notes (section 6) that is arithmetic, stepped around: one test a trap, more where it has several.

Not arithmetic, and tested beside their steps: 18 (recognising opioids), 22 to 24 (labels), 25 (snapshots), 26 (who may),
28 to 30 (log, overrides, retention), 32 (barcodes), 33 (injection), 34 and 35 (what a label says). Of 1, 8, 11, 16, 17, 27
and 31 only the arithmetic is here; that a reprint or a reload asks nothing anew is a matter of the record.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from pharmacy import clock
from pharmacy.domain import problems
from pharmacy.domain.balance import check_calibration, minimum_weighable
from pharmacy.domain.beyond_use import BeyondUseClass, Temperature, beyond_use_date
from pharmacy.domain.capsule_weights import capsule_statistics, pooled_text, what_weight_cannot_prove
from pharmacy.domain.certificate import Basis, Certificate, Hydrate
from pharmacy.domain.dates import last_day_of_month
from pharmacy.domain.directions import Directions, Step, When, after_titration, days_supply, highest_daily_dose
from pharmacy.domain.errors import (
    BasisConflict,
    CalculationRefused,
    CalibrationExpired,
    CannotBeMeasured,
    CannotBeWeighed,
    ClassConflict,
    Impossible,
    RefusedFiller,
    WrongLot,
)
from pharmacy.domain.formula import Component, QualityCheck, Role
from pharmacy.domain.keeping import Cap, StabilityStudy
from pharmacy.domain.liquid_classes import check_class
from pharmacy.domain.plan import LotPart
from pharmacy.domain.planner import plan_weighing
from pharmacy.domain.potency import equivalent, potency
from pharmacy.domain.quantity import Mass, NotAQuantity, decimal_text, parse_amount, parse_decimal
from pharmacy.domain.results import delivered_capsules, yield_percent
from pharmacy.domain.routes import Aliquot
from pharmacy.domain.shells import by_measuring
from pharmacy.domain.soundness import check_sound
from pharmacy.domain.spread import spread
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.suitability import potency_of
from pharmacy.domain.uniformity import Verdict, acceptance_value_of
from pharmacy.prescriptions.order import CameBy, Receipt
from pharmacy.rules.book import load
from pharmacy.rules.checks import check, medicine_fact
from pharmacy.rules.facts import Answer, ComponentFact, Facts, Use
from tests.domain.builders import CERTIFICATE, DRUG, ON, balance, capsules, liquid, lot, mg, planned_capsules
from tests.domain.test_preparations import bottle, made_from

D = Decimal
RULES = load()
HALF_A_YEAR = RULES.beyond_use_limit(BeyondUseClass.NONAQUEOUS, ON).days


def answers(kind: str, **given: object) -> dict[str, str]:
    return {one.name: one.value for one in problems.solve(kind, given).results}


def last_day(
    on: date = ON, days: int = HALF_A_YEAR, bud: BeyondUseClass = BeyondUseClass.NONAQUEOUS, **more: object
) -> date:
    return beyond_use_date(on, days, bud_class=bud, **{"day_one": True, **more}).date  # type: ignore[arg-type]


def study(days: int, **more: object) -> StabilityStudy:
    proof = {"stability_indicating": True, "same_formula_and_container": True, "antimicrobial_effectiveness": True}
    given = {"temperature": Temperature.ROOM, "documents": "on file", **proof, **more}
    return StabilityStudy("the study", days, **given)  # type: ignore[arg-type]


# --- dates: 1 to 6 -----------------------------------------------------------------------------------------------------


def test_1_the_beyond_use_date_counts_from_the_day_of_compounding_whatever_day_it_is_asked_on() -> None:
    """Trap 1: computed from the day of printing, verifying or handing over."""
    for asked in (date(2026, 3, 2), date(2026, 4, 20), date(2026, 8, 1)):
        with clock.simulated(datetime(asked.year, asked.month, asked.day, 9, tzinfo=UTC)):
            assert last_day(date(2026, 3, 2)) == date(2026, 8, 28)


def test_2_the_day_of_compounding_is_day_1_or_it_is_not_and_no_hour_moves_the_date() -> None:
    """Trap 2: off by one, UTC midnight, and the hour of daylight saving time."""
    assert last_day(date(2026, 3, 2)) == date(2026, 8, 28)
    assert last_day(date(2026, 3, 2), day_one=False) == date(2026, 8, 29)
    assert last_day(date(2026, 3, 7), 2) == date(2026, 3, 8), "the clocks change in the night between"
    try:
        clock.set_zone("America/Los_Angeles")
        with clock.simulated(datetime(2026, 3, 3, 7, 59, tzinfo=UTC)):
            assert clock.today() == date(2026, 3, 2), "it is still the second of March at the pharmacy"
        with clock.simulated(datetime(2026, 3, 8, 9, 59, tzinfo=UTC)):
            assert clock.today() == date(2026, 3, 8)
        with clock.simulated(datetime(2026, 3, 9, 6, 59, tzinfo=UTC)):
            assert clock.today() == date(2026, 3, 8), "summer time: one hour less, the same day"
    finally:
        clock.set_zone("")


def test_3_no_date_passes_that_of_a_component_or_a_trituration_and_a_month_ends_on_its_last_day() -> None:
    """Trap 3: not capped by the shortest expiry or a stock trituration's own date; a month read as its first."""
    expiry, made_here = Cap("drug lot (expiry)", last_day_of_month("06/2026")), Cap("trituration T-1", date(2026, 5, 3))
    assert expiry.date == date(2026, 6, 30)
    assert last_day_of_month("02/2028") == date(2028, 2, 29)
    assert last_day(caps=(expiry,)) == date(2026, 6, 30)
    assert last_day(caps=(expiry, made_here)) == date(2026, 5, 3)


def test_4_six_months_are_180_days_and_an_oil_is_given_90() -> None:
    """Trap 4: calendar months (184 days from 2 March), the numbers of 2014, an oral liquid in oil given 180."""
    limits = {one: RULES.beyond_use_limit(one, ON).days for one in BeyondUseClass}
    assert limits == {
        BeyondUseClass.NONPRESERVED_AQUEOUS: 14,
        BeyondUseClass.PRESERVED_AQUEOUS: 35,
        BeyondUseClass.NONAQUEOUS_LIQUID: 90,
        BeyondUseClass.NONAQUEOUS: 180,
    }
    assert last_day(date(2026, 3, 2), day_one=False) < date(2026, 9, 2)


def test_5_360_published_days_are_180_and_neither_accelerated_data_nor_the_fridge_count_at_room_temperature() -> None:
    """Trap 5: past the ceiling; 5 mg/mL known only at 70 °C; 60 days of the refrigerator given to room temperature."""
    assert last_day(studies=(study(360),), kept=Temperature.ROOM) == date(2026, 8, 28)
    bud = BeyondUseClass.PRESERVED_AQUEOUS
    plain = last_day(days=35, bud=bud)
    assert last_day(days=35, bud=bud, studies=(study(60, accelerated=True),), kept=Temperature.ROOM) == plain
    fridge = study(60, temperature=Temperature.REFRIGERATOR)
    assert last_day(days=35, bud=bud, studies=(fridge,), kept=Temperature.ROOM) == plain
    both = (fridge, study(30))
    assert last_day(days=35, bud=bud, studies=both, kept=Temperature.ROOM) == date(2026, 3, 31), "30 days, not 35"
    assert last_day(days=35, bud=bud, studies=both, kept=Temperature.REFRIGERATOR) == date(2026, 4, 30)


def test_6_a_liquid_is_preserved_only_with_a_preservative_that_works_and_lengthened_only_with_51() -> None:
    """Trap 6: what only looks preserved; benzoate needs acid; an aqueous form past 35 days without <51>."""
    formula = liquid()
    check_class(formula)
    unchecked = replace(
        formula, particulars=replace(formula.particulars, quality_checks=(QualityCheck("Appearance", "clear"),))
    )
    with pytest.raises(ClassConflict, match="preserves in acid only"):
        check_class(unchecked)
    with pytest.raises(ClassConflict):
        check_class(replace(formula, portions=tuple(one for one in formula.portions if one.component.code != "benz")))
    without = study(60, antimicrobial_effectiveness=False)
    bud = BeyondUseClass.PRESERVED_AQUEOUS
    assert last_day(days=35, bud=bud, studies=(without,), kept=Temperature.ROOM) == date(2026, 4, 5)
    assert last_day(days=35, bud=bud, studies=(study(60),), kept=Temperature.ROOM) == date(2026, 4, 30)


# --- the powder: 7 to 9 --------------------------------------------------------------------------------------------------


def test_7_a_strength_is_the_hydrochloride_and_water_is_taken_off_once_on_its_own_basis() -> None:
    """Trap 7: labelled in base; the hydrate not corrected (−9.7 %) or twice (+9.5 %); purity on the wrong basis."""
    assert "HCl" in capsules().title
    assert potency(CERTIFICATE) == Fraction("0.90272")
    assert mg("472.5").over(potency(CERTIFICATE)).text("mg", 1) == "523.4\u00a0mg"
    with pytest.raises(BasisConflict):
        Certificate(D("99.2"), Basis.ANHYDROUS, D("8.9"), D("0.1"), Hydrate.DIHYDRATE)
    with pytest.raises(BasisConflict):
        potency(Certificate(D("99.2"), Basis.AS_IS, D("8.9")))
    assert potency(Certificate(D("99.2"), Basis.AS_IS)) == Fraction("0.992")
    assert potency(Certificate(D("99.2"), Basis.DRIED, D("8.9"))) == Fraction("0.992") * Fraction("0.911")
    by_formula = potency(Certificate(D(100), Basis.ANHYDROUS, None, None, Hydrate.DIHYDRATE))
    assert abs(by_formula - Fraction("377.86") / Fraction("413.89")) < Fraction(1, 10_000)
    more = equivalent(mg("4.5"), Fraction("341.40"), Fraction("377.86"))
    assert more.text("mg", 2) == "4.98\u00a0mg", "an order in base is 10.7 % more; a strength is never taken for one"


def test_8_a_potency_is_its_lots_own_and_two_lots_are_two_lines() -> None:
    """Trap 8: the potency kept with the product; two lots averaged, or the first one's used for both."""
    with pytest.raises(WrongLot, match="no certificate"):
        potency_of(replace(lot(DRUG), certificate=None))
    weaker = replace(lot(DRUG, "N-2"), certificate=Certificate(D(90), Basis.AS_IS))
    pure = replace(lot(DRUG, "N-1"), certificate=Certificate(D(100), Basis.AS_IS))
    plan = made_from(drug=pure, parts=(LotPart(weaker, mg("200")),))
    weighed = {one.lot: one.target for one in plan.weighings if one.component == DRUG.code}
    assert weighed == {"N-2": mg("200"), "N-1": mg("292.5")}, "472.5 mg less the 180 mg that 200 mg of N-2 hold"


def test_9_process_excess_is_of_the_whole_blend_and_of_nothing_else() -> None:
    """Trap 9: excess in label claim, quantity or days' supply; excess of the drug alone."""
    none, ten = planned_capsules(excess="0"), planned_capsules(excess="10")
    assert (ten.count, ten.net, ten.formula.strength) == (none.count, none.net, none.formula.strength)
    assert ten.blend.ratio(none.blend) == ten.drug.ratio(none.drug) == Fraction(11, 10)
    recorded = {one.key: one.target for one in ten.weighings}
    assert abs(delivered_capsules(ten, recorded, ten.net).percent - 100) < Fraction(1, 20)


# --- balance and measure: 10 to 12 ---------------------------------------------------------------------------------------


def test_10_the_drug_itself_is_compared_with_the_minimum_exactly_and_two_weighings_err_together() -> None:
    """Trap 10: the blend compared; the rounded value; an aliquot below the minimum; 5.7 % of two steps ignored."""
    coarse = balance()
    assert minimum_weighable(coarse) == mg("120")
    plan = planned_capsules("0.5", 30, "0")
    assert plan.blend > mg("120"), "the blend is heavy enough; its drug is not"
    assert isinstance(plan.route, Aliquot)
    room = Mass.of("100", "g")
    barely = plan_weighing(mg("119.96"), Fraction(1), coarse, diluent_room=room)
    assert isinstance(barely, Aliquot), "119.96 mg round to 120.0 mg and are below it all the same"
    assert min(barely.weigh, barely.diluent, barely.take) >= mg("120")
    by_hand = mg("6").ratio(mg("150"))
    assert 2 * by_hand**2 > Fraction(5, 100) ** 2, "4 % and 4 % are 5.7 %"
    for route in (plan.route, barely):
        error = mg("6").ratio(route.weigh) ** 2 + mg("6").ratio(route.take) ** 2
        assert error <= Fraction(5, 100) ** 2


def test_11_usp_41_and_the_classic_rule_are_two_rules_and_neither_is_the_readability() -> None:
    """Trap 11: 0.10 % and 5 % interchanged; readability as the minimum; 820 d ignored; calibration expired."""
    given = {"readability": "0.1 mg", "sensitivity_requirement": "6 mg", "repeatability": "0.03 mg"}
    assert answers("minimum", **given) == {"minimum": "120 mg"}
    assert answers("minimum", **given, rule="usp-41") == {"minimum": "82 mg"}, "820 × 0.1 mg, not 2000 × 0.03 mg"
    assert answers("minimum", **{**given, "repeatability": "0.12 mg"}, rule="usp-41") == {"minimum": "240 mg"}
    ended = replace(balance(), calibrated_until=ON)
    check_calibration(ended, ON)
    with pytest.raises(CalibrationExpired):
        check_calibration(ended, ON + timedelta(days=1))


def test_12_a_liquid_is_brought_to_volume_and_tablets_are_whole() -> None:
    """Trap 12: the volume added instead of brought to; powder takes no room; 2.7 tablets."""
    plan = bottle("135", "5")
    room = sum((one.room_in(plan.made).value for one in plan.formula.portions if one.unit == "mL"), Fraction(0))  # type: ignore[union-attr]
    assert plan.about is not None
    assert plan.about.value == plan.made.value - room < plan.made.value
    given = {"concentration": "1 mg/mL", "label": "50 mg", "mark": "5 mL", "quantity": "135 mL"}
    assert answers("tablet-suspension", **given)["tablets"] == "3"
    assert answers("tablet-suspension", **given)["volume"] == "150 mL"
    displaced = answers("reconstitution", drug="1 g", displacement="0.8 mL", concentration="100 mg/mL")
    assert displaced["diluent"] == "9.2 mL"


# --- numbers: 13 and 14 ----------------------------------------------------------------------------------------------------


def test_13_there_is_one_rounding_at_the_end_and_the_rounded_lines_are_the_batch() -> None:
    """Trap 13: a capsule rounded before it is multiplied (+0.3 %, +8.3 %); 0.1 + 0.2; lines that do not sum."""
    plan = planned_capsules("4.5", 100, "5")
    assert next(one.target for one in plan.weighings if one.key == "drug") == mg("523.4"), "not 525.0"
    assert mg("0.1") + mg("0.2") == mg("0.3")
    with pytest.raises(TypeError, match="float is not exact"):
        Mass(0.1)  # type: ignore[arg-type]
    lines = sum((one.target.value for one in plan.weighings), Fraction(0))
    steps = sum((one.readability.value for one in plan.weighings), Fraction(0))
    assert abs(lines - plan.blend.value) <= steps / 2


def test_14_a_number_is_shown_without_idle_zeros_commas_or_exponents_and_a_unit_is_never_lost() -> None:
    """Trap 14: 4.50 mg, .5, 4,5 mg, 5E-1, mcg for mg, ML."""
    shown = {"4.50": "4.5", "1.0": "1", "0.5": "0.5", "0.00001": "0.00001", "100": "100", "1234.5": "1,234.5"}
    assert {text: decimal_text(D(text)) for text in shown} == shown
    assert decimal_text(D("5E-1")) == "0.5"
    assert decimal_text(D("1E+2")) == "100"
    for text in ("4,5", ".5", "5E-1", "+5", "1 000"):
        with pytest.raises(NotAQuantity):
            parse_decimal(text)
    assert parse_amount(Mass, "500 mcg") == parse_amount(Mass, "0.5 mg")
    for text in ("4.5", "4.5 ML", "4.5 MG", "4.5 mL", "4.5 µg"):
        with pytest.raises(NotAQuantity):
            parse_amount(Mass, text)


# --- quality: 15 to 17 -------------------------------------------------------------------------------------------------------


def test_15_ten_per_cent_are_of_the_net_weight_each_capsule_is_weighed_and_a_shell_is_measured() -> None:
    """Trap 15: ± 10 % of the gross; ten weighed together; one shell mass and one capacity for every vendor."""
    net, shell = mg("130.93"), mg("48")
    found = capsule_statistics([mg("165"), *[mg("179")] * 9], shell, net)
    assert found.outside == 1, "165 mg gross are 117 mg net, 89.4 % of it; of the gross they would be 92 %"
    spread_out = capsule_statistics([mg("160"), mg("198"), *[mg("179")] * 8], shell, net)
    assert spread_out.outside == 2
    assert "would show only their mean" in pooled_text(spread_out)
    lot_of_shells = by_measuring("3", problems.Given({"v": "0.27 mL"}).volume("v"), mg("500"), 10)
    plan = made_from(shell=replace(lot(capsules().shell, use_before=None), shell=lot_of_shells))
    assert (plan.shell_mass, planned_capsules().shell_mass) == (mg("50"), mg("48"))


def test_16_a_weight_proves_no_content_and_15_is_the_limit_of_both_stages() -> None:
    """Trap 16: fill weight taken for content; 25 as the limit of AV; population instead of sample SD; the wrong k."""
    assert "assay" in what_weight_cannot_prove(mg("4.5"), mg("130.93"))
    second = acceptance_value_of(D("105.9"), D(5), 30)
    assert second.value == Fraction("4.4") + 2 * 5, "k = 2.0 of thirty units"
    first = acceptance_value_of(D("105.9"), D(5), 10)
    assert first.value == Fraction("16.4"), "k = 2.4 of ten units"
    assert first.verdict is not Verdict.PASSES
    late = acceptance_value_of(D("105.9"), D(6), 30)
    assert (late.value, late.verdict) == (Fraction("16.4"), Verdict.FAILS)
    assert abs(Fraction(spread([1, 2, 3, 4]).sd) ** 2 - Fraction(5, 3)) < Fraction(1, 1000), "n − 1, not n"


@pytest.mark.parametrize("name", ["calcium carbonate", "hypromellose matrix, K100M"])
def test_17_no_filler_delays_or_lowers_the_release(name: str) -> None:
    """Trap 17: CaCO3 or slow-release HPMC offered as a filler. (Lactose and the new version are rules, not arithmetic.)"""
    with pytest.raises(CalculationRefused) as refused:
        check_sound(replace(capsules(), filler=Component("other", name, Role.FILLER)))
    assert isinstance(refused.value, RefusedFiller)


# --- directions: 19 to 21 -------------------------------------------------------------------------------------------------


def facts(**more: object) -> Facts:
    given = {
        "on_date": ON,
        "born": date(1981, 3, 9),
        "daily_doses": (mg("4.5"),),
        "strength": Strength(D("4.5"), Form.CAPSULE),
        "history_asked": True,
        "components": (ComponentFact("naltrexone-hcl", "naltrexone HCl"),),
        "pregnancy": Answer.NO,
        "lactation": Answer.NO,
    }
    return Facts(**{**given, **more})  # type: ignore[arg-type]


def test_19_a_wash_out_counts_from_the_last_dose_and_is_each_opioids_own() -> None:
    """Trap 19: counted from the day of the prescription or the fill; one interval for all opioids."""
    ends = {}
    for name in ("hydrocodone", "methadone"):
        medicine = medicine_fact(RULES.vocabulary, name, Use.STOPPED, last_dose=date(2026, 3, 1))
        for asked in (date(2026, 3, 2), date(2026, 3, 5)):
            found = [
                one for one in check(RULES, facts(on_date=asked, medicines=(medicine,))) if "washout" in one.rule_id
            ]
            ends.setdefault(name, set()).update(one.fact("days") for one in found)
    assert all(len(days) == 1 for days in ends.values()), "another day of asking moves nothing"
    assert ends["hydrocodone"] != ends["methadone"]


def test_20_the_days_of_a_titration_are_the_sum_of_its_steps() -> None:
    """Trap 20: quantity ÷ daily capsules; a kit's strengths mixed; a refill that begins the titration anew."""
    steps = tuple(Step(D(one), When.BEDTIME, 14) for one in (1, 2, 3))
    directions = Directions(Form.CAPSULE, steps)
    assert days_supply(directions, 84) == 42, "neither 84 nor 28"
    kit = {
        "form": "capsule",
        "steps": [f"{dose} mg for 7 days" for dose in ("0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4")],
        "when": "at bedtime",
        "strengths": ["0.5 mg", "1.5 mg"],
    }
    made = answers("titration", **kit)
    assert (made["quantity_1"], made["quantity_2"], made["days"], made["drug"]) == ("63", "63", "56", "126 mg")
    assert after_titration(directions) == Directions(Form.CAPSULE, (Step(D(3), When.BEDTIME),))


def test_21_a_dose_is_judged_by_the_day_and_another_concentration_is_another_volume() -> None:
    """Trap 21: per capsule and not per day; two strengths at once; mg where the syringe has mL; 5 mg/mL by the old mL."""
    twice = Directions(Form.CAPSULE, (Step(D(2), When.MORNING_AND_BEDTIME),))
    assert highest_daily_dose(twice, Strength(D("4.5"), Form.CAPSULE)) == mg("18")
    high = {one.rule_id for one in check(RULES, facts(daily_doses=(mg("18"),)))}
    assert high - {one.rule_id for one in check(RULES, facts())}, "18 mg a day are found though each capsule is usual"
    changed = answers("concentration-change", was="1 mg/mL", now="5 mg/mL", volume="4.5 mL")
    assert (changed["volume"], changed["wrong_dose"], changed["times"]) == ("0.9 mL", "22.5 mg", "5")
    with pytest.raises(CannotBeMeasured):
        answers("dose-volume", dose="4.6 mg", concentration="5 mg/mL", mark="0.1 mL")


# --- yield and dates of a prescription: 27 and 31 ----------------------------------------------------------------------------


def test_27_a_yield_is_a_share_of_what_was_meant_and_never_of_nothing() -> None:
    """Trap 27: dispensed beyond the yield. (That stock never goes below 0 is a constraint of the database.)"""
    assert yield_percent(98, 100) == 98
    assert answers("yield", made="98", meant="100")["percent"] == "98"
    with pytest.raises(Impossible):
        yield_percent(-1, 100)
    with pytest.raises(Impossible):
        yield_percent(1, 0)


def test_31_a_prescription_of_the_29th_of_february_ends_on_a_day_that_exists_and_is_good_on_it() -> None:
    """Trap 31: the written date and the leap year."""
    receipt = Receipt(date(2028, 2, 29), CameBy.PAPER, b"%PDF-")
    receipt.check(date(2029, 2, 28), 365)
    with pytest.raises(Exception, match="expired on 28 FEB 2029"):
        receipt.check(date(2029, 3, 1), 365)


def test_a_weighing_that_no_way_reaches_is_refused_and_never_rounded_up_to_one() -> None:
    """Traps 10 and 13 together: 0.5 mg on a balance of 120 mg."""
    with pytest.raises(CannotBeWeighed):
        plan_weighing(mg("0.5"), Fraction(1), balance(), diluent_room=mg("300"))
