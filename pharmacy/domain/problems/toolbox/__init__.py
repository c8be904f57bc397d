"""The kinds of the general toolbox, all for the bench."""

from __future__ import annotations

from pharmacy.domain.problems.toolbox import counting, ions, liquids, mixing, strengths

KINDS = (*mixing.KINDS, *strengths.KINDS, *ions.KINDS, *liquids.KINDS, *counting.KINDS)
