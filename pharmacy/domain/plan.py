"""What is to be weighed and measured for one preparation, frozen with the worksheet that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from pharmacy.domain.certificate import Certificate
from pharmacy.domain.errors import Impossible, NotInTheRecord
from pharmacy.domain.formula import CapsuleFormula, LiquidFormula, TriturationFormula
from pharmacy.domain.keeping import Cap
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.domain.routes import LiquidRoute, Route
from pharmacy.domain.shells import ShellFacts
from pharmacy.domain.tolerances import USUAL, Tolerances
from pharmacy.domain.worksheet import Worksheet


class WeighingKey(StrEnum):
    """The lines that results are computed from; a liquid's other components go by their component code."""

    DRUG = "drug"
    FILLER = "filler"
    ALIQUOT_DRUG = "aliquot-drug"
    ALIQUOT_DILUENT = "aliquot-diluent"
    ALIQUOT_VOLUME = "aliquot-volume"
    ALIQUOT_TAKEN = "aliquot-taken"
    TABLETS = "tablets"
    TABLETS_WEIGHED = "tablets-weighed"
    FINAL_VOLUME = "final-volume"


@dataclass(frozen=True, slots=True)
class LotFacts(Plain):
    """What a calculation must know of a lot.

    `use_before` is the last day on which it may be used: a bought lot's expiry, or the beyond-use date of a lot made
    here (`made_here`). A drug lot has its `certificate`; a trituration lot has its drug `fraction` (w/w, anhydrous HCl)
    and the component code of its `diluent`; a lot of tablets the `label_strength` of one of them (naltrexone HCl); a lot
    of empty shells its `shell`, as measured or by the chart of its size. `fraction_error` says how far a trituration's
    fraction may be off, in per cent. Such values belong to the lot, never to the product.
    """

    number: str
    component: str
    name: str
    use_before: date | None
    certificate: Certificate | None = None
    fraction: Fraction | None = None
    diluent: str | None = None
    made_here: bool = False
    label_strength: Mass | None = None
    shell: ShellFacts | None = None
    fraction_error: Decimal | None = None

    def __post_init__(self) -> None:
        if self.fraction is not None and not 0 < self.fraction < 1:
            raise Impossible(
                f"The drug in trituration lot {self.number} must be above 0 and below 100 %.", "trituration"
            )
        if (self.fraction is None) != (self.diluent is None):
            raise Impossible(f"Trituration lot {self.number} needs both its strength and its diluent.")
        if self.label_strength is not None and self.label_strength.value <= 0:
            raise Impossible(
                f"The label strength of the tablets of lot {self.number} must be above 0.", "label_strength"
            )

    @property
    def cap(self) -> Cap | None:
        """The day that a preparation with this lot may not outlast."""
        if self.use_before is None:
            return None
        what = "beyond-use date" if self.made_here else "expiry"
        return Cap(f"the {what} of {self.name} lot {self.number}", self.use_before)


@dataclass(frozen=True, slots=True)
class LotPart(Plain):
    """So much of a second lot of a component, as it is: what is left in a jar; the rest is taken from the other lot."""

    lot: LotFacts
    mass: Mass

    def __post_init__(self) -> None:
        if self.mass.value <= 0:
            raise Impossible(f"The amount of lot {self.lot.number} must be above 0.", "parts")


@dataclass(frozen=True, slots=True)
class LotUse(Plain):
    """How much of a lot the plan takes from stock."""

    lot: LotFacts
    amount: Mass | Volume | int


@dataclass(frozen=True, slots=True)
class Packing(Plain):
    """One shell of the lot in use: its mean mass, its capacity where that is known, and what of each powder alone fills it.

    `others_full` is in the order of the formula's other powders.
    """

    shell_mass: Mass
    capacity: Volume | None
    drug_full: Mass
    filler_full: Mass
    others_full: tuple[Mass, ...]


