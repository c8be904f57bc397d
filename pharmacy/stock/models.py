"""What is kept on the shelf: items, their lots, and every movement of a lot."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pharmacy.db import Base, Subject


class StockItem(Subject):
    """An ingredient, an empty shell, or a preparation made here, of which lots are kept.

    ``unit`` is mg, mL or piece: the unit of every quantity of its lots. ``code`` is what formulas name as a component.
    """

    __tablename__ = "stock_item"
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]  # drug, filler, shell, vehicle, preservative, antioxidant, trituration, preparation
    unit: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class Lot(Subject):
    """One lot, bought or made here. What is measured of it (assay, water, capacity) belongs to the lot, not to the item."""

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        # exact sums are kept by the service; the database refuses what is below zero whatever writes it
        CheckConstraint("CAST(quarantined AS NUMERIC) >= 0", name="quarantined_not_below_zero"),
        CheckConstraint("CAST(available AS NUMERIC) >= 0", name="available_not_below_zero"),
    )
    item_id: Mapped[int] = mapped_column(ForeignKey("stock_item.id"), index=True)
    number: Mapped[str]
    origin: Mapped[str]  # bought, made
    status: Mapped[str]  # quarantined, released, rejected
    supplier: Mapped[str] = mapped_column(default="")
    received_on: Mapped[date]  # for a lot made here: the day it was compounded
    use_before: Mapped[date]  # the last day of use: a bought lot's expiry, a made lot's beyond-use date
    expiry_from_receipt: Mapped[bool] = mapped_column(default=False)  # no expiry was stated: from receipt
    quarantined: Mapped[Decimal] = mapped_column(default=Decimal(0))
    available: Mapped[Decimal] = mapped_column(default=Decimal(0))
    assay: Mapped[Decimal | None]  # per cent, as the certificate states it
    assay_basis: Mapped[str | None]  # as is, dried, anhydrous
    water: Mapped[Decimal | None]  # per cent: water or loss on drying
    solvents: Mapped[Decimal | None]  # per cent
    certificate: Mapped[str | None] = mapped_column(ForeignKey("document.sha256"))
    drug_fraction_error: Mapped[Decimal | None]  # how far that fraction may be off, in per cent of it
    drug_fraction: Mapped[str | None]  # of a trituration: mg of drug in 1 mg, an exact fraction such as 1/10
    shell_capacity: Mapped[Decimal | None]  # of empty shells: mL in one, as measured on this lot
    shells_mass: Mapped[Decimal | None]  # mg: as many empty shells as were weighed, together
    shells_weighed: Mapped[int | None]
    label_strength: Mapped[Decimal | None]  # of tablets: mg of naltrexone HCl in one, as their label says
    ndc: Mapped[str | None]  # National Drug Code as printed, with its hyphens
    item: Mapped[StockItem] = relationship(lazy="raise")


class StockMovement(Base):
    """One change of what is there. The two changes are signed; their sums over a lot are what the lot holds."""

    __tablename__ = "stock_movement"
    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    kind: Mapped[str]  # received, made, released, quarantined, used, given back, wasted, corrected, rejected
    quarantined_change: Mapped[Decimal]
    available_change: Mapped[Decimal]
    for_kind: Mapped[str] = mapped_column(default="")  # preparation, container …: what it was used for
    for_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
