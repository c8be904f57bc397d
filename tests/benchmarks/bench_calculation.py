"""A capsule worksheet, from the formula to the plausibility line: plan of the weighings and second way included."""

from __future__ import annotations

import hashlib
import json

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pharmacy.domain.plan import CapsulePlan
from tests.domain.builders import balance, capsules, planned_capsules

# strength, capsules, sensitivity requirement: weighed directly, and only by an aliquot
CASES = {"direct": ("4.5", 100, "6"), "aliquot": ("0.5", 30, "6")}


def planned(case: str) -> CapsulePlan:
    strength, count, sensitivity = CASES[case]
    return planned_capsules(strength, count, scale=balance(sensitivity))


def given(case: str) -> bytes:
    """What the worksheet is made from, as bytes."""
    strength, count, sensitivity = CASES[case]
    whole = [capsules(strength).to_json(), count, balance(sensitivity).to_json()]
    return json.dumps(whole, ensure_ascii=False).encode()


@pytest.mark.parametrize("case", CASES)
def test_hash(benchmark: BenchmarkFixture, case: str) -> None:
    benchmark.group = f"capsule worksheet, {case}"
    content = given(case)
    benchmark(lambda: hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("case", CASES)
def test_worksheet(benchmark: BenchmarkFixture, case: str) -> None:
    benchmark.group = f"capsule worksheet, {case}"
    benchmark.extra_info["target_ms"] = 5
    made = benchmark(planned, case)
    assert made.plausibility
