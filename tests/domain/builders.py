"""The lots, balances and formulas of the examples: each a valid one with the parts that a test is about left open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.balance import BalanceFacts
from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.calculation import CapsulePlan, LotFacts, MeasureFacts, prepare_capsules
from pharmacy.domain.certificate import Basis, Certificate
from pharmacy.domain.formula import (
    CapsuleFormula,
    Component,
    LiquidFormula,
    Particulars,
    Portion,
    QualityCheck,
    Role,
    TriturationFormula,
)
from pharmacy.domain.quantity import Concentration, Mass, Volume

ON = date(2026, 3, 2)
DRUG = Component("naltrexone-hcl", "naltrexone HCl", Role.DRUG, "dihydrate, USP")
MCC = Component("mcc", "microcrystalline cellulose", Role.FILLER, "PH-105")
SHELL = Component("gelatin-3", "gelatin shell, size 3", Role.SHELL)
WATER = Component("water", "purified water", Role.VEHICLE)
CERTIFICATE = Certificate(Decimal("99.2"), Basis.ANHYDROUS, Decimal("8.9"), Decimal("0.1"))
MEASURES = (
    MeasureFacts("10 mL syringe", Volume.of("0.5", "mL"), Volume(2), Volume(10), Decimal(2)),
    MeasureFacts("100 mL cylinder", Volume(1), Volume(20), Volume(100), Decimal(2)),
    MeasureFacts("250 mL cylinder", Volume(2), Volume(50), Volume(250), Decimal(2)),
)


def mg(text: str) -> Mass:
    return Mass.of(text, "mg")


def particulars(bud_class: BeyondUseClass = BeyondUseClass.NONAQUEOUS) -> Particulars:
    return Particulars(
        "amber vial, child-resistant cap",
        "Store at 20–25 °C, away from light.",
        "White powder in a clear shell",
        bud_class,
        "USP <795> (2023), Table 4",
        ("Weigh.", "Mix by geometric dilution.", "Fill."),
        ("balance", "mortar"),
        (QualityCheck("Appearance", "white, no specks"),),
        ("Protect from light.",),
    )


def capsules(strength: str = "4.5") -> CapsuleFormula:
    return CapsuleFormula("C", mg(strength), DRUG, MCC, SHELL, "3", mg("130"), mg("160"), mg("48"), particulars())


def liquid(concentration: str = "1") -> LiquidFormula:
    portions = (
        Portion(Component("asc", "ascorbic acid", Role.ANTIOXIDANT), Decimal("0.5"), "g"),
        Portion(Component("benz", "sodium benzoate", Role.PRESERVATIVE), Decimal("0.1"), "g"),
        Portion(Component("gly", "glycerin", Role.COSOLVENT), Decimal(20), "mL"),
    )
    strength = Concentration.of(concentration, "mg/mL")
    more = replace(
        particulars(BeyondUseClass.PRESERVED_AQUEOUS), quality_checks=(QualityCheck("pH by strip", "at most 5"),)
    )
    return LiquidFormula("L", strength, DRUG, portions, WATER, Volume(10), more)


def stock(parts: int = 10) -> TriturationFormula:
    return TriturationFormula("T", parts, DRUG, MCC, particulars())


def lot(component: Component, number: str = "", use_before: date | None = date(2027, 6, 30)) -> LotFacts:
    certificate = CERTIFICATE if component is DRUG else None
    return LotFacts(number or f"{component.code}-1", component.code, component.name, use_before, certificate)


def trituration_lot(fraction: Fraction = Fraction(1, 10), diluent: str = "mcc") -> LotFacts:
    name = "naltrexone HCl trituration"
    return LotFacts(
        "T-1",
        "naltrexone-trituration",
        name,
        date(2026, 7, 1),
        fraction=fraction,
        diluent=diluent,
        made_here=True,
        fraction_error=Decimal("0.6"),
    )


def balance(
    sensitivity: str = "6", error: str = "5", readability: str = "0.1", capacity: str = "120000"
) -> BalanceFacts:
    return BalanceFacts("B-1", mg(readability), mg(sensitivity), Decimal(error), mg(capacity))


def planned_capsules(
    strength: str = "4.5",
    count: int = 100,
    excess: str = "5",
    scale: BalanceFacts | None = None,
    trituration: LotFacts | None = None,
    holes: int = 100,
) -> CapsulePlan:
    return prepare_capsules(
        capsules(strength),
        count=count,
        excess_percent=Decimal(excess),
        drug=lot(DRUG),
        filler=lot(MCC),
        shell=lot(SHELL, use_before=None),
        balance=scale or balance(),
        on=ON,
        trituration=trituration,
        machine_holes=holes,
    )
