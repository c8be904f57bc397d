"""Bad input to the general toolbox: refused at its field, in one sentence that says what to do."""

from __future__ import annotations

import pytest

from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems import solve

Given_ = dict[str, object]
DILUTION: Given_ = {"stock_strength": "20 %", "final_strength": "4 %", "final_amount": "250 mL"}
ALLIGATION: Given_ = {"higher": "70 %", "lower": "20 %", "wanted": "30 %"}
SEVERAL: Given_ = {"strengths": "50 %\n20 %\n5 %", "wanted": "10 %"}
PERCENT: Given_ = {"basis": "w/v", "strength": "2 %", "total": "240 mL"}
IONS: Given_ = {"amount": "1 g", "formula_weight": "246.47", "charge": "2"}
VIAL: Given_ = {"drug": "500 mg", "displacement": "0.2 mL", "concentration": "50 mg/mL"}
DOSE: Given_ = {"dose": "4.5 mg", "concentration": "5 mg/mL", "mark": "0.1 mL"}
TABLETS: Given_ = {"drug": "135 mg", "tablet": "50 mg"}
BOTTLES: Given_ = {"amount": "1000 mL", "size": "59 mL"}
SUPPLY: Given_ = {"quantity": "60 tablets", "dose": "1 tablet", "times": "3"}
REFUSED: list[tuple[str, Given_, Given_, str, str]] = [
    ("dilution", DILUTION, {"stock_amount": "50 mL"}, "final_amount", "Leave empty the one"),
    ("dilution", DILUTION, {"final_amount": ""}, "stock_amount", "Fill in all but one of stock strength, stock amount"),
    ("dilution", DILUTION, {"final_strength": "20 %"}, "final_strength", "dilution only weakens"),
    ("dilution", DILUTION, {"final_strength": "0 %"}, "final_strength", "above 0"),
    ("dilution", DILUTION, {"stock_strength": "0 %"}, "stock_strength", "above 0"),
    ("dilution", DILUTION, {"stock_strength": "20"}, "stock_strength", "Write the strength as"),
    ("dilution", DILUTION, {"final_amount": "250"}, "final_amount", "the unit is missing"),
    ("dilution", DILUTION, {"final_amount": "0 mL"}, "final_amount", "above 0"),
    ("dilution", DILUTION, {"final_amount": "9" * 400 + " mL"}, "final_amount", "too long"),
    ("dilution", DILUTION, {"stock_strength": "20 % w/w"}, "final_amount", "strengths are w/w"),
    (
        "dilution",
        DILUTION,
        {"stock_strength": "20 % w/w", "final_strength": "4 % v/v"},
        "final_strength",
        "not of one basis",
    ),
    ("dilution", DILUTION, {"final_strength": "40 mg/mL"}, "stock_strength", "Say of what this strength is"),
    (
        "dilution",
        {"stock_strength": "2 %", "stock_amount": "5 mL", "final_amount": "5 mL"},
        {},
        "final_amount",
        "must be more",
    ),
    (
        "dilution",
        {"stock_strength": "2 %", "stock_amount": "5 mL", "final_amount": "50 g"},
        {},
        "final_amount",
        "of one kind",
    ),
    (
        "dilution",
        {"stock_amount": "5 mL", "final_strength": "20 %", "final_amount": "50 mL"},
        {},
        "stock_amount",
        "No stock has 200",
    ),
    ("dilution", DILUTION, {"volume": "5 mL"}, "volume", "no field of this problem"),
    ("alligation", ALLIGATION, {"wanted": "71 %"}, "wanted", "between 20.% and 70.%"),
    ("alligation", ALLIGATION, {"wanted": "19 %"}, "wanted", "No mixture"),
    ("alligation", ALLIGATION, {"wanted": "70 %"}, "higher", "take that one alone"),
    ("alligation", ALLIGATION, {"wanted": "20 %"}, "lower", "take that one alone"),
    ("alligation", ALLIGATION, {"higher": "20 %", "lower": "70 %"}, "higher", "the stronger one here"),
    ("alligation", ALLIGATION, {"higher": ""}, "higher", "missing"),
    ("alligation", ALLIGATION, {"total": "1 L", "lower_amount": "5 mL"}, "lower_amount", "Write one amount"),
    ("alligation", ALLIGATION, {"higher": "70 % w/w", "total": "1 L"}, "total", "strengths are w/w"),
    ("alligation-several", SEVERAL, {"strengths": "50 %"}, "strengths", "2 to 12 strengths"),
    ("alligation-several", SEVERAL, {"strengths": "5 %\n" * 13}, "strengths", "2 to 12 strengths"),
    ("alligation-several", SEVERAL, {"strengths": "50 %\nfifty"}, "strengths", "fifty: Write the strength"),
    ("alligation-several", SEVERAL, {"wanted": "20 %"}, "strengths", "take that one alone"),
    ("alligation-several", SEVERAL, {"wanted": "60 %"}, "wanted", "No mixture"),
    ("alligation-medial", {"portions": "30 g of 5 %"}, {}, "portions", "2 to 12 portions"),
    ("alligation-medial", {"portions": "30 g of 5 %\n10 g"}, {}, "portions", "10 g: write each as"),
    ("alligation-medial", {"portions": "30 g of 5 %\n10 mL of 1 %"}, {}, "portions", "of one kind"),
    ("alligation-medial", {"portions": "30 g of 5 %\n0 g of 1 %"}, {}, "portions", "above 0"),
    ("alligation-medial", {"portions": "30 g of 5 %\n10 g of 1"}, {}, "portions", "Write the strength"),
    ("percent-strength", PERCENT, {"ingredient": "5 g"}, "total", "Leave empty"),
    ("percent-strength", PERCENT, {"total": ""}, "ingredient", "Fill in all but one"),
    ("percent-strength", PERCENT, {"basis": "w/x"}, "basis", "Choose one of: w/w, w/v, v/v"),
    ("percent-strength", PERCENT, {"basis": "w/w"}, "total", "For w/w write a mass"),
    ("percent-strength", PERCENT, {"strength": "0 %"}, "strength", "above 0"),
    ("percent-strength", PERCENT, {"strength": "2 % w/w"}, "basis", "not w/v"),
    (
        "percent-strength",
        {"basis": "v/v", "ingredient": "5 g", "total": "10 mL"},
        {},
        "ingredient",
        "For v/v write a volume",
    ),
    ("percent-strength", {"basis": "w/v", "ingredient": "5 mL", "total": "10 mL"}, {}, "ingredient", "write a mass"),
    ("percent-strength", {"basis": "v/v", "ingredient": "5 mL", "total": "10 g"}, {}, "total", "write a volume"),
    ("percent-strength", {"basis": "v/v", "ingredient": "11 mL", "total": "10 mL"}, {}, "total", "more than the whole"),
    ("percent-strength", {"basis": "w/v", "ingredient": "21 g", "total": "10 mL"}, {}, "total", "more than the whole"),
    ("strength-forms", {"strength": "0 %", "basis": "w/v"}, {}, "strength", "above 0"),
    ("strength-forms", {"strength": "5 mg/mL", "basis": "w/w"}, {}, "basis", "is not w/w"),
    ("strength-forms", {"strength": "5 %"}, {}, "basis", "Choose one of"),
    ("ions", IONS, {"amount": "1"}, "amount", "Write a mass, or mmol or mEq"),
    ("ions", IONS, {"amount": "0 mEq"}, "amount", "above 0"),
    ("ions", IONS, {"amount": "5 meq"}, "amount", "Write a mass, or mmol or mEq"),
    ("ions", IONS, {"amount": "1 mL"}, "amount", "Write a mass"),
    ("ions", IONS, {"formula_weight": "0"}, "formula_weight", "above 0"),
    ("ions", IONS, {"formula_weight": ""}, "salt", "Choose a salt, or type"),
    ("ions", IONS, {"charge": ""}, "charge", "missing"),
    ("ions", IONS, {"charge": "0"}, "charge", "from 1 to 9"),
    ("ions", IONS, {"charge": "10"}, "charge", "from 1 to 9"),
    ("ions", IONS, {"ions": "0"}, "ions", "from 1 to 9"),
    ("ions", IONS, {"charge": "2.5"}, "charge", "whole number"),
    ("ions", IONS, {"ion_weight": "246.47"}, "ion_weight", "weigh more than the salt"),
    ("ions", IONS, {"ion_weight": "124", "ions": "2"}, "ion_weight", "weigh more than the salt"),
    ("ions", IONS, {"salt": "sodium chloride"}, "formula_weight", "not both"),
    ("ions", {"amount": "1 g", "salt": "sodium chlorid"}, {}, "salt", "not in the table"),
    ("density", {"mass": "45 g"}, {}, "volume", "Fill in two"),
    ("density", {}, {}, "mass", "Fill in two"),
    ("density", {"mass": "45 g", "volume": "36 mL", "density": "1.25 g/mL"}, {}, "density", "Leave one"),
    ("density", {"mass": "45 g", "density": "0 g/mL"}, {}, "density", "above 0"),
    ("density", {"mass": "45 g", "specific_gravity": "0"}, {}, "specific_gravity", "above 0"),
    ("density", {"mass": "4 g", "density": "1 g/mL", "specific_gravity": "1"}, {}, "specific_gravity", "not both"),
    ("density", {"mass": "45 mL", "density": "1 g/mL"}, {}, "mass", "mL is a volume"),
    ("reconstitution", VIAL, {"displacement": "10 mL"}, "concentration", "no diluent has room"),
    ("reconstitution", VIAL, {"displacement": ""}, "displacement", "Fill in two"),
    ("reconstitution", VIAL, {"concentration": ""}, "diluent", "Fill in two"),
    ("reconstitution", VIAL, {"diluent": "9.8 mL"}, "diluent", "Fill in two"),
    ("reconstitution", VIAL, {"final_volume": "10 mL"}, "final_volume", "not both"),
    ("reconstitution", {"drug": "1 g", "diluent": "11 mL", "final_volume": "10 mL"}, {}, "diluent", "More diluent"),
    ("reconstitution", VIAL, {"drug": "0 mg"}, "drug", "above 0"),
    ("reconstitution", VIAL, {"concentration": "0 mg/mL"}, "concentration", "above 0"),
    ("reconstitution", VIAL, {"concentration": "50 %"}, "concentration", "Say that it is a mass in a volume"),
    ("reconstitution", VIAL, {"concentration": "50 mg"}, "concentration", "mg is a mass"),
    ("reconstitution", VIAL, {"concentration": "50 mg/0 mL"}, "concentration", "above 0"),
    ("dose-volume", DOSE, {"dose": "4.6 mL"}, "dose", "mL is a volume"),
    ("dose-volume", DOSE, {"dose": "4.6 mg"}, "mark", r"0.9.mL \(4.5.mg\) or 1.mL \(5.mg\)"),
    ("dose-volume", DOSE, {"dose": "0.2 mg"}, "mark", r"measures 0.1.mL \(0.5.mg\)\.$"),
    ("dose-volume", DOSE, {"mark": "0 mL"}, "mark", "above 0"),
    ("tablets", TABLETS, {"volume": "135 mL"}, "volume", "not both"),
    ("tablets", TABLETS, {"concentration": "1 mg/mL"}, "concentration", "not both"),
    ("tablets", TABLETS, {"drug": "", "volume": "135 mL"}, "concentration", "or the volume and its concentration"),
    ("tablets", TABLETS, {"drug": ""}, "volume", "or the volume and its concentration"),
    ("tablets", TABLETS, {"tablet": "50"}, "tablet", "Write the unit too"),
    ("containers", BOTTLES, {"size": "59 g"}, "size", "same kind of unit as the amount"),
    ("containers", BOTTLES, {"size": "0 mL"}, "size", "above 0"),
    ("containers", BOTTLES, {"container": "<b>"}, "container", "Write one word"),
    ("containers", BOTTLES, {"container": "b" * 21}, "container", "Write one word"),
    ("containers", {"amount": "90 capsules", "size": "30 tablets"}, {}, "size", "same kind"),
    ("supply", SUPPLY, {"days": "20"}, "days", "Leave empty"),
    ("supply", SUPPLY, {"quantity": ""}, "quantity", "Fill in all but one"),
    ("supply", SUPPLY, {"dose": "1 capsule"}, "quantity", "same kind of unit as the dose"),
    ("supply", SUPPLY, {"times": "0"}, "times", "above 0"),
    ("supply", SUPPLY, {"quantity": "2 tablets"}, "quantity", "lasts no whole day"),
    ("supply", {"dose": "1 tablet", "times": "3", "days": "0"}, {}, "days", "from 1 to 3,650"),
]


@pytest.mark.parametrize(("kind", "base", "change", "field", "why"), REFUSED)
def test_bad_input_is_refused_at_its_field_in_one_sentence(
    kind: str, base: Given_, change: Given_, field: str, why: str
) -> None:
    with pytest.raises(CalculationRefused, match=why) as refused:
        solve(kind, {**base, **change})
    assert refused.value.field == field
    assert str(refused.value).endswith(".")
