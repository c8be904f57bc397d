"""The pharmacy itself: identity, policy, numbers that never repeat, balances."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from pharmacy.db import Base, Subject


class Pharmacy(Subject):
    """The one pharmacy of this installation (a single row)."""

    __tablename__ = "pharmacy"
    site: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    street: Mapped[str]
    town: Mapped[str]
    phone: Mapped[str]
    licence: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="")
    demonstration: Mapped[bool] = mapped_column(default=False)


class Setting(Base):
    """One value of one setting from an instant on; the newest that is in effect counts."""

    __tablename__ = "setting"
    __table_args__ = (Index(None, "key", "effective_from"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[str]
    effective_from: Mapped[datetime]
    reason: Mapped[str]
    set_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]


class Counter(Base):
    """The last number given out of each kind."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Balance(Subject):
    """A balance. Masses are in mg."""

    __tablename__ = "balance"
    name: Mapped[str] = mapped_column(unique=True)
    serial: Mapped[str]
    readability: Mapped[Decimal]
    sensitivity_requirement: Mapped[Decimal]
    accepted_error: Mapped[Decimal]  # per cent
    capacity: Mapped[Decimal]
    calibration_due: Mapped[date]
    active: Mapped[bool] = mapped_column(default=True)
    rule: Mapped[str] = mapped_column(
        default="classic", server_default="classic"
    )  # by which it weighs from: a MinimumRule
    repeatability: Mapped[Decimal | None]  # the standard deviation of at least ten weighings
    repeatability_on: Mapped[date | None]  # when they were made
