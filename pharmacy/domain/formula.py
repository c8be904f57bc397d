"""Master formulation records: what is made, of what, how, and how long it may be used (USP <795> (2023), MFR elements).

One record is one strength. The three kinds are capsules, oral liquids and stock triturations.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from pharmacy.domain.errors import Impossible, NotInTheRecord, PartsDoNotSum
from pharmacy.domain.keeping import BeyondUseClass, StabilityStudy, Temperature, check_kept
from pharmacy.domain.plain import Plain, exact_text
from pharmacy.domain.quantity import NBSP, Concentration, Density, Mass, Volume, decimal_text, exact
from pharmacy.domain.strength import DRUG, Form, Strength

# Letco TD-005.1 and LDN pharmacists' guidance: a hypromellose matrix delays release, and calcium carbonate may reduce
# or alter absorption (Swidan, "Low-dose naltrexone"; lowdosenaltrexone.org).
REFUSED_FILLERS = {
    "calcium-carbonate": "calcium carbonate may reduce or alter absorption",
    "hypromellose-e4m": "a hypromellose matrix delays release",
    "hypromellose-k100m": "a hypromellose matrix delays release",
}


MOST_DISPLACED = 10  # mL for 1 g


class Role(StrEnum):
    """What a component does in the preparation."""

    DRUG = "drug"
    TABLET = "tablet"
    FILLER = "filler"
    SHELL = "shell"
    VEHICLE = "vehicle"
    PRESERVATIVE = "preservative"
    ANTIOXIDANT = "antioxidant"
    SWEETENER = "sweetener"
    EXCIPIENT = "excipient"
    COSOLVENT = "cosolvent"
    TRITURATION = "trituration"


@dataclass(frozen=True, slots=True)
class Component(Plain):
    """One ingredient by the code under which its lots are kept; `grade` holds salt, hydrate, purity, particle size."""

    code: str
    name: str
    role: Role
    grade: str = ""


@dataclass(frozen=True, slots=True)
class QualityCheck(Plain):
    """What is looked at before release, and the expected result."""

    name: str
    expected: str


@dataclass(frozen=True, slots=True)
class Particulars(Plain):
    """What each record holds besides its amounts.

    `repeatability` is whatever else another pair of hands needs to make the same: mixing times, sieve, temperature.
    `kept` says at which temperature; it and `studies` decide the beyond-use date with the class. A record written
    before they were asked for states none: then every study that says less shortens, and none lengthens.
    """

    container: str
    storage: str
    physical_description: str
    bud_class: BeyondUseClass
    bud_reference: str
    instructions: tuple[str, ...]
    equipment: tuple[str, ...]
    quality_checks: tuple[QualityCheck, ...]
    labelling: tuple[str, ...]
    repeatability: tuple[str, ...] = ()
    kept: Temperature | None = None
    studies: tuple[StabilityStudy, ...] = ()

    def __post_init__(self) -> None:
        wanted = {
            "container": "container",
            "storage": "storage",
            "physical_description": "physical description",
            "bud_reference": "source of the beyond-use date",
            "instructions": "instructions",
            "quality_checks": "quality checks",
        }
        for field, name in wanted.items():
            if not getattr(self, field):
                raise Impossible(f"A formula needs its {name}.", field)
        check_kept(self.bud_class, self.kept)


@dataclass(frozen=True, slots=True)
class Powder(Plain):
    """A further powder of a capsule, such as a glidant: its mass in one capsule, and what of it alone fills the shell."""

    component: Component
    each: Mass
    full: Mass | Density

    def __post_init__(self) -> None:
        if self.each.value <= 0 or self.full.value <= 0:
            raise Impossible(f"The amounts of {self.component.name} must be above 0.", "others")


@dataclass(frozen=True, slots=True)
class CapsuleFormula(Plain):
    """Capsules of one strength in one shell and one filler, filled completely full.

    `strength` is naltrexone HCl (anhydrous) per capsule. What alone fills the shell is either its mean mass (measured;
    packing statistics) or the density to which it packs (density method), which needs the shell's capacity:
    `filler_full` and `drug_full`, and that of each of the `others`. `shell_mass` is the mean mass of an empty shell;
    `shell_capacity` the volume that the masses were measured in, where a lot of shells did not measure its own.
    """

    name: str
    strength: Mass
    drug: Component
    filler: Component
    shell: Component
    shell_size: str
    filler_full: Mass | Density
    drug_full: Mass | Density
    shell_mass: Mass
    particulars: Particulars
    others: tuple[Powder, ...] = ()
    shell_capacity: Volume | None = None
    substance: str = DRUG
    kind: ClassVar[str] = "capsule"

    def __post_init__(self) -> None:
        _roles((self.drug, Role.DRUG), (self.filler, Role.FILLER), (self.shell, Role.SHELL))
        for name, value, field in (
            ("strength", self.strength, "strength"),
            ("filler that fills the shell", self.filler_full, "filler_full"),
            ("drug that fills the shell", self.drug_full, "drug_full"),
            ("empty shell", self.shell_mass, "shell_mass"),
        ):
            if value.value <= 0:
                raise Impossible(f"The mass of the {name} must be above 0.", field)
        if self.shell_capacity is not None and self.shell_capacity.value <= 0:
            raise Impossible("The capacity of the shell must be above 0 mL.", "shell_capacity")
        codes = [one.code for one in self.components]
        if len(set(codes)) != len(codes):
            raise Impossible("A formula names each component once.", "others")
        _refuse_filler(self.filler, self.substance)

    @property
    def stated(self) -> Strength:
        return Strength(Decimal(exact_text(self.strength.value)), Form.CAPSULE)

    @property
    def title(self) -> str:
        """``naltrexone HCl 4.5 mg capsule``."""
        return f"{self.substance} {self.stated.text()}"

    @property
    def components(self) -> tuple[Component, ...]:
        return (self.drug, *(one.component for one in self.others), self.filler, self.shell)


@dataclass(frozen=True, slots=True)
class Portion(Plain):
    """A component of a liquid in 100 mL of it: grams (w/v) or millilitres (v/v).

    `displacement` is the room in mL that 1 g of it takes up in the liquid, None where nobody knows: never taken as 0.
    """

    component: Component
    per_100_ml: Decimal
    unit: str
    displacement: Fraction | None = None

    def __post_init__(self) -> None:
        if self.unit not in {"g", "mL"}:
            raise Impossible(f"The amount of {self.component.name} is in g or mL per 100 mL.", "unit")
        if not 0 < exact(self.per_100_ml) <= 100:
            raise Impossible(
                f"The amount of {self.component.name} must be above 0 and at most 100 per 100 mL.", "per_100_ml"
            )
        if self.unit == "mL" and self.displacement is not None:
            raise Impossible(
                f"{self.component.name} is measured by volume: its displacement is that volume.", "displacement"
            )
        check_displacement(self.displacement, self.component.name, "displacement")

    def amount_in(self, volume: Volume) -> Mass | Volume:
        """The exact amount in that volume of the liquid."""
        number = exact(self.per_100_ml) * volume.value / 100
        return Mass.of(number, "g") if self.unit == "g" else Volume(number)

    def room_in(self, volume: Volume) -> Volume | None:
        """The room that it takes up in that volume of the liquid; None where it is not known."""
        amount = self.amount_in(volume)
        return amount if isinstance(amount, Volume) else room_of(amount, self.displacement)


def check_displacement(displacement: Fraction | None, name: str, field: str = "") -> None:
    """Refuse a displacement that no powder has: it is given in mL for 1 g, most often between 0.3 and 1.5."""
    if displacement is not None and not 0 < exact(displacement) <= MOST_DISPLACED:
        raise Impossible(f"The displacement of {name} must be above 0 and at most {MOST_DISPLACED} mL for 1 g.", field)


def room_of(mass: Mass, displacement: Fraction | None) -> Volume | None:
    """The room that a powder takes up in a liquid; None where its displacement is not known."""
    return None if displacement is None else Volume(mass.to("g") * displacement)


class VehicleKind(StrEnum):
    """What a liquid's vehicle is, which decides its class and whether the drug dissolves in it."""

    AQUEOUS = "aqueous"
    PRESERVED_AQUEOUS = "aqueous, preserved by its maker"
    OIL = "fixed oil"


