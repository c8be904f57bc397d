"""The pharmacist's final check of a fill."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pharmacy.db import Base


class Verification(Base):
    """Approved and signed, or sent back with reasons. ``shown`` is what was on the page, by digest and number."""

    __tablename__ = "verification"
    id: Mapped[int] = mapped_column(primary_key=True)
    fill_id: Mapped[int] = mapped_column(ForeignKey("fill.id"), index=True)
    approved: Mapped[bool]
    reason: Mapped[str] = mapped_column(default="")
    shown: Mapped[dict[str, Any]]
    signed: Mapped[str] = mapped_column(default="")
    solo_reason: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
