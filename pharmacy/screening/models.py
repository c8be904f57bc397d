"""What the rules found about a fill, and what a person decided of each finding."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pharmacy.db import Base, Subject


class Screening(Base):
    """One run of the rule book over a fill."""

    __tablename__ = "screening"
    id: Mapped[int] = mapped_column(primary_key=True)
    fill_id: Mapped[int] = mapped_column(ForeignKey("fill.id"), index=True)
    at: Mapped[datetime]
    book_edition: Mapped[str]
    book_digest: Mapped[str]
    vocabulary: Mapped[str]
    facts_digest: Mapped[str]  # sha256 of the facts that were checked: unchanged facts need no new run


class Finding(Subject):
    """One finding of one fill. A later run that no longer finds it makes it ``cleared``; ``fingerprint`` tells same from new."""

    __tablename__ = "finding"
    fill_id: Mapped[int] = mapped_column(ForeignKey("fill.id"), index=True)
    screening_id: Mapped[int] = mapped_column(ForeignKey("screening.id"))
    rule_id: Mapped[str]
    fingerprint: Mapped[str]  # sha256 of rule, level, title and facts
    level: Mapped[str]  # BLOCK, STOP, NOT CHECKED, CAUTION, NOTE
    status: Mapped[str]  # open, decided, cleared
    content: Mapped[
        dict[str, Any]
    ]  # the rules' Finding as JSON: title, message, citation, facts, label warnings, counselling
    medicine_id: Mapped[int | None] = mapped_column(ForeignKey("medicine_taken.id"))
    decisions: Mapped[list[Decision]] = relationship(lazy="raise", order_by="Decision.id")


class Decision(Base):
    """One person's decision on one finding, for this fill only; a later one replaces it, both stay."""

    __tablename__ = "decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("finding.id"), index=True)
    outcome: Mapped[str]  # go on, wait, entry wrong, reopened
    reason: Mapped[str]
    spoke_with: Mapped[str] = mapped_column(default="")
    spoke_how: Mapped[str] = mapped_column(default="")
    spoke_at: Mapped[datetime | None]
    signed: Mapped[str] = mapped_column(default="")  # password, PIN, or nothing where none is asked
    decided_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime]
