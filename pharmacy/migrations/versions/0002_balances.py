"""What is asked of a balance besides: its repeatability and the rule for its least weight.

Revision 0002.
"""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
