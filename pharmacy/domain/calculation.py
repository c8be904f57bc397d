"""The calculations of a preparation in one place: plan it, check it a second way, and say what was made of it."""

from __future__ import annotations

from typing import Any

from pharmacy.domain.capsule_weights import CapsuleLimits, CapsuleStatistics, capsule_statistics
from pharmacy.domain.capsules import prepare_capsules
from pharmacy.domain.lines import MeasureFacts, PlannedWeighing
from pharmacy.domain.liquids import prepare_liquid, volume_to_make
from pharmacy.domain.plan import (
    CapsulePlan,
    LiquidPlan,
    LotFacts,
    LotPart,
    LotUse,
    Plan,
    TriturationPlan,
    WeighingKey,
    all_weighings,
    caps_of,
    plan_from_json,
    planned,
)
from pharmacy.domain.results import (
    Delivered,
    delivered_capsules,
    delivered_liquid,
    delivered_strength,
    delivered_trituration,
    recorded_blend,
    recorded_drug,
    yield_percent,
)
from pharmacy.domain.second_check import recheck
from pharmacy.domain.second_check.quality import verdicts_again
from pharmacy.domain.spread import side_text
from pharmacy.domain.triturations import geometric_dilution, prepare_trituration


def usable_plan(data: Any) -> Plan:
    """A stored plan, checked the second way once more before it is shown, printed or used.

    Raises :class:`~pharmacy.domain.errors.ChecksDisagree` where it no longer leads back to itself.
    """
    plan = plan_from_json(data)
    recheck(plan)
    return plan


__all__ = (
    "CapsuleLimits",
    "CapsulePlan",
    "CapsuleStatistics",
    "Delivered",
    "LiquidPlan",
    "LotFacts",
    "LotPart",
    "LotUse",
    "MeasureFacts",
    "Plan",
    "PlannedWeighing",
    "TriturationPlan",
    "WeighingKey",
    "all_weighings",
    "caps_of",
    "capsule_statistics",
    "delivered_capsules",
    "delivered_liquid",
    "delivered_strength",
    "delivered_trituration",
    "geometric_dilution",
    "plan_from_json",
    "planned",
    "prepare_capsules",
    "prepare_liquid",
    "prepare_trituration",
    "recheck",
    "recorded_blend",
    "recorded_drug",
    "side_text",
    "usable_plan",
    "verdicts_again",
    "volume_to_make",
    "yield_percent",
)
