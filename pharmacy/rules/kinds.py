"""The few comparisons: one frozen dataclass a kind, each with how it is read and when it fires.

The kinds that look at medicines stand in ``medicine_kinds``. A kind never raises on odd facts: what is missing or cannot
be right makes the rule on the unknown fire, never silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from pharmacy.domain.dates import day_text
from pharmacy.domain.keeping import TABLE_4, BeyondUseClass
from pharmacy.domain.quantity import Mass
from pharmacy.domain.strength import Form
from pharmacy.rules.choices import Choice, holds
from pharmacy.rules.facts import Answer, SensitivityFact
from pharmacy.rules.findings import Citation
from pharmacy.rules.heading import Case, Heading, Hit, read_heading, read_source
from pharmacy.rules.reading import Table


class Measure(StrEnum):
    """Which mass is compared: the total of a day, or what one capsule holds."""

    DAILY_TOTAL = "daily total"
    STRENGTH = "strength"


@dataclass(frozen=True, slots=True)
class DailyDose:
    """Fires when the daily total of any step of the directions lies within the bounds.

    Of strength: fires when one capsule lies within them although no daily total does. Unknown: fires when there is no
    daily total.
    """

    heading: Heading
    measure: Measure
    at_least: Mass | None
    above: Mass | None
    below: Mass | None
    up_to: Mass | None
    unknown: bool
    KIND: ClassVar[str] = "daily-dose"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        measure, unknown = table.choice("measure", Measure), table.flag("unknown")
        at_least, above, below, up_to = (table.mass(name) for name in ("at_least", "above", "below", "up_to"))
        if unknown is any(bound is not None for bound in (at_least, above, below, up_to)):
            raise table.wrong("unknown", "a bound is expected, or unknown = true, not both")
        words = frozenset() if unknown else frozenset({"dose", "bound"})
        return cls(read_heading(table, rule_id, words), measure, at_least, above, below, up_to, unknown)

    def hits(self, case: Case) -> Iterator[Hit]:
        doses = case.facts.daily_doses
        strength = case.facts.strength
        if self.unknown:
            if not doses or not all(dose.value > 0 for dose in doses):
                yield Hit("dose")
        elif self.measure is Measure.DAILY_TOTAL:
            if within := [dose for dose in doses if self._holds(dose)]:
                yield self._hit(min(within) if self.at_least is None and self.above is None else max(within))
        elif strength is not None and strength.form is Form.CAPSULE and not any(map(self._holds, doses)):
            mass = strength.dose(1)
            if self._holds(mass):
                yield self._hit(mass)

    def _holds(self, mass: Mass) -> bool:
        return not (
            (self.at_least is not None and mass < self.at_least)
            or (self.above is not None and mass <= self.above)
            or (self.below is not None and mass >= self.below)
            or (self.up_to is not None and mass > self.up_to)
            or mass.value <= 0
        )

    def _hit(self, mass: Mass) -> Hit:
        bound = self.at_least or self.above or self.below or self.up_to
        assert bound is not None
        return Hit("dose", "", {"dose": mass.text("mg"), "bound": bound.text("mg")})


@dataclass(frozen=True, slots=True)
class Condition:
    """Fires for each recorded illness that it names. With ``hold``: an operation, and the days without naltrexone."""

    heading: Heading
    conditions: frozenset[str]
    hold: int | None
    message_dated: str
    message_past: str
    KIND: ClassVar[str] = "condition"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        conditions = frozenset(table.texts("conditions"))
        if not table.has("hold"):
            return cls(read_heading(table, rule_id, frozenset({"condition"})), conditions, None, "", "")
        hold = table.days("hold")
        plain = frozenset({"condition", "days"})
        dated = table.template("message_dated", plain | {"surgery", "last_dose"})
        past = table.template("message_past", plain | {"surgery"})
        return cls(read_heading(table, rule_id, plain), conditions, hold, dated, past)

    def hits(self, case: Case) -> Iterator[Hit]:
        seen = (case.choices.condition(one.code, one.words) for one in case.facts.conditions)
        named = {choice.code: choice for choice in seen if choice and choice.code in self.conditions}
        for choice in named.values():
            words = {"condition": choice.words}
            yield self._timed(choice, case) if self.hold else Hit("condition", choice.code, words)

    def _timed(self, choice: Choice, case: Case) -> Hit:
        surgery, hold = case.facts.surgery_on, self.hold or 0
        words = {"condition": choice.words, "days": str(hold)}
        if surgery is None:
            return Hit("condition", choice.code, words)
        words["surgery"] = day_text(surgery)
        if surgery < case.facts.on_date:
            return Hit("condition", choice.code, words, self.message_past)
        last = surgery - timedelta(days=min(hold, surgery.toordinal() - 1))
        return Hit("condition", choice.code, {**words, "last_dose": day_text(last)}, self.message_dated)


def years_old(born: date, on_date: date) -> int:
    """Full years of age; who was born on 29 February is a year older on 1 March of a common year."""
    return on_date.year - born.year - ((on_date.month, on_date.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Age:
    """Fires from a birthday on, before one, or when the date of birth is missing or lies ahead."""

    heading: Heading
    from_years: int | None
    below_years: int | None
    unknown: bool
    KIND: ClassVar[str] = "age"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        at_least, below = table.optional_whole("from_years"), table.optional_whole("below_years")
        unknown = table.flag("unknown")
        if unknown is (at_least is not None or below is not None):
            raise table.wrong("unknown", "from_years or below_years is expected, or unknown = true, not both")
        words = frozenset() if unknown else frozenset({"age", "years"})
        return cls(read_heading(table, rule_id, words), at_least, below, unknown)

    def hits(self, case: Case) -> Iterator[Hit]:
        born = case.facts.born
        if born is None or born > case.facts.on_date:
            if self.unknown:
                yield Hit("age")
            return
        age = years_old(born, case.facts.on_date)
        old_enough = self.from_years is None or age >= self.from_years
        young_enough = self.below_years is None or age < self.below_years
        if not self.unknown and old_enough and young_enough:
            limit = self.below_years if self.below_years is not None else self.from_years
            yield Hit("age", "", {"age": str(age), "years": str(limit)})


class About(StrEnum):
    """What the patient was asked."""

    PREGNANCY = "pregnancy"
    LACTATION = "lactation"


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Fires on the answer about pregnancy or lactation."""

    heading: Heading
    about: About
    answers: frozenset[Answer]
    KIND: ClassVar[str] = "reproduction"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        about, answers = table.choice("about", About), frozenset(table.choices("answers", Answer))
        if Answer.NO in answers or Answer.DOES_NOT_APPLY in answers:
            raise table.wrong("answers", "no and does not apply never make a finding")
        return cls(read_heading(table, rule_id, frozenset({"answer"})), about, answers)

    def hits(self, case: Case) -> Iterator[Hit]:
        answer = case.facts.pregnancy if self.about is About.PREGNANCY else case.facts.lactation
        if answer in self.answers:
            yield Hit(self.about.value, "", {"answer": answer.value})


