from dataclasses import replace
from datetime import date

import pytest

from labels import AuxiliaryLabel, LabelContent

OPIOIDS = AuxiliaryLabel("Do not take with opioid pain, cough or diarrhea medicines.", "no-opioids", 90)
TELL = AuxiliaryLabel("Tell all doctors, dentists and emergency staff that you take naltrexone.", "tell", 80)
SLEEP = AuxiliaryLabel("May cause vivid dreams or trouble sleeping.", "sleep", 50)
SHAKE = AuxiliaryLabel("Shake well before each dose.", "shake", 70)
COLD = AuxiliaryLabel("Keep in the refrigerator. Do not freeze.", "cold", 60)
MORE = (
    AuxiliaryLabel("Stop 3 days before surgery; ask your surgeon.", "caution", 40),
    AuxiliaryLabel("Call us if your skin or eyes turn yellow.", "caution", 30),
    AuxiliaryLabel("Do not drink large amounts of alcohol.", "alcohol", 20),
)


@pytest.fixture
def capsule() -> LabelContent:
    return LabelContent(
        patient="Jasper Q. Fennel",
        drug="naltrexone HCl 4.5 mg capsule",
        directions="Take 1 capsule by mouth at bedtime.",
        purpose="fibromyalgia",
        do_not_use_after=date(2026, 8, 28),
        container=1,
        containers=1,
        warnings=(OPIOIDS, TELL, SLEEP),
        statement="Compounded preparation. Not FDA-approved. Off-label use. Rx only",
        quantity="30 capsules",
        filled_on=date(2026, 3, 4),
        lot="C260302-01",
        route="By mouth",
        refills="Refills: 3 before 02 MAR 2027",
        prescriber="M. Example, MD",
        storage="Store at 20–25 °C, dry, away from light.",
        description="White powder in a clear size 3 capsule.",
        pharmacy_name="Example Compounding Pharmacy",
        pharmacy_address="1 Main Street, Springfield, IL 62701",
        pharmacy_phone="(555) 555-0100",
        fill_number="100231-00",
        serial="L000123",
    )


@pytest.fixture
def liquid(capsule: LabelContent) -> LabelContent:
    return replace(
        capsule,
        drug="naltrexone HCl 5 mg/mL oral liquid",
        directions="Take 0.9 mL (4.5 mg) by mouth at bedtime. Use only the oral syringe supplied.",
        quantity="30 mL",
        containers=2,
        warnings=(OPIOIDS, TELL, SHAKE, COLD),
        storage="Store in a refrigerator at 2–8 °C.",
        description="Clear liquid.",
    )


@pytest.fixture
def six_warnings(capsule: LabelContent) -> LabelContent:
    return replace(capsule, warnings=(OPIOIDS, TELL, SLEEP, *MORE))


@pytest.fixture
def titration(capsule: LabelContent) -> LabelContent:
    """A long name and long directions: one label of 4 × 6 in, two of 4 × 3 in, none of 4 × 2 in."""
    return replace(
        capsule,
        patient="Maximiliana Konstantinopolitanska-Featherstonehaugh de la Santísima Trinidad",
        drug="naltrexone HCl 0.5 mg capsule (dye-free, lactose-free, microcrystalline cellulose)",
        directions=(
            "Take 1 capsule (0.5 mg) by mouth at bedtime for 14 days, then 2 capsules (1 mg) for 14 days, then 3 capsules "
            "(1.5 mg) for 14 days, then stay at 4 capsules (2 mg) unless told otherwise. If sleep is disturbed, take in "
            "the morning."
        ),
        purpose="pain of small-fiber neuropathy",
        quantity="280 capsules",
    )
