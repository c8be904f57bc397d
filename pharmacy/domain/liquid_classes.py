"""Whether the composition of a liquid bears the class of its beyond-use date, and says to shake what must be shaken.

It is asked when a formula is written, approved and made, and not when one is read back, so that what an older version
stored can always be shown.
"""

from __future__ import annotations

from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.errors import ClassConflict
from pharmacy.domain.formula import Component, LiquidFormula, Role, VehicleKind

_WATERY = frozenset({"water", "syrup", "juice", "aqueous"})
_ACID_ONLY = ("benzoate", "sorbate", "benzoic", "sorbic")


def check_class(formula: LiquidFormula) -> None:
    """Refuse a class that is longer than the composition allows (USP <795> (2023), Table 4).

    Water without an effective preservative is never preserved; what holds water is never nonaqueous; no liquid has the
    180 days of capsules and powders.
    """
    claimed, oil = formula.particulars.bud_class, formula.vehicle_kind is VehicleKind.OIL
    watery = [one.name for one in formula.components if _is_watery(one)]
    if oil and watery:
        raise ClassConflict(
            f"{watery[0]} brings water into an oil; write the vehicle as aqueous, and choose its class."
        )
    if claimed is BeyondUseClass.NONAQUEOUS:
        raise ClassConflict(
            "A liquid never has the class of capsules and powders: choose nonaqueous oral liquid or an aqueous class."
        )
    if oil != (claimed is BeyondUseClass.NONAQUEOUS_LIQUID):
        what, instead = (
            ("A liquid in fixed oil", "nonaqueous oral liquid") if oil else ("A liquid with water", "an aqueous class")
        )
        raise ClassConflict(f"{what} is no {claimed.words}: choose {instead}.")
    if claimed is BeyondUseClass.PRESERVED_AQUEOUS:
        _check_preserved(formula)
    if formula.suspension and not any("shake well" in line.casefold() for line in formula.particulars.labelling):
        raise ClassConflict(
            "A suspension settles: write “Shake well” into what label and leaflet must say.", "labelling"
        )


def _check_preserved(formula: LiquidFormula) -> None:
    if formula.vehicle_kind is VehicleKind.PRESERVED_AQUEOUS:
        return
    preservatives = [one.component for one in formula.portions if one.component.role is Role.PRESERVATIVE]
    if not preservatives:
        raise ClassConflict(
            "The formula has water and no preservative: choose nonpreserved aqueous, or add a preservative."
        )
    acid = [one.name for one in preservatives if any(word in one.name.casefold() for word in _ACID_ONLY)]
    checked = any("ph" in one.name.casefold().split() for one in formula.particulars.quality_checks)
    if len(acid) == len(preservatives) and not checked:
        raise ClassConflict(f"{acid[0]} preserves in acid only: add a check of the pH, or choose nonpreserved aqueous.")


def _is_watery(component: Component) -> bool:
    words = f"{component.code} {component.name}".casefold().replace("-", " ").replace(",", " ").split()
    return bool(_WATERY.intersection(words))
