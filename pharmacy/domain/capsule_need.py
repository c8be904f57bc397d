"""What one batch of capsules needs: one capsule's share and the batch's, all exact, before anything is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pharmacy.domain.balance import BalanceFacts
from pharmacy.domain.formula import CapsuleFormula, Component
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.measuring import weighed_line
from pharmacy.domain.packing import displaced, filler_each
from pharmacy.domain.plan import LotFacts, LotPart, Packing
from pharmacy.domain.quantity import Mass
from pharmacy.domain.routes import Aliquot, FromTrituration, Route
from pharmacy.domain.suitability import potency_of
from pharmacy.domain.tolerances import Tolerances
from pharmacy.domain.weighing import LotWeighed


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked for: the formula, capsules with the excess (not rounded up), the shell, the balance, the limits."""

    formula: CapsuleFormula
    batch: Fraction
    packing: Packing
    balance: BalanceFacts
    tolerances: Tolerances

    def line(self, key: str, component: Component, lot: str, mass: Mass, words: str) -> PlannedWeighing:
        """One weighing on this balance."""
        return weighed_line(key, component, lot, mass, self.balance, words, self.tolerances.weighing)


@dataclass(frozen=True, slots=True)
class Source:
    """The lot that the drug comes from, its potency and the way; and parts of further lots, weighed directly.

    `too_little` is the powder that would be needed, when a trituration stands in because no balance weighs so little.
    """

    lot: LotFacts
    potency: Fraction
    route: Route
    parts: tuple[LotPart, ...] = ()
    too_little: Mass | None = None

    @property
    def is_stock(self) -> bool:
        """Whether the lot is a trituration: only its drug is known exactly, its diluent is filler and counted as such."""
        return self.lot.fraction is not None

    @property
    def given(self) -> Mass:
        """The drug that the further lots bring."""
        return Mass(sum((one.mass.times(potency_of(one.lot)).value for one in self.parts), Fraction(0)))

    def rest(self, wanted: Mass) -> Mass:
        """The drug that this lot itself brings of all that is wanted."""
        return wanted - self.given

    def weighed(self, wanted: Mass) -> tuple[LotWeighed, ...]:
        """What is weighed of each lot, exactly, and its potency; this lot first."""
        own = (self.rest(wanted).over(self.potency), self.potency)
        return (own, *((one.mass, potency_of(one.lot)) for one in self.parts))


@dataclass(frozen=True, slots=True)
class Need:
    """One capsule's share and the batch's: all exact."""

    drug: Mass  # anhydrous HCl in the batch
    powder: Mass  # the drug part as it is, in one capsule
    displaced: Fraction
    others: Mass  # the other powders, in one capsule
    filler: Mass  # in one capsule

    @property
    def net(self) -> Mass:
        return self.powder + self.others + self.filler


def need_of(job: Job, source: Source) -> Need:
    """What the batch needs of drug, powder and filler; refused where the powders alone fill the shell."""
    formula = job.formula
    drug = formula.strength.times(job.batch)
    if source.is_stock:
        powder = formula.strength
    else:
        parts = sum((one.mass.value for one in source.parts), Fraction(0))
        powder = Mass(parts + (source.rest(drug)).over(source.potency).value).over(job.batch)
    others = Mass(sum((one.each.value for one in formula.others), Fraction(0)))
    share = displaced(formula, job.packing, powder)
    return Need(drug, powder, share, others, filler_each(formula, job.packing, powder))


def diluent_carried(need: Need, source: Source) -> Mass:
    """The filler that already comes with the drug."""
    route = source.route
    if isinstance(route, Aliquot):
        return route.take - (need.drug if source.is_stock else need.drug.over(source.potency))
    if isinstance(route, FromTrituration):
        return need.drug.over(route.fraction) - need.drug
    return Mass(Fraction(0))