@dataclass(frozen=True, slots=True)
class LiquidFormula(Plain):
    """An oral liquid, brought with its vehicle *to* volume, never with that volume of vehicle.

    The drug is powder, or tablets (role TABLET) of `label_strength` naltrexone HCl each. `mark` is the step between
    volumes that the final measure is marked for. `solubility` is that of the drug powder in the vehicle, and
    `drug_displacement` the room in mL that 1 g of the powder (of tablets: crushed) takes up; None where not known.
    """

    name: str
    concentration: Concentration
    drug: Component
    portions: tuple[Portion, ...]
    vehicle: Component
    mark: Volume
    particulars: Particulars
    vehicle_kind: VehicleKind = VehicleKind.AQUEOUS
    label_strength: Mass | None = None
    solubility: Concentration | None = None
    drug_displacement: Fraction | None = None
    substance: str = DRUG
    kind: ClassVar[str] = "liquid"

    def __post_init__(self) -> None:
        _roles((self.drug, Role.DRUG if self.label_strength is None else Role.TABLET), (self.vehicle, Role.VEHICLE))
        if self.concentration.value <= 0 or self.mark.value <= 0:
            field = "mark" if self.concentration.value > 0 else "concentration"
            raise Impossible("The concentration and the step of the measure must be above 0.", field)
        if self.label_strength is not None and self.label_strength.value <= 0:
            raise Impossible("The label strength of a tablet must be above 0.", "label_strength")
        if self.solubility is not None and self.solubility.value <= 0:
            raise Impossible("The solubility must be above 0; leave it out where it is not known.", "solubility")
        check_displacement(self.drug_displacement, self.drug.name, "drug_displacement")
        hundred = Volume.of(100, "mL")
        drug = room_of(Mass(self.concentration.value * hundred.value), self.drug_displacement or Fraction(1))
        if drug is not None and drug + self.room_of_portions(hundred) >= hundred:
            raise PartsDoNotSum(
                "The parts of the formula leave no room for the vehicle in 100 mL: take less of them.", "portions"
            )
        codes = [one.component.code for one in self.portions] + [self.drug.code, self.vehicle.code]
        if len(set(codes)) != len(codes):
            raise Impossible("A formula names each component once.", "portions")

    def room_of_portions(self, volume: Volume) -> Volume:
        """The room that the portions take up in it, each gram taken for 1 mL where nobody knows better."""
        room = Volume(Fraction(0))
        for one in self.portions:
            amount = one.amount_in(volume)
            room += one.room_in(volume) or Volume(amount.to("g") if isinstance(amount, Mass) else amount.value)
        return room

    @property
    def suspension(self) -> bool:
        """Whether it must be shaken: the excipients of tablets do not dissolve, and the drug does not in oil."""
        return self.label_strength is not None or self.vehicle_kind is VehicleKind.OIL

    @property
    def stated(self) -> Strength:
        return Strength(Decimal(exact_text(self.concentration.value)), Form.LIQUID)

    @property
    def title(self) -> str:
        """``naltrexone HCl 1 mg/mL oral liquid``; of what must be shaken ``… oral suspension``."""
        words = f"{self.stated.amount_text()} oral suspension" if self.suspension else self.stated.text()
        return f"{self.substance} {words}"

    @property
    def components(self) -> tuple[Component, ...]:
        return (self.drug, *(one.component for one in self.portions), self.vehicle)


