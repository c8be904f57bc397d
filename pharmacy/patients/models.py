"""Patients, what they take and do not bear, and those who prescribe for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pharmacy.db import Base, Subject


class Patient(Subject):
    """A person for whom medicine is made. ``searchable`` is name, phone digits and birth in one lower-case line."""

    __tablename__ = "patient"
    family_name: Mapped[str]
    given_name: Mapped[str]
    born: Mapped[date]
    sex: Mapped[str]  # female, male, other, unknown
    street: Mapped[str]
    town: Mapped[str]
    phone: Mapped[str]
    language: Mapped[str] = mapped_column(default="English")
    pregnancy: Mapped[str] = mapped_column(default="unknown")  # no, yes, possible, unknown, does not apply
    lactation: Mapped[str] = mapped_column(default="unknown")
    searchable: Mapped[str]
    history_asked_at: Mapped[datetime | None]
    history_asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    takes_none: Mapped[bool] = mapped_column(default=False)  # asked, and the answer was: none
    sensitivities: Mapped[list[Sensitivity]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="Sensitivity.id"
    )
    conditions: Mapped[list[Condition]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="Condition.id"
    )
    medicines: Mapped[list[MedicineTaken]] = relationship(lazy="raise", order_by="MedicineTaken.id")

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}"


class Sensitivity(Base):
    """What the patient does not bear: a drug, an excipient or a capsule shell."""

    __tablename__ = "sensitivity"
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    kind: Mapped[str]  # drug, excipient, shell
    substance: Mapped[str]  # a code of the rule book, or the words as typed
    words: Mapped[str]
    reaction: Mapped[str] = mapped_column(default="")


class Condition(Base):
    __tablename__ = "condition"
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    code: Mapped[str]  # a code of the rule book, or "other"
    words: Mapped[str]


class MedicineTaken(Subject):
    """One medicine of the patient's, as typed, and what it was recognised as. A medicine no longer listed is ``removed``."""

    __tablename__ = "medicine_taken"
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    typed: Mapped[str]
    recognition: Mapped[str]  # opioid, clear, not checked (rules.vocabulary)
    ingredients: Mapped[list[str]]
    unexplained: Mapped[list[str]]
    vocabulary: Mapped[str]  # the version that recognised it
    use: Mapped[str]  # current, as needed, stopped
    last_dose: Mapped[date | None]  # None: unknown
    source: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    resolution: Mapped[str] = mapped_column(default="")  # what a person found out about a name nobody knew, and where
    removed: Mapped[bool] = mapped_column(default=False)


class Prescriber(Subject):
    """Someone licensed to prescribe. The NPI carries a check digit (CMS: Luhn over 80840 and ten digits)."""

    __tablename__ = "prescriber"
    family_name: Mapped[str]
    given_name: Mapped[str]
    credentials: Mapped[str]
    npi: Mapped[str] = mapped_column(unique=True)
    licence: Mapped[str]
    licence_state: Mapped[str]
    phone: Mapped[str]
    street: Mapped[str] = mapped_column(default="")
    town: Mapped[str] = mapped_column(default="")
    searchable: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def full_name(self) -> str:
        return (
            f"{self.given_name} {self.family_name}, {self.credentials}"
            if self.credentials
            else f"{self.given_name} {self.family_name}"
        )
