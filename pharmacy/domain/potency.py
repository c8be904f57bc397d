"""How much naltrexone HCl (anhydrous) is in one milligram of a lot's powder, from that lot's own certificate."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from pharmacy.domain.errors import BasisConflict, Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import decimal_text, exact
from pharmacy.domain.worksheet import WorksheetStep

SOURCE = "USP monograph Naltrexone Hydrochloride: assay stated on the anhydrous, solvent-free basis; lot certificate"

# Molecular weights of USP monograph Naltrexone Hydrochloride (377.86); the hydrates add 18.015 for each water.
ANHYDROUS = Decimal("377.86")
WATER = Decimal("18.015")

# Drug, water and solvents of one powder make 100 %; an assay reads a little high at times (monographs: up to 102 %).
MOST_OF_A_WHOLE = Decimal(102)


class Basis(StrEnum):
    """What the certificate's assay is a percentage of."""

    AS_IS = "as is"
    DRIED = "dried"
    ANHYDROUS = "anhydrous"


class Hydrate(StrEnum):
    """A hydrate named on a certificate that gives no measured water."""

    MONOHYDRATE = "monohydrate"
    DIHYDRATE = "dihydrate"

    @property
    def waters(self) -> int:
        return 1 if self is Hydrate.MONOHYDRATE else 2


@dataclass(frozen=True, slots=True)
class Certificate(Plain):
    """Assay, water (or loss on drying) and residual solvents of one lot, each in per cent; never of a product.

    `hydrate` is only for a lot without measured water: a hydrate factor and a measured water would take the same water
    off twice and the dose would be 9.5 % too high.
    """

    assay: Decimal
    basis: Basis
    water: Decimal | None = None
    solvents: Decimal | None = None
    hydrate: Hydrate | None = None

    def __post_init__(self) -> None:
        _refuse_nonsense(self)
        _refuse_conflicts(self)


def _refuse_nonsense(certificate: Certificate) -> None:
    if not 0 < exact(certificate.assay) <= 110:
        raise Impossible("The assay must be above 0 and at most 110 %; look at the certificate again.")
    for name, value in (("water", certificate.water), ("solvents", certificate.solvents)):
        if value is not None and not 0 <= exact(value) < 100:
            raise Impossible(f"The {name} must be from 0 to below 100 %; look at the certificate again.")
    if exact(certificate.water or 0) + exact(certificate.solvents or 0) >= 100:
        raise Impossible("Water and solvents together must be below 100 %; look at the certificate again.")


def _refuse_conflicts(certificate: Certificate) -> None:
    if certificate.hydrate and certificate.water is not None:
        raise BasisConflict(
            "The measured water already holds the water of the hydrate: give the measured water or the hydrate, not both."
        )
    if certificate.hydrate and certificate.basis is not Basis.ANHYDROUS:
        raise BasisConflict("A hydrate is taken off only from an assay on the anhydrous basis.")
    if certificate.basis is Basis.ANHYDROUS and certificate.water is None and not certificate.hydrate:
        raise BasisConflict(
            "An assay on the anhydrous basis needs the water of this lot; take it from the certificate."
        )
    whole = exact(certificate.assay) + exact(certificate.water or 0) + exact(certificate.solvents or 0)
    if certificate.basis is Basis.AS_IS and (certificate.water or certificate.solvents) and whole > MOST_OF_A_WHOLE:
        raise BasisConflict(
            f"{decimal_text(certificate.assay)} % of the powder as it is leaves no room for its water and solvents: such an "
            "assay is stated on the anhydrous or the dried basis; look at the certificate again."
        )
    if certificate.basis is Basis.DRIED and certificate.water is None:
        raise BasisConflict("An assay on the dried basis needs the loss on drying of this lot, as its water.")
    if certificate.basis is Basis.DRIED and certificate.solvents:
        raise BasisConflict("Loss on drying already holds the solvents: leave the solvents empty on the dried basis.")


def potency(certificate: Certificate) -> Fraction:
    """Milligrams of naltrexone HCl (anhydrous) in one milligram of powder as it is in the jar.

    Anhydrous basis: assay x (1 - water - solvents); dried: assay x (1 - loss on drying); as is: the assay alone.
    """
    assay = exact(certificate.assay) / 100
    if certificate.basis is Basis.AS_IS:
        return assay
    solvents = exact(certificate.solvents or 0) / 100
    if certificate.hydrate:
        anhydrous = exact(ANHYDROUS)
        share = anhydrous / (anhydrous + certificate.hydrate.waters * exact(WATER))
        return assay * share * (1 - solvents)
    return assay * (1 - exact(certificate.water or 0) / 100 - solvents)


def potency_step(certificate: Certificate) -> WorksheetStep:
    """The potency as a line of a worksheet."""
    value = potency(certificate)
    assay = f"{decimal_text(certificate.assay)} %"
    water = f"{decimal_text(certificate.water or 0)} %"
    solvents = f"{decimal_text(certificate.solvents or 0)} %"
    if certificate.basis is Basis.AS_IS:
        words, numbers = "assay as is; no water is taken off", assay
    elif certificate.basis is Basis.DRIED:
        words, numbers = "assay (dried) × (100 % − loss on drying)", f"{assay} × (100 % − {water})"
    elif certificate.hydrate:
        weight = ANHYDROUS + certificate.hydrate.waters * WATER
        words = f"assay (anhydrous) × anhydrous ÷ {certificate.hydrate.value} by molecular weight × (100 % − solvents)"
        numbers = f"{assay} × {ANHYDROUS} ÷ {weight} × (100 % − {solvents})"
    else:
        words = "assay (anhydrous, solvent-free) × (100 % − water − solvents)"
        numbers = f"{assay} × (100 % − {water} − {solvents})"
    note = "naltrexone HCl (anhydrous) in the powder as it is"
    return WorksheetStep("Potency of the lot", words, numbers, decimal_text(value * 100, 4), "%", SOURCE, note)
