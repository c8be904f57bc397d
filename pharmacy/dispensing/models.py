"""How a fill left the pharmacy, or did not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pharmacy.db import Base


class HandOver(Base):
    """Who got it, how, and what was said."""

    __tablename__ = "hand_over"
    id: Mapped[int] = mapped_column(primary_key=True)
    fill_id: Mapped[int] = mapped_column(ForeignKey("fill.id"), unique=True)
    method: Mapped[str]  # pick-up, courier, post
    to_whom: Mapped[str]
    relationship_to_patient: Mapped[str] = mapped_column(default="")
    carrier: Mapped[str] = mapped_column(default="")
    tracking: Mapped[str] = mapped_column(default="")
    packed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    counselling: Mapped[str]  # done, declined
    counselled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    points: Mapped[list[Any]]  # the counselling points as shown, each with its rule
    first_day_of_use: Mapped[date]
    last_day_of_supply: Mapped[date]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Disposal(Base):
    """A fill that was not collected, or its containers: taken back, destroyed."""

    __tablename__ = "disposal"
    id: Mapped[int] = mapped_column(primary_key=True)
    fill_id: Mapped[int] = mapped_column(ForeignKey("fill.id"), index=True)
    kind: Mapped[str]  # returned, destroyed
    reason: Mapped[str]
    witness: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
