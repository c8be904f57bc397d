"""Whether a formula may be written, approved or made: what its own fields, taken together, must not say.

It is not asked when a formula is read back, so that what an older version stored can always be shown.
"""

from __future__ import annotations

import unicodedata

from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.bounds import IN_A_SHELL, PACKED, Bound
from pharmacy.domain.dissolving import dissolved_in_vehicle
from pharmacy.domain.errors import ClassConflict, DoesNotFit, Impossible, PartsDoNotSum, RefusedFiller
from pharmacy.domain.formula import CapsuleFormula, Component, Formula, LiquidFormula, TriturationFormula
from pharmacy.domain.liquid_classes import check_class
from pharmacy.domain.packing import filler_each, packing_of
from pharmacy.domain.quantity import Density, Mass, Volume

# Letco TD-005.1 and LDN pharmacists' guidance: a hypromellose matrix delays release, and calcium carbonate may reduce
# or alter absorption (Swidan, "Low-dose naltrexone"; lowdosenaltrexone.org). The names without blanks and signs.
_DELAYS = "a hypromellose matrix delays release"
_ALTERS = "calcium carbonate may reduce or alter absorption"
_REFUSED = {
    "hypromellose": _DELAYS,
    "hpmc": _DELAYS,
    "hydroxypropylmethylcellulose": _DELAYS,
    "methocel": _DELAYS,
    "calciumcarbonate": _ALTERS,
    "caco3": _ALTERS,
    "hypromelose": _DELAYS,
    "calciumcarb": _ALTERS,
    "carbonateofcalcium": _ALTERS,
    "sustainedrelease": "it delays release",
    "controlledrelease": "it delays release",
    "extendedrelease": "it delays release",
    "prolongedrelease": "it delays release",
    "slowrelease": "it delays release",
    "delayedrelease": "it delays release",
}


def check_sound(formula: Formula) -> None:
    """Refuse a formula that must not be made; the error names the field."""
    if isinstance(formula, CapsuleFormula):
        check_filler(formula.filler, "filler")
        _check_capsule(formula)
        _check_dry(formula)
    elif isinstance(formula, TriturationFormula):
        _check_dry(formula)
        check_filler(formula.diluent, "diluent")
    elif isinstance(formula, LiquidFormula):
        check_class(formula)
        hundred = Volume.of(100, "mL")
        dissolved_in_vehicle(formula, Mass(formula.concentration.value * hundred.value), hundred)


def check_filler(filler: Component, field: str) -> None:
    """Refuse what delays release or alters absorption as a filler, under whatever code or name; a shell may be of it."""
    for said in (filler.code, filler.name, filler.grade):
        squashed = "".join(sign for sign in unicodedata.normalize("NFKC", said).casefold() if sign.isalnum())
        why = next((why for name, why in _REFUSED.items() if name in squashed), "")
        chalk = "chalk" in unicodedata.normalize("NFKC", said).casefold().replace("-", " ").replace(",", " ").split()
        if why or chalk:
            raise RefusedFiller(f"{filler.name} is no filler for low-dose naltrexone: {why or _ALTERS}.", field)


def _check_dry(formula: CapsuleFormula | TriturationFormula) -> None:
    """Powders hold no water: their beyond-use class is that of other nonaqueous preparations and no other."""
    if formula.particulars.bud_class is not BeyondUseClass.NONAQUEOUS:
        raise ClassConflict(
            f"{formula.name} is a dry powder: its class is {BeyondUseClass.NONAQUEOUS.words}, not "
            f"{formula.particulars.bud_class.words}.",
            "bud_class",
        )


def check_amounts(formula: CapsuleFormula) -> None:
    """Refuse masses and densities that no capsule has: mostly a unit that was mistaken."""
    amounts: dict[str, Mass | Density] = {
        "strength": formula.strength,
        "filler_full": formula.filler_full,
        "drug_full": formula.drug_full,
        "shell_mass": formula.shell_mass,
    }
    for field, amount in amounts.items():
        if isinstance(amount, Mass) and amount > IN_A_SHELL.most:
            raise Impossible(f"No shell holds or weighs {amount.text('g')}: write the mass in mg.", field)
        if isinstance(amount, Density) and amount > PACKED.most:
            raise Impossible(f"No powder packs to {amount.text('g/mL')}.", field)
    for one in formula.others:
        bound: Bound[Mass] | Bound[Density] = IN_A_SHELL if isinstance(one.full, Mass) else PACKED
        if one.each > IN_A_SHELL.most or one.full.value > bound.most.value:
            raise Impossible(f"No shell holds so much of {one.component.name}: look at its amounts.", "others")


def _check_capsule(formula: CapsuleFormula) -> None:
    for one in formula.others:
        check_filler(one.component, "others")
    check_amounts(formula)
    try:
        filler_each(formula, packing_of(formula, None), formula.strength)
    except DoesNotFit as full:
        raise PartsDoNotSum(f"Nothing is left for the filler: {full}", "drug_full") from full
