"""A bench with preparations on it, for calculations to be attached to."""

from __future__ import annotations

from tests.steps.preparations.conftest import _at_ten, at_bench

__all__ = ["_at_ten", "at_bench"]
