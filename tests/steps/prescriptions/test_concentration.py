"""A liquid of another concentration than the patient had before is found at its review."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from pharmacy.actions.catalogue import Actor
from pharmacy.domain.directions import Directions, Step, When
from pharmacy.domain.strength import Form
from pharmacy.prescriptions.service import Order
from pharmacy.screening import queries as screening
from tests import factories
from tests.steps.prescriptions.conftest import NOON, Case, capsule_order

RULE = "liquid.concentration-changed"


def liquid(amount: str, strength: int) -> Order:
    directions = Directions(Form.LIQUID, (Step(Decimal(amount), When.BEDTIME),))
    return capsule_order(form=Form.LIQUID, strength=Decimal(strength), directions=directions, quantity=30)


@pytest.fixture
def had(raw: Engine, case: Case) -> object:
    """``had("1", ["1.5", "4.5"])``: a liquid of that concentration was handed over, some days ago."""

    def handed(
        strength: str, amounts: list[str], days_ago: int = 30, form: str = "liquid", status: str = "handed over"
    ) -> None:
        steps = [{"amount": one, "when": "at bedtime", "days": 14} for one in amounts]
        steps[-1]["days"] = None
        row = factories.prescription(
            raw, case.patient, case.prescriber, form=form, strength=Decimal(strength), directions={"form": form, "steps": steps},
            expires_on=(NOON - timedelta(days=1)).date(), quantity=135,
        )  # fmt: skip
        factories.fill(raw, row, status=status, quantity=135, since=NOON - timedelta(days=days_ago))

    return handed


def found(case: Case, actor: Actor, order: Order) -> dict[str, str] | None:
    one = case.in_review(actor, order)
    told = next((screening.told(row) for row in screening.findings(case.db, one.id) if row.rule_id == RULE), None)
    return None if told is None else {known.name: known.value.replace("\u00a0", " ") for known in told.facts}


def test_the_five_fold_trap_is_told_with_both_volumes(case: Case, tina: Actor, had: object) -> None:
    had("1", ["1.5", "4.5"])
    facts = found(case, tina, liquid("0.9", 5))
    assert facts is not None
    assert (facts["old_volume"], facts["new_volume"], facts["old_as_new"]) == ("4.5 mL", "0.9 mL", "22.5 mg")


def test_the_last_liquid_counts_and_no_other(case: Case, tina: Actor, had: object) -> None:
    had("1", ["4.5"], days_ago=60)
    had("5", ["0.9"], days_ago=30)
    assert found(case, tina, liquid("0.9", 5)) is None
    other = found(case, tina, liquid("4.5", 1))
    assert other is not None
    assert (other["was"], other["now"], other["times"]) == ("5 mg/mL", "1 mg/mL", "0.2")


def test_what_never_left_and_what_was_no_liquid_do_not_count(case: Case, tina: Actor, had: object) -> None:
    had("1", ["4.5"], status="returned")
    had("3", ["1"], form="capsule")
    assert found(case, tina, liquid("0.9", 5)) is None


def test_capsules_after_a_liquid_are_no_change_of_concentration(case: Case, tina: Actor, had: object) -> None:
    had("1", ["4.5"])
    assert found(case, tina, capsule_order()) is None


def test_it_prints_a_warning_on_the_label(case: Case, tina: Actor, had: object) -> None:
    had("1", ["4.5"])
    one = case.in_review(tina, liquid("0.9", 5))
    warnings = screening.label_warnings(case.db, one.id)
    assert any(one.text.startswith("The strength of this liquid has changed.") for one in warnings)
