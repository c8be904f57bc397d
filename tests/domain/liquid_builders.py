"""Liquids of each kind with their lots: from powder in water, from tablets, without preservative, in oil."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.formula import Component, LiquidFormula, Portion, Role, VehicleKind
from pharmacy.domain.plan import LotFacts
from pharmacy.domain.quantity import Concentration, Mass, Volume
from tests.domain.builders import DRUG, WATER, liquid, lot, particulars

TABLET = Component("naltrexone-tablet-50mg", "naltrexone HCl 50 mg tablets", Role.TABLET)
OIL = Component("almond-oil", "almond oil", Role.VEHICLE)
GLYCERIN = Component("gly", "glycerin", Role.COSOLVENT)
SHAKEN = dataclasses.replace(particulars(BeyondUseClass.NONPRESERVED_AQUEOUS), labelling=("Shake well.",))


def plain(concentration: str = "1", **more: object) -> LiquidFormula:
    """Naltrexone in water and nothing else, with its solubility known."""
    whole: dict[str, object] = {
        "solubility": Concentration(Fraction(65)),
        "particulars": particulars(BeyondUseClass.NONPRESERVED_AQUEOUS),
        "portions": (),
        **more,
    }
    return dataclasses.replace(liquid(concentration), **whole)  # type: ignore[arg-type]


def suspension(concentration: str = "1", label: str = "50", **more: object) -> LiquidFormula:
    """Naltrexone tablets in water with glycerin 20 %."""
    given: dict[str, object] = {
        "drug": TABLET,
        "label_strength": Mass.of(label, "mg"),
        "portions": (Portion(GLYCERIN, Decimal(20), "mL"),),
        "particulars": SHAKEN,
        "mark": Volume(5),  # type: ignore[arg-type]
        "solubility": None,
        **more,
    }
    return plain(concentration, **given)


def in_oil(concentration: str = "1", **more: object) -> LiquidFormula:
    """Naltrexone powder in almond oil: it does not dissolve."""
    shaken = dataclasses.replace(particulars(BeyondUseClass.NONAQUEOUS_LIQUID), labelling=("Shake well.",))
    given: dict[str, object] = {"vehicle": OIL, "vehicle_kind": VehicleKind.OIL, "particulars": shaken, **more}
    return plain(concentration, **{"solubility": None, **given})


def tablets(label: str = "50", **more: object) -> LotFacts:
    given: dict[str, object] = {"label_strength": Mass.of(label, "mg"), **more}
    return dataclasses.replace(lot(TABLET), **given)  # type: ignore[arg-type]


__all__ = ("DRUG", "OIL", "TABLET", "WATER", "in_oil", "plain", "suspension", "tablets")