@dataclass(frozen=True, slots=True)
class TriturationFormula(Plain):
    """A stock powder: one part of drug (anhydrous HCl) in `parts` parts in all."""

    name: str
    parts: int
    drug: Component
    diluent: Component
    particulars: Particulars
    substance: str = DRUG
    kind: ClassVar[str] = "trituration"

    def __post_init__(self) -> None:
        _roles((self.drug, Role.DRUG), (self.diluent, Role.FILLER))
        if not 2 <= self.parts <= 1000:
            raise Impossible("A trituration is 1 part in 2 to 1,000 parts.", "parts")
        _refuse_filler(self.diluent, self.substance)

    @property
    def fraction(self) -> Fraction:
        """Drug in one part of the trituration, w/w."""
        return Fraction(1, self.parts)

    @property
    def title(self) -> str:
        """``naltrexone HCl trituration 1 in 10 (100 mg/g)``."""
        return f"{self.substance} trituration 1 in {self.parts} ({decimal_text(self.fraction * 1000)}{NBSP}mg/g)"

    @property
    def components(self) -> tuple[Component, ...]:
        return (self.drug, self.diluent)


Formula = CapsuleFormula | LiquidFormula | TriturationFormula
_KINDS: dict[str, type[Formula]] = {
    "capsule": CapsuleFormula,
    "liquid": LiquidFormula,
    "trituration": TriturationFormula,
}


def formula_from_json(data: Any) -> Formula:
    """The formula that `to_json` wrote, of whichever kind it names."""
    kind = _KINDS.get(str(data.get("kind"))) if isinstance(data, dict) else None
    if kind is None:
        raise NotInTheRecord(f"A formula names its kind, one of: {', '.join(_KINDS)}.", "kind")
    return kind.from_json(data)


def _roles(*given: tuple[Component, Role]) -> None:
    for component, role in given:
        if component.role is not role:
            raise Impossible(f"{component.name} is given as the {role.value} but is kept as a {component.role.value}.")


def _refuse_filler(filler: Component, substance: str) -> None:
    why = REFUSED_FILLERS.get(filler.code)
    if why and substance == DRUG:
        raise Impossible(f"{filler.name} is no filler for low-dose naltrexone: {why}.")
