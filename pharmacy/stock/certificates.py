"""What a lot's certificate says of its drug, and what was measured of its shells, checked and brought to the domain."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.certificate import Basis, Certificate
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.plan import LotFacts
from pharmacy.domain.potency import potency_step
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.domain.second_check.pencil import followed
from pharmacy.domain.shells import ShellFacts, by_chart, by_measuring, size_in
from pharmacy.domain.worksheet import WorksheetStep
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.stock.models import Lot

# USP monograph Naltrexone Hydrochloride: 98.0-102.0 % on the anhydrous, solvent-free basis
ASSAY_LOW, ASSAY_HIGH = Decimal("98.0"), Decimal("102.0")
DRUG_KINDS = frozenset({"drug"})
SHELL_KIND = "shell"


@dataclass(frozen=True, slots=True)
class CertificateGiven:
    """What a person read off a certificate, all in per cent, and the certificate itself where it was uploaded."""

    assay: Decimal | None = None
    basis: str | None = None
    water: Decimal | None = None
    solvents: Decimal | None = None
    content: bytes = b""
    media_type: str = ""


def checked(given: CertificateGiven) -> Certificate:
    """The certificate of a drug lot; a PharmacyError at the field that is missing or contradicts another."""
    if given.assay is None:
        raise PharmacyError("A drug needs the assay that its certificate states.", "assay")
    if not given.basis:
        raise PharmacyError("Say what the assay is a percentage of: the certificate states its basis.", "basis")
    try:
        basis = Basis(given.basis)
    except ValueError:
        raise PharmacyError("Choose one of the bases.", "basis") from None
    try:
        return Certificate(given.assay, basis, given.water, given.solvents)
    except CalculationRefused as refused:
        raise Mismatch(str(refused), refused.field) from refused


def certificate(lot: Lot) -> Certificate:
    """The certificate of a drug lot as the domain reckons with it; NotReady when its numbers are not there."""
    if lot.assay is None:
        raise NotReady(f"Lot {lot.number} has no certificate numbers; enter its assay, basis and water first.")
    return checked(CertificateGiven(lot.assay, lot.assay_basis, lot.water, lot.solvents))


def potency_steps(lot: Lot) -> tuple[WorksheetStep, ...]:
    """The working of the lot's potency, for the page; nothing for a lot without an assay."""
    return followed((potency_step(certificate(lot)),)) if lot.assay is not None else ()


def outside_monograph(lot: Lot) -> bool:
    """Whether an anhydrous-basis assay lies outside the monograph's 98.0 to 102.0 %."""
    return (
        lot.assay is not None and lot.assay_basis == Basis.ANHYDROUS.value and not ASSAY_LOW <= lot.assay <= ASSAY_HIGH
    )


def lot_facts(lot: Lot, diluent: str | None = None) -> LotFacts:
    """What a calculation must know of the lot (its item loaded); ``diluent`` is the component code of a trituration's."""
    fraction = Fraction(lot.drug_fraction) if lot.drug_fraction else None
    return LotFacts(
        number=lot.number,
        component=lot.item.code,
        name=lot.item.name,
        use_before=lot.use_before,
        certificate=certificate(lot) if lot.assay is not None else None,
        fraction=fraction,
        diluent=diluent if fraction is not None else None,
        made_here=lot.origin == "made",
        fraction_error=lot.drug_fraction_error,
        shell=shell_facts(lot),
        label_strength=Mass.of(lot.label_strength, "mg") if lot.label_strength is not None else None,
    )


def shell_facts(lot: Lot) -> ShellFacts | None:
    """The shells of the lot: as measured; else by the chart of the size that its code names; else nothing is known."""
    if lot.item.kind != SHELL_KIND:
        return None
    size = size_in(lot.item.code)
    if lot.shell_capacity is not None and lot.shells_mass is not None and lot.shells_weighed is not None:
        together = Mass.of(lot.shells_mass, "mg")
        return by_measuring(size, Volume.of(lot.shell_capacity, "mL"), together, lot.shells_weighed)
    return by_chart(size) if size else None
