from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pharmacy.domain.certificate import Basis, Certificate, Hydrate, Substance
from pharmacy.domain.errors import BasisConflict, CalculationRefused, ChecksDisagree, Impossible
from pharmacy.domain.potency import equivalent_step, potency, potency_step
from pharmacy.domain.quantity import NBSP, Mass
from pharmacy.domain.second_check.potency import equivalent_again
from pharmacy.domain.worksheet import OWN

D = Decimal


@pytest.mark.parametrize(
    "figures",
    [
        {"assay": D(0), "basis": Basis.AS_IS},
        {"assay": D(-1), "basis": Basis.AS_IS},
        {"assay": D("110.01"), "basis": Basis.AS_IS},
        {"assay": D(250), "basis": Basis.AS_IS},
        {"assay": D(99), "basis": Basis.ANHYDROUS, "water": D(100)},
        {"assay": D(99), "basis": Basis.ANHYDROUS, "water": D(-1)},
        {"assay": D(99), "basis": Basis.ANHYDROUS, "water": D(60), "solvents": D(40)},
        {"assay": D(99), "basis": Basis.ANHYDROUS, "water": D(5), "solvents": D(100)},
    ],
)
def test_an_impossible_certificate_is_refused(figures: dict[str, Any]) -> None:
    with pytest.raises(Impossible, match=r"\.$"):
        Certificate(**figures)


def test_an_assay_of_110_is_the_highest_that_is_believed() -> None:
    assert potency(Certificate(D(110), Basis.AS_IS)) == Fraction(11, 10)


@pytest.mark.parametrize("value", ["Infinity", "NaN"])
def test_a_certificate_holds_finite_numbers_only(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        Certificate(D(value), Basis.AS_IS)


@pytest.mark.parametrize("basis", [Basis.ANHYDROUS, Basis.DRIED])
def test_missing_water_is_asked_for(basis: Basis) -> None:
    with pytest.raises(BasisConflict):
        Certificate(D(99), basis)


def test_a_hydrate_and_a_measured_water_are_never_taken_off_both() -> None:
    with pytest.raises(BasisConflict, match="not both"):
        Certificate(D(99), Basis.ANHYDROUS, water=D("8.9"), hydrate=Hydrate.DIHYDRATE)
    with pytest.raises(BasisConflict):
        Certificate(D(99), Basis.AS_IS, hydrate=Hydrate.DIHYDRATE)


def test_loss_on_drying_already_holds_the_solvents() -> None:
    with pytest.raises(BasisConflict):
        Certificate(D(99), Basis.DRIED, water=D(8), solvents=D("0.1"))
    assert potency(Certificate(D(100), Basis.DRIED, water=D(8), solvents=D(0))) == Fraction(92, 100)


def test_correcting_twice_would_be_nearly_ten_per_cent_too_much() -> None:
    once = potency(Certificate(D("99.2"), Basis.ANHYDROUS, D("8.9"), D("0.1")))
    twice = once * Fraction(37786, 41389)
    assert Fraction(95, 1000) < once / twice - 1 < Fraction(96, 1000)


@given(
    st.decimals(1, 110, places=2),
    st.sampled_from(list(Basis)),
    st.decimals(0, 40, places=2),
    st.decimals(0, 10, places=2),
)
def test_a_potency_is_never_above_the_assay_and_never_0(
    assay: Decimal, basis: Basis, water: Decimal, sol: Decimal
) -> None:
    assume(basis is not Basis.AS_IS or assay + water + sol <= 102)  # more than a whole is refused (the test below)
    certificate = Certificate(assay, basis, water, D(0) if basis is Basis.DRIED else sol)
    assert 0 < potency(certificate) <= Fraction(assay) / 100
    assert Certificate.from_json(certificate.to_json()) == certificate


def test_an_assay_as_is_that_leaves_no_room_for_the_water_is_refused() -> None:
    with pytest.raises(BasisConflict, match="leaves no room"):
        Certificate(D("99.1"), Basis.AS_IS, D("8.7"), D("0.1"))  # taken as it is, each dose would be 9 % too low
    assert potency(Certificate(D("93.1"), Basis.AS_IS, D("8.9"))) == Fraction(931, 1000), (
        "the assay's own spread is borne"
    )


@given(st.decimals(1, 100, places=2), st.decimals(0, 40, places=2))
def test_more_water_means_more_powder_to_weigh(assay: Decimal, water: Decimal) -> None:
    dry = potency(Certificate(assay, Basis.ANHYDROUS, water))
    wet = potency(Certificate(assay, Basis.ANHYDROUS, water + 1))
    assert wet < dry


@pytest.mark.parametrize(
    ("certificate", "numbers"),
    [
        (Certificate(D("99.2"), Basis.ANHYDROUS, D("8.9"), D("0.1")), "99.2 % × (100 % − 8.9 % − 0.1 %)"),
        (Certificate(D("90.3"), Basis.AS_IS, D("8.9")), "90.3 %"),
        (Certificate(D("99.2"), Basis.DRIED, D("8.5")), "99.2 % × (100 % − 8.5 %)"),
        (Certificate(D(100), Basis.ANHYDROUS, hydrate=Hydrate.DIHYDRATE), "100 % × 377.86 ÷ 413.89 × (100 % − 0 %)"),
    ],
)
def test_the_worksheet_shows_what_was_taken_off(certificate: Certificate, numbers: str) -> None:
    assert potency_step(certificate).numbers == numbers


def test_each_refusal_is_one_kind_of_error() -> None:
    assert issubclass(BasisConflict, CalculationRefused)
    assert issubclass(CalculationRefused, ValueError)


def test_one_form_for_another_is_worked_out_in_one_line() -> None:
    step = equivalent_step(
        Mass(Fraction("4.5678")), "naltrexone", Fraction("341.40"), "naltrexone HCl", Fraction("377.86")
    )
    assert step.name == "naltrexone HCl that is needed"
    assert step.words == "mass of naltrexone × molecular weight of naltrexone HCl ÷ molecular weight of naltrexone"
    assert step.numbers == f"4.5678{NBSP}mg × 377.86 ÷ 341.4"
    assert (step.text(), step.source, step.note) == (f"5.0556{NBSP}mg", OWN, "")


def test_the_second_way_refuses_another_number_of_moles() -> None:
    equivalent_again(Mass(Fraction(2)), Fraction(100), Fraction(200), Mass(Fraction(4)))
    with pytest.raises(ChecksDisagree) as why:
        equivalent_again(Mass(Fraction(2)), Fraction(100), Fraction(200), Mass(Fraction(5)))
    assert str(why.value) == "The second calculation disagrees about the number of moles; do not use this worksheet."


def test_the_monograph_of_naltrexone_is_no_source_for_another_drug_or_another_basis() -> None:
    own = "own arithmetic; lot certificate"
    magnesium = Substance("magnesium sulfate", Decimal("120.37"))
    by_weight = Certificate(Decimal(99), Basis.ANHYDROUS, hydrate=Hydrate.HEPTAHYDRATE, substance=magnesium)
    assert potency_step(by_weight).source == own
    assert potency_step(Certificate(Decimal(99), Basis.AS_IS)).source == own
    assert potency_step(Certificate(Decimal(99), Basis.DRIED, Decimal(1))).source == own
    for named in (None, Substance("naltrexone HCl", Decimal("377.86"))):
        certificate = Certificate(Decimal(99), Basis.ANHYDROUS, Decimal(1), substance=named)
        assert potency_step(certificate).source.startswith("USP monograph Naltrexone Hydrochloride")
