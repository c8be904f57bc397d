"""How much of a fill a lot was planned for: all of it, or what was missing after another lot came out short.

Revision 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("preparation_fill", sa.Column("quantity", whole, nullable=True))
