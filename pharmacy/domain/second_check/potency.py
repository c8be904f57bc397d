"""The potency again, as milligrams of drug in 100 mg of powder, water and solvents taken off one after the other."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.certificate import WATER, Basis, Certificate
from pharmacy.domain.plan import LotFacts
from pharmacy.domain.quantity import Mass
from pharmacy.domain.second_check.spans import demand


def potency_again(certificate: Certificate) -> Fraction:
    """The drug in one part of the powder as it is."""
    hundred = Fraction(100)
    if certificate.basis is not Basis.AS_IS:
        hundred -= Fraction(certificate.water or 0)
        if certificate.hydrate:
            hundred -= Fraction(certificate.solvents or 0)
            waters = certificate.hydrate.waters * Fraction(WATER)
            hundred -= hundred * waters / (waters + Fraction(certificate.drug.weight))
        elif certificate.basis is Basis.ANHYDROUS:
            hundred -= Fraction(certificate.solvents or 0)
    return hundred * Fraction(certificate.assay) / 10_000


def fraction_again(lot: LotFacts) -> Fraction:
    """The drug in one part of the lot: by its certificate, or as the record of a trituration says."""
    if lot.certificate is None:
        return lot.fraction if lot.fraction is not None else Fraction(0)
    return potency_again(lot.certificate)


def equivalent_again(mass: Mass, weight: Fraction, other_weight: Fraction, answer: Mass) -> None:
    """Refuse unless both masses hold the same number of moles."""
    demand(mass.value / weight == answer.value / other_weight, "the number of moles")
