"""What is asked of a balance besides: its repeatability and the rule for its least weight.

Revision 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pharmacy import db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('balance', sa.Column('rule', sa.Text(), nullable=False, server_default='classic'))
    op.add_column('balance', sa.Column('repeatability', db.ExactDecimal(), nullable=True))
    op.add_column('balance', sa.Column('repeatability_on', sa.Date(), nullable=True))
