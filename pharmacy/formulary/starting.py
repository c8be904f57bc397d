"""The programme's own formulas, to be read, changed where the pharmacy's own measurements differ, and approved.

The masses that fill a size 3 shell are a vendor's guide values for microcrystalline cellulose, and an estimate for the
drug: a pharmacy measures its own (ten of each, net) and writes them into the next version. Sources, as they were read:
"Formulating capsules" guide (130 mg of microcrystalline cellulose PH-105 in size 3); Torpac capsule size chart (48 mg
empty shell, 0.30 mL); packing statistics with 160 mg of drug assumed; Cote et al., IJPC 2018;22(3):252-6 (capsules in
Avicel keep 90-110 %, protected from light); Fawcett et al., Ann Pharmacother 1997;31:1291-5 (oral liquid). Sieve,
mixing times and the look of things are this programme's proposals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.formula import (
    CapsuleFormula,
    Component,
    Formula,
    LiquidFormula,
    Particulars,
    Portion,
    QualityCheck,
    Role,
    TriturationFormula,
)
from pharmacy.domain.quantity import Concentration, Mass, Volume
from pharmacy.formulary.definition import component_unit, product_code, product_unit, title
from pharmacy.stock.words import PREPARATION

STRENGTHS = ("0.5", "1", "1.5", "2", "3", "4.5")  # mg a capsule
CONCENTRATIONS = ("1", "5")  # mg/mL

DRUG = Component(
    "naltrexone-hcl",
    "Naltrexone HCl",
    Role.DRUG,
    "USP. Strength is stated as naltrexone HCl (anhydrous); anhydrous and dihydrate powder are on the market under one "
    "name, so potency comes from each lot’s own certificate. Fine powder; dissolves at 65 mg/mL in water.",
)
MCC = Component("mcc", "Microcrystalline cellulose", Role.FILLER, "NF, PH-105 (fine); immediate release.")
SHELL = Component("shell-3", "Empty capsule, gelatin, size 3", Role.SHELL, "Hard gelatin, clear, no dye; 0.30 mL.")
GLYCERIN = Component("glycerin", "Glycerin", Role.COSOLVENT, "USP")
ASCORBIC_ACID = Component("ascorbic-acid", "Ascorbic acid", Role.ANTIOXIDANT, "USP powder; never effervescent.")
BENZOATE = Component("sodium-benzoate", "Sodium benzoate", Role.PRESERVATIVE, "NF")
WATER = Component("purified-water", "Purified water", Role.VEHICLE, "USP; or better (USP <795> (2023)).")

_MIX = (
    "Weigh the drug. Weigh the filler.",
    "Triturate the drug in the mortar with about its own volume of filler.",
    "Add an equal volume of filler each time until all is in (geometric dilution); scrape the walls each time.",
    "Pass through a 60-mesh sieve, then mix for another 5 minutes.",
)
_CAPSULE_PARTICULARS = Particulars(
    container="Light-resistant, tight vial with child-resistant closure; amber polypropylene.",
    storage="Room temperature, 20–25 °C. Protect from light and moisture.",
    physical_description="Clear size 3 capsules filled with a white to off-white powder.",
    bud_class=BeyondUseClass.NONAQUEOUS,
    bud_reference="USP <795> (2023), Table 4: other nonaqueous forms, 180 days. Supported by Cote et al., IJPC "
    "2018;22(3):252-6 (capsules in Avicel, room temperature, protected from light); its 360 days are above the ceiling.",
    instructions=(
        *_MIX,
        "Load the machine with empty shells and part them.",
        "Weigh out the blend for one load (holes × target net mass). Spread all of it into the shells of that load.",
        "Close, eject and dust the capsules. Weigh each capsule of the sample by itself.",
    ),
    equipment=(
        "Balance in date of calibration",
        "Glass mortar and pestle",
        "60-mesh sieve",
        "Capsule machine, 100 holes, size 3",
    ),
    quality_checks=(
        QualityCheck("Appearance of the blend", "White to off-white powder, uniform, no lumps"),
        QualityCheck("Appearance of the capsules", "Closed, clean, undamaged, evenly filled"),
        QualityCheck("Packing", "Every shell full; the blend of each load all used"),
    ),
    labelling=("Take by mouth", "Protect from light", "Keep out of the reach of children"),
)


def capsule(strength: str) -> CapsuleFormula:
    """Capsules of that many mg in microcrystalline cellulose, size 3, immediate release."""
    return CapsuleFormula(
        name=f"Naltrexone HCl {strength} mg capsules in microcrystalline cellulose",
        strength=Mass.of(strength, "mg"),
        drug=DRUG,
        filler=MCC,
        shell=SHELL,
        shell_size="3",
        filler_full=Mass.of("130", "mg"),
        drug_full=Mass.of("160", "mg"),
        shell_mass=Mass.of("48", "mg"),
        particulars=_CAPSULE_PARTICULARS,
    )


TRITURATION = TriturationFormula(
    name="Naltrexone HCl 1 in 10 trituration in microcrystalline cellulose",
    parts=10,
    drug=DRUG,
    diluent=MCC,
    particulars=Particulars(
        container="Light-resistant, tight jar; amber glass.",
        storage="Room temperature, 20–25 °C. Protect from light and moisture.",
        physical_description="White to off-white powder.",
        bud_class=BeyondUseClass.NONAQUEOUS,
        bud_reference="USP <795> (2023), Table 4: other nonaqueous forms, 180 days. A preparation made with it may not "
        "outlast it.",
        instructions=_MIX,
        equipment=("Balance in date of calibration", "Glass mortar and pestle", "60-mesh sieve"),
        quality_checks=(QualityCheck("Appearance", "White to off-white powder, uniform, no lumps"),),
        labelling=("For compounding only", "Naltrexone HCl 100 mg in 1 g", "Protect from light"),
    ),
)

_EVIDENCE = {
    "1": "real-time data at 4 and 25 °C",
    "5": "accelerated data at 70 °C only; nothing was measured in real time at this strength",
}


def liquid(concentration: str) -> LiquidFormula:
    """Oral liquid of that many mg/mL: glycerin 20 %, ascorbic acid 0.5 %, sodium benzoate 0.1 %, purified water to volume."""
    return LiquidFormula(
        name=f"Naltrexone HCl {concentration} mg/mL oral liquid with glycerin and ascorbic acid",
        concentration=Concentration.of(concentration, "mg/mL"),
        drug=DRUG,
        portions=(
            Portion(GLYCERIN, Decimal(20), "mL"),
            Portion(ASCORBIC_ACID, Decimal("0.5"), "g"),
            Portion(BENZOATE, Decimal("0.1"), "g"),
        ),
        vehicle=WATER,
        mark=Volume.of("5", "mL"),
        particulars=Particulars(
            container="Amber plastic oral liquid bottle with press-in adapter and child-resistant closure.",
            storage="Refrigerate, 2–8 °C. Protect from light.",
            physical_description="Clear, colourless to pale yellow liquid.",
            bud_class=BeyondUseClass.PRESERVED_AQUEOUS,
            bud_reference="USP <795> (2023), Table 4: preserved aqueous, 35 days. Fawcett et al., Ann Pharmacother "
            f"1997;31:1291-5 (60 days at 4 °C, 30 days at 25 °C; {_EVIDENCE[concentration]}) does not lengthen it "
            "without antimicrobial effectiveness testing, and would shorten it at room temperature.",
            instructions=(
                "Weigh the drug, the ascorbic acid and the sodium benzoate.",
                "Dissolve the sodium benzoate in about half of the purified water. Dissolve the ascorbic acid, then the drug.",
                "Measure the glycerin, add it and mix until uniform.",
                "Transfer to the final measure, rinse the beaker with purified water into it, and bring to volume.",
                "Never add the whole volume of water: the parts take up room.",
                "Mix, look at it against the light, fill into amber bottles.",
            ),
            equipment=("Balance in date of calibration", "Beaker and stirrer", "Graduates marked for the volumes"),
            quality_checks=(
                QualityCheck("Appearance", "Clear, colourless to pale yellow, nothing undissolved"),
                QualityCheck("Final volume", "At the planned mark, read at eye level"),
                QualityCheck("pH by strip", "At most 5: sodium benzoate preserves in acid only"),
            ),
            labelling=(
                "Take by mouth; measure in mL with the syringe supplied",
                "Refrigerate",
                "Protect from light",
                "Keep out of the reach of children",
            ),
        ),
    )


STARTING_FORMULAS: tuple[Formula, ...] = (
    *(capsule(strength) for strength in STRENGTHS),
    TRITURATION,
    *(liquid(concentration) for concentration in CONCENTRATIONS),
)


@dataclass(frozen=True, slots=True)
class StartingItem:
    """A stock item that the formulas need: a component, or what lots of the product are kept as."""

    code: str
    name: str
    kind: str
    unit: str


def items_of(formula: Formula) -> tuple[StartingItem, ...]:
    """The stock items of one formula: its components, then its product."""
    parts = (
        StartingItem(one.code, one.name, one.role.value, component_unit(formula, one)) for one in formula.components
    )
    kind = Role.TRITURATION.value if isinstance(formula, TriturationFormula) else PREPARATION
    name = title(formula)
    return (*parts, StartingItem(product_code(formula), name[0].upper() + name[1:], kind, product_unit(formula)))


def starting_items() -> tuple[StartingItem, ...]:
    """Every stock item of the starting formulas, once."""
    return tuple({one.code: one for formula in STARTING_FORMULAS for one in items_of(formula)}.values())
