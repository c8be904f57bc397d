"""What is measured of a shell lot, and what a tablet lot is.

Revision 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pharmacy import db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('lot', sa.Column('drug_fraction_error', db.ExactDecimal(), nullable=True))
    op.add_column('lot', sa.Column('label_strength', db.ExactDecimal(), nullable=True))
    op.add_column('lot', sa.Column('ndc', sa.Text(), nullable=True))
    op.add_column('lot', sa.Column('shell_capacity', db.ExactDecimal(), nullable=True))
    op.add_column('lot', sa.Column('shells_mass', db.ExactDecimal(), nullable=True))
    op.add_column('lot', sa.Column('shells_weighed', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
