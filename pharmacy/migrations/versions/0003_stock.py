"""What is measured of a shell lot, and what a tablet lot is.

Revision 0003.
"""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