@dataclass(frozen=True, slots=True)
class Load(Plain):
    """One filling of the capsule machine: `mass` of blend goes into `holes` capsules."""

    key: str
    holes: int
    weighing: PlannedWeighing


@dataclass(frozen=True, slots=True)
class CapsulePlan(Plain):
    """Capsules to make: `count` of them, with `excess` per cent more of the whole blend for losses.

    `net` and `gross` are one capsule's exact targets; `blend` the exact total; `drug` the anhydrous HCl in the batch;
    `potency` the drug in one part of the powder weighed as drug (a trituration's fraction when it is one).
    """

    formula: CapsuleFormula
    count: int
    excess: Decimal
    drug: Mass
    potency: Fraction
    route: Route
    net: Mass
    gross: Mass
    blend: Mass
    weighings: tuple[PlannedWeighing, ...]
    loads: tuple[Load, ...]
    lots: tuple[LotUse, ...]
    worksheet: Worksheet
    plausibility: str
    packing: Packing | None = None
    tolerances: Tolerances = USUAL
    kind: ClassVar[str] = "capsule"

    @property
    def shell_mass(self) -> Mass:
        """The mean empty shell of the lot that is used."""
        return self.packing.shell_mass if self.packing else self.formula.shell_mass


@dataclass(frozen=True, slots=True)
class LiquidPlan(Plain):
    """A liquid to make: `made` is the volume with the excess, rounded up to a mark; `wanted` is what was asked for.

    `potency` is the drug in one part of the powder weighed as drug; 1 where whole tablets are counted instead. `route`
    is None only in plans of older versions, which all weighed the drug directly. `about` is how much vehicle it will
    take at most: a guide, never measured.
    """

    formula: LiquidFormula
    wanted: Volume
    excess: Decimal
    made: Volume
    drug: Mass
    potency: Fraction
    weighings: tuple[PlannedWeighing, ...]
    lots: tuple[LotUse, ...]
    worksheet: Worksheet
    plausibility: str
    route: LiquidRoute | None = None
    about: Volume | None = None
    tolerances: Tolerances = USUAL
    kind: ClassVar[str] = "liquid"


@dataclass(frozen=True, slots=True)
class TriturationPlan(Plain):
    """A stock trituration to make: `total` of powder with 1 part of drug in the formula's parts."""

    formula: TriturationFormula
    total: Mass
    drug: Mass
    potency: Fraction
    weighings: tuple[PlannedWeighing, ...]
    lots: tuple[LotUse, ...]
    worksheet: Worksheet
    plausibility: str
    tolerances: Tolerances = USUAL
    kind: ClassVar[str] = "trituration"


Plan = CapsulePlan | LiquidPlan | TriturationPlan
_KINDS: dict[str, type[Plan]] = {"capsule": CapsulePlan, "liquid": LiquidPlan, "trituration": TriturationPlan}


def plan_from_json(data: Any) -> Plan:
    """The plan that `to_json` wrote, of whichever kind it names."""
    kind = _KINDS.get(str(data.get("kind"))) if isinstance(data, dict) else None
    if kind is None:
        raise NotInTheRecord("A stored plan names no kind.")
    return kind.from_json(data)


def all_weighings(plan: Plan) -> tuple[PlannedWeighing, ...]:
    """Every line that is recorded, in the order of work, the loads of the machine last."""
    if isinstance(plan, CapsulePlan):
        return (*plan.weighings, *(load.weighing for load in plan.loads))
    return plan.weighings


def planned(plan: Plan, key: str) -> PlannedWeighing | None:
    """The line of that key, or None."""
    return next((one for one in all_weighings(plan) if one.key == key), None)


def caps_of(plan: Plan) -> tuple[Cap, ...]:
    """The days that the beyond-use date of this preparation may not pass: one for each lot that has one."""
    return tuple(cap for use in plan.lots if (cap := use.lot.cap) is not None)
