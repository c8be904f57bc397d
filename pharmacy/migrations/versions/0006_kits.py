"""Kits: several strengths of one order; and the oral syringe that went with a container.

Revision 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "kit",
        sa.Column("id", whole, nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("refill_days", whole, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit")),
    )
    op.create_table(
        "kit_container",
        sa.Column("prescription_id", whole, nullable=False),
        sa.Column("kit_id", whole, nullable=False),
        sa.Column("place", whole, nullable=False),
        sa.ForeignKeyConstraint(["prescription_id"], ["prescription.id"], name=op.f("fk_kit_container_prescription_id")),
        sa.ForeignKeyConstraint(["kit_id"], ["kit.id"], name=op.f("fk_kit_container_kit_id")),
        sa.PrimaryKeyConstraint("prescription_id", name=op.f("pk_kit_container")),
    )
    op.create_index(op.f("ix_kit_container_kit_id"), "kit_container", ["kit_id"])
    op.add_column("prescription", sa.Column("refill_quantity", whole, nullable=True))
    op.add_column("container", sa.Column("syringe", sa.Text(), nullable=True))
