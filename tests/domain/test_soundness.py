"""What a formula must not say: a filler that delays release, parts that are more than the whole."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from pharmacy.domain.errors import ClassConflict, DoesNotDissolve, Impossible, PartsDoNotSum, RefusedFiller
from pharmacy.domain.formula import CapsuleFormula, Component, Powder, Role, TriturationFormula
from pharmacy.domain.quantity import Concentration, Density, Mass
from pharmacy.domain.soundness import check_filler, check_sound
from tests.domain.builders import DRUG, MCC, capsules, liquid, mg, particulars
from tests.domain.liquid_builders import in_oil, plain


@pytest.mark.parametrize(
    "name",
    [
        "Hypromellose",
        "HPMC K100M",
        "Methocel E4M",
        "hydroxypropyl methylcellulose",
        "Hydroxypropyl-methyl cellulose",
        "h.p.m.c.",
    ],
)
def test_a_hypromellose_matrix_is_refused_under_any_name(name: str) -> None:
    with pytest.raises(RefusedFiller, match="a hypromellose matrix delays release") as refused:
        check_filler(Component("filler-7", name, Role.FILLER), "filler")
    assert refused.value.field == "filler"
    assert str(refused.value).startswith(f"{name} is no filler for low-dose naltrexone: ")


@pytest.mark.parametrize(
    "name", ["Calcium carbonate", "CaCO3", "CaCO₃", "calcium  carbonate, heavy", "Chalk", "Precipitated chalk"]
)
def test_calcium_carbonate_is_refused_under_any_name(name: str) -> None:
    with pytest.raises(RefusedFiller, match="calcium carbonate may reduce or alter absorption"):
        check_filler(Component("filler-7", name, Role.FILLER), "filler")


@pytest.mark.parametrize("code", ["hypromellose-e4m", "hpmc", "calcium-carbonate", "caco3"])
def test_and_under_any_code(code: str) -> None:
    with pytest.raises(RefusedFiller):
        check_filler(Component(code, "White powder", Role.FILLER), "filler")


@pytest.mark.parametrize(
    "name", ["Microcrystalline cellulose", "Anhydrous lactose", "Sucrose", "Calcium phosphate", "Chalky white"]
)
def test_what_releases_at_once_is_taken(name: str) -> None:
    check_filler(Component("filler-7", name, Role.FILLER), "filler")


def test_a_shell_may_be_of_hypromellose() -> None:
    shell = Component("shell-hpmc-3", "Hypromellose (HPMC) shell, size 3", Role.SHELL)
    check_sound(replace(capsules(), shell=shell))


def test_every_powder_of_a_capsule_and_the_diluent_of_a_trituration_are_looked_at() -> None:
    hidden = Component("powder-1", "HPMC", Role.FILLER)
    for sound, field in (
        (replace(capsules(), filler=hidden), "filler"),
        (replace(capsules(), others=(Powder(hidden, mg("1"), mg("150")),)), "others"),
        (TriturationFormula("T", 10, DRUG, hidden, particulars()), "diluent"),
    ):
        with pytest.raises(RefusedFiller) as refused:
            check_sound(sound)
        assert refused.value.field == field


def full(strength: str) -> CapsuleFormula:
    return replace(capsules(), strength=mg(strength), drug_full=mg("160"))


def test_a_capsule_whose_powders_leave_nothing_for_the_filler_is_refused_at_what_fills_it() -> None:
    check_sound(full("159.9"))
    for strength in ("160", "161"):
        with pytest.raises(PartsDoNotSum, match="Nothing is left for the filler") as refused:
            check_sound(full(strength))
        assert refused.value.field == "drug_full"
    glidant = Powder(Component("silica", "Colloidal silicon dioxide", Role.EXCIPIENT), mg("20"), mg("20"))
    with pytest.raises(PartsDoNotSum):
        check_sound(replace(full("1"), others=(glidant,)))


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("filler_full", Mass.of("5001", "mg")),
        ("drug_full", Mass.of("5001", "mg")),
        ("shell_mass", Mass.of("5001", "mg")),
        ("filler_full", Density.of("5.1", "g/mL")),
    ],
)
def test_a_mass_in_the_wrong_unit_is_refused_at_its_field(field: str, given: Mass | Density) -> None:
    with pytest.raises(Impossible) as refused:
        check_sound(replace(capsules(), **{field: given}))  # type: ignore[arg-type]
    assert refused.value.field == field
    check_sound(replace(capsules(), shell_mass=Mass.of("5000", "mg")))


def test_the_class_of_a_liquid_must_be_that_of_its_composition() -> None:
    with pytest.raises(ClassConflict):
        check_sound(replace(liquid("1"), portions=()))


def test_the_usual_capsules_are_sound() -> None:
    check_sound(capsules())
    assert capsules().filler == MCC


def test_a_solution_that_is_stronger_than_what_dissolves_is_not_written_down() -> None:
    known = {"solubility": Concentration(Fraction(65))}
    check_sound(plain("65", **known))
    check_sound(plain("70", solubility=None))
    check_sound(in_oil("70", **known))
    with pytest.raises(DoesNotDissolve) as refused:
        check_sound(plain("65.1", **known))
    assert refused.value.field == "solubility"
