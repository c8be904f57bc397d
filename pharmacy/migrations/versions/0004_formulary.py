"""Which formula a pharmacist chose for a fill.

Revision 0004.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In words: SQLite adds a column with its named constraint in one statement alone, short of making the table anew.
    kind = 'INTEGER' if op.get_bind().dialect.name == 'sqlite' else 'BIGINT'
    refers = 'CONSTRAINT fk_fill_formula_id REFERENCES master_formulation_record (id)'
    op.execute(f'ALTER TABLE fill ADD COLUMN formula_id {kind} {refers}')
