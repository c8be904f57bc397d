"""Master formulation records and their versions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pharmacy.db import Subject


class MasterFormulationRecord(Subject):
    """One formulation of one strength (USP <795> (2023): a record for each unique formulation)."""

    __tablename__ = "master_formulation_record"
    number: Mapped[str] = mapped_column(unique=True)  # MFR-0006
    title: Mapped[str]
    kind: Mapped[str]  # capsule, liquid, trituration
    strength: Mapped[Decimal]  # mg a capsule; mg/mL; of a trituration mg of drug in 1 g
    item_id: Mapped[int] = mapped_column(ForeignKey("stock_item.id"))  # what lots of it are kept as
    versions: Mapped[list[FormulaVersion]] = relationship(lazy="raise", order_by="FormulaVersion.number")

    @property
    def standing(self) -> list[FormulaVersion]:
        """Its versions without those that were withdrawn as drafts; the versions must be loaded."""
        return [one for one in self.versions if not one.withdrawn]

    @property
    def latest(self) -> FormulaVersion:
        """The newest version that stands; where all were withdrawn, the newest of them."""
        return (self.standing or self.versions)[-1]


class FormulaVersion(Subject):
    """One version: a draft until someone other than its author approves it. Its definition never changes.

    What its author withdrew is retired too, and stands apart by having no approval.
    """

    __tablename__ = "formula_version"
    __table_args__ = (UniqueConstraint("record_id", "number"),)
    record_id: Mapped[int] = mapped_column(ForeignKey("master_formulation_record.id"), index=True)
    number: Mapped[int]
    status: Mapped[str]  # draft, approved, retired
    definition: Mapped[dict[str, Any]]  # domain.formula, as JSON
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    record: Mapped[MasterFormulationRecord] = relationship(lazy="raise", back_populates="versions")

    @property
    def withdrawn(self) -> bool:
        """Whether it was a draft to its end: nobody ever approved it."""
        return self.status == "retired" and self.approved_by is None

    @property
    def state(self) -> str:
        """Its state as people say it."""
        return "withdrawn" if self.withdrawn else self.status
