"""The containers of a fill, and every label that was issued for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pharmacy.db import FROZEN, Base, Subject
from pharmacy.stock.models import Lot


class Container(Subject):
    """One bottle: so many capsules or mL of exactly one released lot. A withdrawn one was emptied, on record."""

    __tablename__ = "container"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_above_zero"),)
    fill_id: Mapped[int] = mapped_column(ForeignKey("fill.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    ordinal: Mapped[int]  # 1 of 2
    quantity: Mapped[int]
    syringe: Mapped[str | None]  # of a liquid: the oral syringe that goes with it
    packed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    packed_at: Mapped[datetime]
    withdrawn: Mapped[str] = mapped_column(default="")  # why, if it was
    lot: Mapped[Lot] = relationship(lazy="raise")
    labels: Mapped[list[IssuedLabel]] = relationship(
        lazy="raise", back_populates="container", order_by="IssuedLabel.id"
    )


class IssuedLabel(Subject):
    """One label as issued: its content in words, its stored bytes, its serial. Void or valid, it stays."""

    __tablename__ = "issued_label"
    __table_args__ = (UniqueConstraint("serial"),)
    container_id: Mapped[int] = mapped_column(ForeignKey("container.id"), index=True)
    serial: Mapped[str]
    stock: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(info=FROZEN)  # labels.LabelContent as JSON
    document: Mapped[str] = mapped_column(ForeignKey("document.sha256"))
    status: Mapped[str] = mapped_column(default="valid")  # valid, void
    reason: Mapped[str] = mapped_column(default="")  # why it was issued again
    void_reason: Mapped[str] = mapped_column(default="")
    issued_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime]
    container: Mapped[Container] = relationship(lazy="raise", back_populates="labels")


class Reprint(Base):
    """The stored bytes were sent once more."""

    __tablename__ = "reprint"
    id: Mapped[int] = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("issued_label.id"), index=True)
    reason: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
