"""How much drug is in one milligram of a lot's powder, from that lot's own certificate; and salt, base and hydrate."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.amounts import in_full
from pharmacy.domain.certificate import NALTREXONE_HCL, WATER, Basis, Certificate, assay_note
from pharmacy.domain.quantity import NBSP, Mass, decimal_text, exact
from pharmacy.domain.worksheet import OWN, WorksheetStep

SOURCE = "USP monograph Naltrexone Hydrochloride: assay stated on the anhydrous, solvent-free basis; lot certificate"
BY_CERTIFICATE = "own arithmetic; lot certificate"


def potency(certificate: Certificate) -> Fraction:
    """Milligrams of the substance (naltrexone HCl, anhydrous) in one milligram of powder as it is in the jar.

    Anhydrous basis: assay x (1 - water - solvents); dried: assay x (1 - loss on drying); as is: the assay alone.
    """
    assay = exact(certificate.assay) / 100
    if certificate.basis is Basis.AS_IS:
        return assay
    solvents = exact(certificate.solvents or 0) / 100
    if certificate.hydrate:
        return assay * certificate.drug.share_in(certificate.hydrate) * (1 - solvents)
    return assay * (1 - exact(certificate.water or 0) / 100 - solvents)


def potency_step(certificate: Certificate) -> WorksheetStep:
    """The potency as a line of a worksheet."""
    value, substance = potency(certificate), certificate.drug
    assay = f"{in_full(exact(certificate.assay))} %"
    water = f"{in_full(exact(certificate.water or 0))} %"
    solvents = f"{in_full(exact(certificate.solvents or 0))} %"
    if certificate.basis is Basis.AS_IS:
        words, numbers = "assay as is; no water is taken off", assay
    elif certificate.basis is Basis.DRIED:
        words, numbers = "assay (dried) × (100 % − loss on drying)", f"{assay} × (100 % − {water})"
    elif certificate.hydrate:
        weight = exact(substance.weight) + certificate.hydrate.waters * exact(WATER)
        words = f"assay (anhydrous) × anhydrous ÷ {certificate.hydrate.value} by molecular weight × (100 % − solvents)"
        numbers = f"{assay} × {in_full(exact(substance.weight))} ÷ {in_full(weight)} × (100 % − {solvents})"
    else:
        words = "assay (anhydrous, solvent-free) × (100 % − water − solvents)"
        numbers = f"{assay} × (100 % − {water} − {solvents})"
    by_monograph = substance.name == NALTREXONE_HCL.name and certificate.basis is Basis.ANHYDROUS
    source = SOURCE if by_monograph else BY_CERTIFICATE
    note = "; ".join(
        one for one in (f"{substance.name} (anhydrous) in the powder as it is", assay_note(certificate)) if one
    )
    return WorksheetStep("Potency of the lot", words, numbers, decimal_text(value * 100, 4), "%", source, note)


def equivalent(mass: Mass, weight: Fraction, other_weight: Fraction) -> Mass:
    """The mass of one form (salt, base, hydrate) that holds as much drug as `mass` of another, by molecular weights."""
    return mass.times(other_weight).over(weight)


def equivalent_step(mass: Mass, name: str, weight: Fraction, other: str, other_weight: Fraction) -> WorksheetStep:
    """That mass as a line of a worksheet."""
    return WorksheetStep(
        f"{other} that is needed",
        f"mass of {name} × molecular weight of {other} ÷ molecular weight of {name}",
        f"{in_full(mass.value)}{NBSP}mg × {in_full(other_weight)} ÷ {in_full(weight)}",
        decimal_text(equivalent(mass, weight, other_weight).value, 4),
        "mg",
        OWN,
    )
