"""Lots made here: the plan, the weights as they were, the checks, the release. Masses are in mg, volumes in mL."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pharmacy.db import FROZEN, Base, Subject
from pharmacy.domain.workflow import Making, check_making
from pharmacy.formulary.models import FormulaVersion
from pharmacy.stock.models import Lot


class Preparation(Subject):
    """The compounding record of one lot made here, for named fills, for stock, or both.

    ``plan`` is the domain's plan with its worksheet, frozen when it was made. ``made_by``: everybody who weighed or checked.
    """

    __tablename__ = "preparation"
    number: Mapped[str] = mapped_column(unique=True)  # the lot's number: C261123-01
    formula_version_id: Mapped[int] = mapped_column(ForeignKey("formula_version.id"), index=True)
    balance_id: Mapped[int] = mapped_column(ForeignKey("balance.id"))
    status: Mapped[str] = mapped_column(default=Making.PLANNED.value, index=True)
    since: Mapped[datetime]
    amount: Mapped[Decimal]  # what is to come out: capsules, mL, or mg of a trituration
    excess: Mapped[Decimal]  # process excess on the whole blend, per cent
    for_stock: Mapped[Decimal] = mapped_column(default=Decimal(0))
    plan: Mapped[dict[str, Any]]
    made_by: Mapped[list[int]] = mapped_column(default=list)
    planned_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    planned_at: Mapped[datetime]
    compounded_on: Mapped[date | None]
    beyond_use: Mapped[date | None]
    beyond_use_decided_by: Mapped[str] = mapped_column(default="")
    yield_amount: Mapped[Decimal | None]
    yield_reason: Mapped[str] = mapped_column(default="")
    result: Mapped[dict[str, Any] | None]  # delivered strength, statistics, yield as computed at the finish
    lot_id: Mapped[int | None] = mapped_column(
        ForeignKey("lot.id")
    )  # there from the finish on, quarantined until released
    judged_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # released or rejected
    judged_at: Mapped[datetime | None]
    judgement: Mapped[str] = mapped_column(default="")
    formula_version: Mapped[FormulaVersion] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")

    def become(self, then: Making, at: datetime) -> None:
        """Move on to another state: the only setter of ``status``."""
        check_making(Making(self.status), then)
        self.status, self.since = then.value, at

    def add_maker(self, person: int) -> None:
        """Remember that this person made some of it."""
        if person not in self.made_by:
            self.made_by = [*self.made_by, person]


class PreparationFill(Base):
    """A fill that this lot is made for."""

    __tablename__ = "preparation_fill"
    __table_args__ = (UniqueConstraint("preparation_id", "fill_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    preparation_id: Mapped[int] = mapped_column(ForeignKey("preparation.id"), index=True)
    fill_id: Mapped[int] = mapped_column(ForeignKey("fill.id"), index=True)
    quantity: Mapped[int | None]  # how much of the fill it was planned for; None, from before it was kept: all of it


class Component(Base):
    """A lot that the plan takes: which line, which lot. What is really used is in the weighings."""

    __tablename__ = "preparation_component"
    __table_args__ = (UniqueConstraint("preparation_id", "line"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    preparation_id: Mapped[int] = mapped_column(ForeignKey("preparation.id"), index=True)
    line: Mapped[str]  # the key of the planned weighing
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)


class Weighing(Base):
    """One reading of the balance (or of a measure) for one line of the plan. Weighing again adds a row; the last counts."""

    __tablename__ = "weighing"
    id: Mapped[int] = mapped_column(primary_key=True)
    preparation_id: Mapped[int] = mapped_column(ForeignKey("preparation.id"), index=True)
    line: Mapped[str]  # the plan's key: drug, filler, load-1, capsule-07, gross …
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    amount: Mapped[Decimal]
    unit: Mapped[str]  # mg, mL
    target: Mapped[Decimal]
    low: Mapped[Decimal]
    high: Mapped[Decimal]
    reason: Mapped[str] = mapped_column(default="")  # why a reading outside the limits was kept
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class QualityCheck(Base):
    """One trait: expected by the formula, observed by a person, passed or not. Checking again adds a row; the last counts."""

    __tablename__ = "quality_check"
    id: Mapped[int] = mapped_column(primary_key=True)
    preparation_id: Mapped[int] = mapped_column(ForeignKey("preparation.id"), index=True)
    name: Mapped[str]
    expected: Mapped[str]
    observed: Mapped[str]
    passed: Mapped[bool]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class AttachedCalculation(Base):
    """A calculation of the bench that belongs to this compounding record: what was given, and the worksheet that it gave."""

    __tablename__ = "attached_calculation"
    id: Mapped[int] = mapped_column(primary_key=True)
    preparation_id: Mapped[int] = mapped_column(ForeignKey("preparation.id"), index=True)
    solve: Mapped[str]  # the kind of problem: dilution, ions …
    given: Mapped[dict[str, Any]]
    calculation: Mapped[dict[str, Any]] = mapped_column(info=FROZEN)
    title: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
