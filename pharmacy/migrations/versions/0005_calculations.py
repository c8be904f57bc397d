"""Calculations attached to a compounding record.

Revision 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pharmacy import db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'attached_calculation',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('preparation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('solve', sa.Text(), nullable=False),
        sa.Column('given', sa.JSON(), nullable=False),
        sa.Column('calculation', sa.JSON(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('at', db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_attached_calculation_person_id')),
        sa.ForeignKeyConstraint(
            ['preparation_id'], ['preparation.id'], name=op.f('fk_attached_calculation_preparation_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attached_calculation')),
    )
    op.create_index(
        op.f('ix_attached_calculation_preparation_id'), 'attached_calculation', ['preparation_id'], unique=False
    )
