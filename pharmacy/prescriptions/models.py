"""The order, its original, its fills, and what was asked and changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pharmacy.db import FROZEN, Base, Subject
from pharmacy.domain.workflow import Status, check_follows
from pharmacy.patients.models import Patient, Prescriber


class Kit(Base):
    """A titration of several strengths, a container each: how it was planned, and how many days a refill is for."""

    __tablename__ = "kit"
    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[dict[str, Any]] = mapped_column(info=FROZEN)  # domain.kit_plan.KitPlan, as JSON
    refill_days: Mapped[int]


class Prescription(Subject):
    """What a prescriber ordered. Its number never repeats; its fills are ``number-00``, ``-01`` …"""

    __tablename__ = "prescription"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_above_zero"),
        CheckConstraint("refills >= 0", name="refills_not_below_zero"),
    )
    number: Mapped[str] = mapped_column(unique=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    prescriber_id: Mapped[int] = mapped_column(ForeignKey("prescriber.id"), index=True)
    written_on: Mapped[date]
    expires_on: Mapped[date]  # the last day on which a fill may be started
    came_by: Mapped[str]  # paper, fax, electronic, telephone
    original: Mapped[str | None] = mapped_column(ForeignKey("document.sha256"))
    caller: Mapped[str] = mapped_column(default="")  # of a telephone order: who called
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # … which pharmacist took it
    read_back: Mapped[bool] = mapped_column(default=False)
    form: Mapped[str]  # capsule, liquid
    strength: Mapped[Decimal]  # mg a capsule, or mg/mL
    directions: Mapped[dict[str, Any]]  # domain.directions, as JSON
    quantity: Mapped[int]  # capsules, or mL
    refill_quantity: Mapped[int | None]  # of a refill, where it differs: a titration is never begun again
    refills: Mapped[int]
    purpose: Mapped[str] = mapped_column(default="")
    print_purpose: Mapped[bool] = mapped_column(default=False)
    reason_for_compounding: Mapped[str]
    entered_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    patient: Mapped[Patient] = relationship(lazy="raise")
    prescriber: Mapped[Prescriber] = relationship(lazy="raise")
    in_kit: Mapped[KitContainer | None] = relationship(lazy="raise", uselist=False)
    fills: Mapped[list[Fill]] = relationship(lazy="raise", back_populates="prescription", order_by="Fill.ordinal")

    @property
    def kit_id(self) -> int | None:
        """The kit that it is a container of, if it is of one."""
        return self.in_kit.kit_id if self.in_kit else None


class KitContainer(Base):
    """Which container of a kit a prescription is: 1 of 2."""

    __tablename__ = "kit_container"
    prescription_id: Mapped[int] = mapped_column(ForeignKey("prescription.id"), primary_key=True, autoincrement=False)
    kit_id: Mapped[int] = mapped_column(ForeignKey("kit.id"), index=True)
    place: Mapped[int]
    kit: Mapped[Kit] = relationship(lazy="raise")


class Fill(Subject):
    """One filling of a prescription, from entry to hand-over. ``made_by``: everybody who prepared any of it."""

    __tablename__ = "fill"
    __table_args__ = (UniqueConstraint("prescription_id", "ordinal"),)
    number: Mapped[str] = mapped_column(unique=True)  # 100231-00
    prescription_id: Mapped[int] = mapped_column(ForeignKey("prescription.id"), index=True)
    ordinal: Mapped[int]
    status: Mapped[str] = mapped_column(default=Status.ENTERED.value, index=True)
    since: Mapped[datetime]  # when it came into this state: what the queues sort by
    quantity: Mapped[int]  # what this fill is to hold: capsules or mL
    formula_id: Mapped[int | None] = mapped_column(ForeignKey("master_formulation_record.id"))  # a pharmacist's choice
    owed: Mapped[int] = mapped_column(default=0)  # cut off it because it would not last; owed to the patient
    made_by: Mapped[list[int]] = mapped_column(default=list)
    sent_back: Mapped[str] = mapped_column(default="")  # why the pharmacist sent it back, until it is labelled again
    medicines_confirmed_at: Mapped[datetime | None]
    medicines_confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    accepted_at: Mapped[datetime | None]
    closing_reason: Mapped[str] = mapped_column(default="")  # of a fill rejected, cancelled, returned, destroyed
    prescription: Mapped[Prescription] = relationship(lazy="raise", back_populates="fills")

    def become(self, then: Status, at: datetime) -> None:
        """Move on to another state: the only setter of ``status``; the one table of transitions decides."""
        check_follows(Status(self.status), then)
        self.status, self.since = then.value, at

    def add_maker(self, person: int) -> None:
        """Remember that this person prepared some of it."""
        if person not in self.made_by:
            self.made_by = [*self.made_by, person]


class Amendment(Base):
    """A change of a prescription after its review: was, now, and who authorised it."""

    __tablename__ = "amendment"
    id: Mapped[int] = mapped_column(primary_key=True)
    prescription_id: Mapped[int] = mapped_column(ForeignKey("prescription.id"), index=True)
    changes: Mapped[dict[str, Any]]  # {field: [was, now]} in words
    authorised_by: Mapped[str]
    reason: Mapped[str]
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]


class Clarification(Subject):
    """A question to the prescriber while the fill is on hold, and the answer."""

    __tablename__ = "clarification"
    fill_id: Mapped[int] = mapped_column(ForeignKey("fill.id"), index=True)
    question: Mapped[str]
    asked_of: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[str] = mapped_column(default="")  # who gave the answer, in words
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
