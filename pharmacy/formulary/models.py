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


class FormulaVersion(Subject):
    """One version: a draft until someone other than its author approves it. Its definition never changes."""

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
