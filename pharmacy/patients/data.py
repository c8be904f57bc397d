"""What is given about a patient, a medicine taken and a prescriber: checked values on their way to a row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from stdnum import luhn

from pharmacy.errors import PharmacyError
from pharmacy.patients.names import digits, has_letters
from pharmacy.rules import book
from pharmacy.rules.choices import SENSITIVITY_KINDS
from pharmacy.rules.facts import Answer, Use

SEXES = ("female", "male", "other", "unknown")
OLDEST_BIRTH = date(1900, 1, 1)
LONGEST_NAME, LONGEST_TEXT = 200, 500
OTHER = "other"  # the code of a condition that the rule book does not know
STATES = (
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
    "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH",
    "OK", "OR", "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "VI", "WA", "WV", "WI", "WY", "GU",
    "AS", "MP",
)  # fmt: skip


def _check_name(value: str, field: str, words: str) -> None:
    if not value.strip():
        raise PharmacyError(f"The {words} is asked for.", field)
    if len(value) > LONGEST_NAME:
        raise PharmacyError(f"At most {LONGEST_NAME} characters.", field)
    if not has_letters(value):
        raise PharmacyError(f"There is no letter in this {words}.", field)


def _check_text(value: str, field: str, words: str) -> None:
    if not value.strip():
        raise PharmacyError(f"The {words} is asked for.", field)
    if len(value) > LONGEST_TEXT:
        raise PharmacyError(f"At most {LONGEST_TEXT} characters.", field)


def _check_phone(value: str) -> None:
    if not 7 <= len(digits(value)) <= 15:
        raise PharmacyError("A telephone number has 7 to 15 digits.", "phone")


@dataclass(frozen=True, slots=True)
class SensitivityEntry:
    """What a patient does not bear. ``substance`` is a code of the rule book or empty; ``words`` is what was typed."""

    kind: str
    words: str
    substance: str = ""
    reaction: str = ""

    @classmethod
    def typed(cls, words: str, kind: str = "", reaction: str = "") -> SensitivityEntry:
        """The entry that typed words make: those that the rule book knows take its code and kind."""
        known = book.load().choices.sensitivity(words, words)
        if known is not None:
            return cls(known.kind, words.strip(), known.code, reaction.strip())
        return cls(kind or "drug", words.strip(), words.strip(), reaction.strip())

    def check(self) -> None:
        if self.kind not in SENSITIVITY_KINDS:
            raise PharmacyError("A sensitivity is to a drug, an excipient or a shell.", "sensitivities")
        if not self.words.strip() or max(len(self.words), len(self.reaction)) > LONGEST_NAME:
            raise PharmacyError("Name what the patient does not bear, in at most 200 characters.", "sensitivities")


@dataclass(frozen=True, slots=True)
class ConditionEntry:
    """An illness: a code of the rule book, or ``other`` with its words."""

    code: str
    words: str

    @classmethod
    def typed(cls, words: str) -> ConditionEntry:
        """The entry that typed words make: those that the rule book knows take its code."""
        known = book.load().choices.condition(words, words)
        return cls(known.code, known.words) if known is not None else cls(OTHER, words.strip())

    @classmethod
    def coded(cls, code: str) -> ConditionEntry:
        """The entry of a code; raises a :class:`PharmacyError` for one that the rule book does not know."""
        known = next((one for one in book.load().choices.conditions if one.code == code), None)
        if known is None:
            raise PharmacyError("There is no such condition on the list.", "conditions")
        return cls(known.code, known.words)

    def check(self) -> None:
        if not self.words.strip() or len(self.words) > LONGEST_NAME:
            raise PharmacyError("Name the condition, in at most 200 characters.", "other_conditions")


@dataclass(frozen=True, slots=True)
class PatientData:
    """Everything about a patient but the medicines taken."""

    family_name: str
    given_name: str
    born: date
    sex: str
    street: str
    town: str
    phone: str
    language: str = "English"
    pregnancy: str = Answer.UNKNOWN.value
    lactation: str = Answer.UNKNOWN.value
    sensitivities: tuple[SensitivityEntry, ...] = ()
    conditions: tuple[ConditionEntry, ...] = ()

    def check(self, today: date) -> None:
        """Raise a :class:`PharmacyError` at the first field that cannot be."""
        _check_name(self.family_name, "family_name", "family name")
        _check_name(self.given_name, "given_name", "given name")
        if self.born > today:
            raise PharmacyError("The date of birth lies in the future.", "born")
        if self.born < OLDEST_BIRTH:
            raise PharmacyError("The date of birth lies before 1900.", "born")
        if self.sex not in SEXES:
            raise PharmacyError("Choose one of the list.", "sex")
        for field, words in (("street", "street"), ("town", "town"), ("language", "language")):
            _check_text(getattr(self, field), field, words)
        _check_phone(self.phone)
        for field in ("pregnancy", "lactation"):
            if getattr(self, field) not in set(Answer):
                raise PharmacyError("Choose one of the list.", field)
        if self.sex == "male" and self.pregnancy in {Answer.YES, Answer.POSSIBLE}:
            raise PharmacyError("Sex and pregnancy do not agree. Correct one of them.", "pregnancy")
        for sensitivity in self.sensitivities:
            sensitivity.check()
        for condition in self.conditions:
            condition.check()


@dataclass(frozen=True, slots=True)
class MedicineEntry:
    """One medicine as the patient said it. ``id`` names the row that the entry was, ``last_dose`` is None if unknown."""

    typed: str
    use: str = Use.CURRENT.value
    last_dose: date | None = None
    source: str = "patient"
    id: int | None = None

    def check(self, born: date, today: date) -> None:
        """Raise a :class:`PharmacyError` that names the medicine."""
        if not has_letters(self.typed) or len(self.typed) > LONGEST_NAME:
            raise PharmacyError("A medicine has a name, of at most 200 characters.", "medicines")
        if self.use not in set(Use):
            raise PharmacyError(f"{self.typed}: say whether it is current, as needed or stopped.", "medicines")
        if self.last_dose is not None and self.last_dose > today:
            raise PharmacyError(f"{self.typed}: the last dose lies in the future.", "medicines")
        if self.last_dose is not None and self.last_dose < born:
            raise PharmacyError(f"{self.typed}: the last dose lies before the patient’s birth.", "medicines")
        if not self.source.strip() or len(self.source) > LONGEST_NAME:
            raise PharmacyError(f"{self.typed}: say where this is known from.", "medicines")


def check_npi(npi: str) -> None:
    """Refuse a National Provider Identifier whose check digit does not fit.

    Luhn over the prefix 80840 and the ten digits; the first digit is 1 or 2 (CMS, "Requirements for National Provider
    Identifier (NPI) and NPI Check Digit").
    """
    if not re.fullmatch(r"[0-9]{10}", npi, re.ASCII):
        raise PharmacyError("An NPI has ten digits.", "npi")
    if npi[0] not in "12":
        raise PharmacyError("An NPI begins with 1 or 2.", "npi")
    if not luhn.is_valid(f"80840{npi}"):
        raise PharmacyError("The check digit of this NPI does not fit: one of its digits is wrong.", "npi")


@dataclass(frozen=True, slots=True)
class PrescriberData:
    """Someone licensed to prescribe."""

    family_name: str
    given_name: str
    credentials: str
    npi: str
    licence: str
    licence_state: str
    phone: str
    street: str = ""
    town: str = ""
    active: bool = True

    def check(self) -> None:
        """Raise a :class:`PharmacyError` at the first field that cannot be."""
        _check_name(self.family_name, "family_name", "family name")
        _check_name(self.given_name, "given_name", "given name")
        check_npi(self.npi)
        _check_text(self.licence, "licence", "licence number")
        if self.licence_state not in STATES:
            raise PharmacyError("Choose the state of the licence.", "licence_state")
        _check_phone(self.phone)
        for field in ("credentials", "street", "town"):
            if len(getattr(self, field)) > LONGEST_TEXT:
                raise PharmacyError(f"At most {LONGEST_TEXT} characters.", field)
