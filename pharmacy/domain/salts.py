"""Common salts as data: their ions with charge and number, and their water; weights follow from the atoms.

The choice of salts is our own. Atomic weights are the standard ones (IUPAC, abridged to three places at most; from
general knowledge); each formula weight is their sum, own arithmetic. A lot's own certificate or label goes before this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

SOURCE = "own arithmetic from the standard atomic weights (IUPAC)"
ATOMIC_WEIGHTS: Mapping[str, Decimal] = {
    "H": Decimal("1.008"),
    "Li": Decimal("6.94"),
    "C": Decimal("12.011"),
    "N": Decimal("14.007"),
    "O": Decimal("15.999"),
    "Na": Decimal("22.990"),
    "Mg": Decimal("24.305"),
    "P": Decimal("30.974"),
    "S": Decimal("32.06"),
    "Cl": Decimal("35.45"),
    "K": Decimal("39.098"),
    "Ca": Decimal("40.078"),
    "Fe": Decimal("55.845"),
    "Zn": Decimal("65.38"),
}


@dataclass(frozen=True, slots=True)
class Ion:
    """One ion: its name, the size of its charge, and its atoms. ``is_fixed`` is false where the charge follows the acidity."""

    name: str
    charge: int
    atoms: tuple[tuple[str, int], ...]
    is_fixed: bool = True

    @property
    def weight(self) -> Fraction:
        return sum((Fraction(ATOMIC_WEIGHTS[atom]) * number for atom, number in self.atoms), Fraction(0))


WATER = Ion("water", 0, (("H", 2), ("O", 1)))


@dataclass(frozen=True, slots=True)
class Salt:
    """One salt as it is weighed: so many of each ion, and so many waters of its hydrate."""

    name: str
    formula: str
    cation: Ion
    cations: int
    anion: Ion
    anions: int = 1
    waters: int = 0

    @property
    def weight(self) -> Fraction:
        """The formula weight, g/mol, with its water."""
        return self.cation.weight * self.cations + self.anion.weight * self.anions + WATER.weight * self.waters


_SODIUM, _POTASSIUM = Ion("sodium", 1, (("Na", 1),)), Ion("potassium", 1, (("K", 1),))
_CALCIUM, _MAGNESIUM = Ion("calcium", 2, (("Ca", 1),)), Ion("magnesium", 2, (("Mg", 1),))
_LITHIUM, _AMMONIUM = Ion("lithium", 1, (("Li", 1),)), Ion("ammonium", 1, (("N", 1), ("H", 4)))
_IRON, _ZINC = Ion("ferrous iron", 2, (("Fe", 1),)), Ion("zinc", 2, (("Zn", 1),))
_CHLORIDE, _SULFATE = Ion("chloride", 1, (("Cl", 1),)), Ion("sulfate", 2, (("S", 1), ("O", 4)))
_CARBONATE = Ion("carbonate", 2, (("C", 1), ("O", 3)))
_BICARBONATE = Ion("bicarbonate", 1, (("H", 1), ("C", 1), ("O", 3)))
_ACETATE = Ion("acetate", 1, (("C", 2), ("H", 3), ("O", 2)))
_LACTATE = Ion("lactate", 1, (("C", 3), ("H", 5), ("O", 3)))
_GLUCONATE = Ion("gluconate", 1, (("C", 6), ("H", 11), ("O", 7)))
_CITRATE = Ion("citrate", 3, (("C", 6), ("H", 5), ("O", 7)))
# At the acidity of the body both occur side by side: phosphate is ordered in mmol, never in mEq.
_HPO4 = Ion("phosphate", 2, (("H", 1), ("P", 1), ("O", 4)), is_fixed=False)
_H2PO4 = Ion("phosphate", 1, (("H", 2), ("P", 1), ("O", 4)), is_fixed=False)

SALTS: tuple[Salt, ...] = (
    Salt("ammonium chloride", "NH4Cl", _AMMONIUM, 1, _CHLORIDE),
    Salt("calcium carbonate", "CaCO3", _CALCIUM, 1, _CARBONATE),
    Salt("calcium chloride dihydrate", "CaCl2·2H2O", _CALCIUM, 1, _CHLORIDE, 2, 2),
    Salt("calcium gluconate monohydrate", "C12H22CaO14·H2O", _CALCIUM, 1, _GLUCONATE, 2, 1),
    Salt("calcium gluconate, anhydrous", "C12H22CaO14", _CALCIUM, 1, _GLUCONATE, 2),
    Salt("ferrous sulfate heptahydrate", "FeSO4·7H2O", _IRON, 1, _SULFATE, 1, 7),
    Salt("lithium carbonate", "Li2CO3", _LITHIUM, 2, _CARBONATE),
    Salt("magnesium chloride hexahydrate", "MgCl2·6H2O", _MAGNESIUM, 1, _CHLORIDE, 2, 6),
    Salt("magnesium sulfate heptahydrate", "MgSO4·7H2O", _MAGNESIUM, 1, _SULFATE, 1, 7),
    Salt("magnesium sulfate, anhydrous", "MgSO4", _MAGNESIUM, 1, _SULFATE),
    Salt("potassium acetate", "C2H3KO2", _POTASSIUM, 1, _ACETATE),
    Salt("potassium bicarbonate", "KHCO3", _POTASSIUM, 1, _BICARBONATE),
    Salt("potassium chloride", "KCl", _POTASSIUM, 1, _CHLORIDE),
    Salt("potassium citrate monohydrate", "C6H5K3O7·H2O", _POTASSIUM, 3, _CITRATE, 1, 1),
    Salt("potassium phosphate, dibasic", "K2HPO4", _POTASSIUM, 2, _HPO4),
    Salt("potassium phosphate, monobasic", "KH2PO4", _POTASSIUM, 1, _H2PO4),
    Salt("sodium acetate trihydrate", "C2H3NaO2·3H2O", _SODIUM, 1, _ACETATE, 1, 3),
    Salt("sodium bicarbonate", "NaHCO3", _SODIUM, 1, _BICARBONATE),
    Salt("sodium chloride", "NaCl", _SODIUM, 1, _CHLORIDE),
    Salt("sodium citrate dihydrate", "C6H5Na3O7·2H2O", _SODIUM, 3, _CITRATE, 1, 2),
    Salt("sodium lactate", "C3H5NaO3", _SODIUM, 1, _LACTATE),
    Salt("sodium phosphate, dibasic, heptahydrate", "Na2HPO4·7H2O", _SODIUM, 2, _HPO4, 1, 7),
    Salt("sodium phosphate, monobasic, monohydrate", "NaH2PO4·H2O", _SODIUM, 1, _H2PO4, 1, 1),
    Salt("zinc sulfate heptahydrate", "ZnSO4·7H2O", _ZINC, 1, _SULFATE, 1, 7),
)
