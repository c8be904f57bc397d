"""What a lot's own certificate says of its powder, and the molecular weights of the substance that it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from pharmacy.domain.errors import BasisConflict, Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import decimal_text, exact

WATER = Decimal("18.015")  # g/mol, added for each water of a hydrate


@dataclass(frozen=True, slots=True)
class Substance(Plain):
    """A drug by the form in which its strengths are stated, with the molecular weight of that form (g/mol)."""

    name: str
    weight: Decimal

    def __post_init__(self) -> None:
        if exact(self.weight) <= 0:
            raise Impossible(f"The molecular weight of {self.name} must be above 0.", "weight")

    def share_in(self, hydrate: Hydrate) -> Fraction:
        """The anhydrous substance in one part of its hydrate, by molecular weight."""
        return exact(self.weight) / (exact(self.weight) + hydrate.waters * exact(WATER))


# USP monograph Naltrexone Hydrochloride: 377.86, anhydrous. Its tablets are labelled as the hydrochloride, and so are
# the strengths here: they are never converted to the base (341.40), which would raise each dose by 10.7 %.
NALTREXONE_HCL = Substance("naltrexone HCl", Decimal("377.86"))

# Drug, water and solvents of one powder make 100 %; an assay reads a little high at times (monographs: up to 102 %).
MOST_OF_A_WHOLE = Decimal(102)


# The same monograph: 98.0 to 102.0 % on the anhydrous, solvent-free basis. A certificate outside it is not of USP grade.
LEAST_ASSAY, MOST_ASSAY = Decimal(98), Decimal(102)


class Basis(StrEnum):
    """What the certificate's assay is a percentage of."""

    AS_IS = "as is"
    DRIED = "dried"
    ANHYDROUS = "anhydrous"


class Hydrate(StrEnum):
    """A hydrate named on a certificate that gives no measured water. Of naltrexone HCl there are the mono- and dihydrate."""

    HEMIHYDRATE = "hemihydrate"
    MONOHYDRATE = "monohydrate"
    SESQUIHYDRATE = "sesquihydrate"
    DIHYDRATE = "dihydrate"
    TRIHYDRATE = "trihydrate"
    TETRAHYDRATE = "tetrahydrate"
    PENTAHYDRATE = "pentahydrate"
    HEXAHYDRATE = "hexahydrate"
    HEPTAHYDRATE = "heptahydrate"

    @property
    def waters(self) -> Fraction:
        """Molecules of water for each of the substance."""
        return Fraction(_HALF_WATERS[self], 2)


_HALF_WATERS = dict(zip(Hydrate, (1, 2, 3, 4, 6, 8, 10, 12, 14), strict=True))


@dataclass(frozen=True, slots=True)
class Certificate(Plain):
    """Assay, water (or loss on drying) and residual solvents of one lot, each in per cent; never of a product.

    `hydrate` is only for a lot without measured water: a hydrate factor and a measured water would take the same water
    off twice and the dose would be 9.5 % too high. `substance` is the drug, naltrexone HCl where none is named.
    """

    assay: Decimal
    basis: Basis
    water: Decimal | None = None
    solvents: Decimal | None = None
    hydrate: Hydrate | None = None
    substance: Substance | None = None

    @property
    def drug(self) -> Substance:
        """The substance that the assay counts."""
        return self.substance or NALTREXONE_HCL

    def __post_init__(self) -> None:
        _refuse_nonsense(self)
        _refuse_conflicts(self)


def assay_note(certificate: Certificate) -> str:
    """What an assay of naltrexone HCl outside its monograph says of the lot; empty inside it, and as is, where nobody knows."""
    if certificate.drug != NALTREXONE_HCL or certificate.basis is Basis.AS_IS:
        return ""
    if exact(LEAST_ASSAY) <= exact(certificate.assay) <= exact(MOST_ASSAY):
        return ""
    return (
        f"OUTSIDE the {LEAST_ASSAY}.0 to {MOST_ASSAY}.0 % of the USP monograph: the lot is not of USP grade, or the "
        "certificate was misread"
    )


def _refuse_nonsense(certificate: Certificate) -> None:
    if not 0 < exact(certificate.assay) <= 110:
        raise Impossible("The assay must be above 0 and at most 110 %; look at the certificate again.", "assay")
    for name, value in (("water", certificate.water), ("solvents", certificate.solvents)):
        if value is not None and not 0 <= exact(value) < 100:
            raise Impossible(f"The {name} must be from 0 to below 100 %; look at the certificate again.", name)
    if exact(certificate.water or 0) + exact(certificate.solvents or 0) >= 100:
        raise Impossible("Water and solvents together must be below 100 %; look at the certificate again.", "water")


def _refuse_conflicts(certificate: Certificate) -> None:
    if certificate.hydrate and certificate.water is not None:
        raise BasisConflict(
            "The measured water already holds the water of the hydrate: give the measured water or the hydrate, not both.",
            "hydrate",
        )
    if certificate.hydrate and certificate.basis is not Basis.ANHYDROUS:
        raise BasisConflict("A hydrate is taken off only from an assay on the anhydrous basis.", "hydrate")
    if certificate.basis is Basis.ANHYDROUS and certificate.water is None and not certificate.hydrate:
        raise BasisConflict(
            "An assay on the anhydrous basis needs the water of this lot; take it from the certificate.", "water"
        )
    whole = exact(certificate.assay) + exact(certificate.water or 0) + exact(certificate.solvents or 0)
    if certificate.basis is Basis.AS_IS and (certificate.water or certificate.solvents) and whole > MOST_OF_A_WHOLE:
        raise BasisConflict(
            f"{decimal_text(certificate.assay)} % of the powder as it is leaves no room for its water and solvents: such an "
            "assay is stated on the anhydrous or the dried basis; look at the certificate again.",
            "assay",
        )
    if certificate.basis is Basis.DRIED and certificate.water is None:
        raise BasisConflict("An assay on the dried basis needs the loss on drying of this lot, as its water.", "water")
    if certificate.basis is Basis.DRIED and certificate.solvents:
        raise BasisConflict(
            "Loss on drying already holds the solvents: leave the solvents empty on the dried basis.", "solvents"
        )
