"""The second path: every worksheet again, from its results back to what was given, in other code and another order.

Nothing of the first path is called here; an import contract keeps it so. What must agree and does not raises
:class:`~pharmacy.domain.errors.ChecksDisagree`, and no worksheet comes out.
"""

from __future__ import annotations

from pharmacy.domain.second_check.plans import recheck

__all__ = ("recheck",)