class Against(StrEnum):
    """What a sensitivity is compared with."""

    DRUG = "drug"
    COMPONENTS = "components"
    OPIOIDS = "opioids"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Fires when what the patient does not bear is the drug, a component of the planned formula, or an opioid."""

    heading: Heading
    against: Against
    substances: frozenset[str]
    message_unplanned: str
    KIND: ClassVar[str] = "sensitivity"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        against, substances = table.choice("against", Against), frozenset(table.texts("substances"))
        if bool(substances) is not (against is Against.DRUG):
            raise table.wrong("substances", 'it names substances against "drug", and none otherwise')
        words, unplanned = frozenset({"substance"}), ""
        if against is Against.COMPONENTS:
            unplanned = table.template("message_unplanned", words)
            words |= {"component"}
        return cls(read_heading(table, rule_id, words), against, substances, unplanned)

    def hits(self, case: Case) -> Iterator[Hit]:
        for sensitivity in case.facts.sensitivities:
            choice = case.choices.sensitivity(sensitivity.substance, sensitivity.words)
            text = choice.words if choice else sensitivity.words or sensitivity.substance
            subject = choice.code if choice else sensitivity.substance
            for words, message in self._found(sensitivity, choice, case):
                yield Hit("sensitivity", subject, {"substance": text, **words}, message)

    def _found(
        self, sensitivity: SensitivityFact, choice: Choice | None, case: Case
    ) -> Iterator[tuple[dict[str, str], str]]:
        typed = sensitivity.words or sensitivity.substance
        recognition = case.vocabulary.recognise(typed)
        if self.against is Against.DRUG:
            meant = {choice.code} if choice else set(recognition.ingredients)
            if meant & self.substances:
                yield {}, ""
        elif self.against is Against.OPIOIDS:
            if "opioid" in recognition.classes:
                yield {}, ""
        elif choice is not None and choice.kind == "drug":
            return
        elif not case.facts.components:
            if choice is not None:
                yield {"component": "no formula is chosen yet to compare with"}, self.message_unplanned
        else:
            held = [one for one in case.facts.components if _contains(f"{one.name} {one.code}", typed, choice)]
            if held:
                names = ", ".join(dict.fromkeys(one.name for one in held))
                yield {"component": f"the formula holds {names}"}, ""


def _contains(component: str, typed: str, choice: Choice | None) -> bool:
    return choice.is_in(component) if choice else holds(component, typed)


@dataclass(frozen=True, slots=True)
class Always:
    """Fires for every patient: what each label of the dosage form carries."""

    heading: Heading
    forms: frozenset[Form]
    statement: str
    KIND: ClassVar[str] = "always"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        forms, statement = frozenset(table.choices("forms", Form)), ""
        if table.has("statement"):
            statement = table.text("statement")
        return cls(read_heading(table, rule_id, frozenset()), forms, statement)

    def hits(self, case: Case) -> Iterator[Hit]:
        strength = case.facts.strength
        if strength is None or strength.form in self.forms:
            yield Hit("label")


@dataclass(frozen=True, slots=True)
class DuplicatePrescription:
    """Fires for each other low-dose naltrexone prescription that is still open here."""

    heading: Heading
    KIND: ClassVar[str] = "duplicate-prescription"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        return cls(read_heading(table, rule_id, frozenset({"prescription", "strength"})))

    def hits(self, case: Case) -> Iterator[Hit]:
        for other in case.facts.other_prescriptions:
            words = {"prescription": other.number, "strength": other.strength}
            yield Hit("prescription", other.number, words)


@dataclass(frozen=True, slots=True)
class BeyondUseLimit:
    """How many days a class of preparation may be used, kept as ``storage`` says. It makes no finding.

    A board or the pharmacy may be stricter than Table 4, never wider; no stability study lengthens past what is stricter.
    """

    id: str
    preparation: BeyondUseClass
    days: int
    title: str
    storage: str
    effective: date
    checked_on: date | None
    citation: Citation
    KIND: ClassVar[str] = "beyond-use-limit"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        preparation, days = table.choice("preparation", BeyondUseClass), table.days("limit")
        most = TABLE_4[preparation]
        if days > most:
            raise table.wrong("limit", f"USP <795> (2023), Table 4 allows {most} days at most")
        return cls(
            id=rule_id,
            preparation=preparation,
            days=days,
            title=table.text("title"),
            storage=table.text("storage"),
            effective=table.day("effective"),
            checked_on=table.day("checked_on") if table.has("checked_on") else None,
            citation=read_source(table),
        )


@dataclass(frozen=True, slots=True)
class NoStatedExpiry:
    """How many years a component may be used whose supplier states no expiry, from its receipt. It makes no finding."""

    id: str
    years: int
    title: str
    effective: date
    checked_on: date | None
    citation: Citation
    KIND: ClassVar[str] = "no-stated-expiry"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        return cls(
            id=rule_id,
            years=table.years("limit"),
            title=table.text("title"),
            effective=table.day("effective"),
            checked_on=table.day("checked_on") if table.has("checked_on") else None,
            citation=read_source(table),
        )

    def last_day(self, received_on: date) -> date:
        """The last day of use; of 29 February the day before, never a day too long."""
        try:
            return received_on.replace(year=received_on.year + self.years)
        except ValueError:
            return received_on.replace(year=received_on.year + self.years, day=28)
