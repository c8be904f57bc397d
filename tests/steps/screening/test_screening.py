"""Facts, what a decision must hold, and the rule book as a list: the parts of screening that need no fill."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.domain.directions import Directions, Step, When
from pharmacy.domain.quantity import Mass
from pharmacy.domain.strength import Form, Strength
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.patients import queries as patients
from pharmacy.rules import book, checks
from pharmacy.rules.findings import Finding, Level
from pharmacy.screening import rule_list, service
from pharmacy.screening.service import Decided, Outcome, Planned
from tests import factories

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BEDTIME = Directions(Form.CAPSULE, (Step(Decimal(1), When.BEDTIME),))


def found(facts: object, rule: str) -> Finding:
    return next(one for one in checks.check(book.load(), facts) if one.rule_id == rule)


def rules_met(facts: object) -> set[str]:
    return {one.rule_id for one in checks.check(book.load(), facts)}


def test_the_daily_dose_comes_from_strength_and_directions(db: Session, raw: Engine) -> None:
    patient = patients.patient(db, factories.patient(raw))
    taper = Directions(Form.CAPSULE, tuple(Step(Decimal(n), When.BEDTIME, 14) for n in (1, 3)))
    facts = service.facts(patient, Planned(Strength(Decimal("1.5"), Form.CAPSULE), taper), TODAY)
    assert facts.daily_doses == (Mass.of("1.5", "mg"), Mass.of("4.5", "mg"))


@pytest.mark.parametrize(
    "planned",
    [
        Planned(None, None),
        Planned(Strength(Decimal("4.5"), Form.CAPSULE), None),
        Planned(Strength(Decimal(1), Form.LIQUID), BEDTIME),
    ],
)
def test_a_dose_that_cannot_be_worked_out_is_a_finding_and_no_fault(db: Session, raw: Engine, planned: Planned) -> None:
    patient = patients.patient(db, factories.patient(raw))
    assert "dose.unknown" in rules_met(service.facts(patient, planned, TODAY))
    assert "dose.unknown" in rules_met(service.facts(None, planned, TODAY))


def test_45_mg_is_blocked_whatever_the_formulary_makes(db: Session, raw: Engine) -> None:
    patient = patients.patient(db, factories.patient(raw))
    facts = service.facts(patient, Planned(Strength(Decimal(45), Form.CAPSULE), BEDTIME), TODAY)
    assert found(facts, "dose.ten-fold").level is Level.BLOCK


def test_a_removed_medicine_is_not_looked_at(db: Session, raw: Engine) -> None:
    patient_id = factories.patient(raw)
    factories.medicine(raw, patient_id, "oxycodone", removed=True)
    facts = service.facts(patients.patient(db, patient_id), Planned(None, None), TODAY)
    assert facts.medicines == ()


def test_a_name_stored_as_clear_is_recognised_anew_by_the_book_of_today(db: Session, raw: Engine) -> None:
    patient_id = factories.patient(raw)
    factories.medicine(raw, patient_id, "oxycodone", recognition="clear", ingredients=[])
    facts = service.facts(patients.patient(db, patient_id), Planned(None, None), TODAY)
    assert "opioid.current" in rules_met(facts)


def test_words_alone_about_an_unknown_medicine_stay_a_note(db: Session, raw: Engine) -> None:
    patient_id = factories.patient(raw)
    factories.medicine(
        raw, patient_id, "Sereniva with caffeine", ingredients=["caffeine"], resolved_by=2, resolution="Asked its maker"
    )
    facts = service.facts(patients.patient(db, patient_id), Planned(None, None), TODAY)
    assert "medicine.resolved-by-hand" in rules_met(facts)
    assert "medicine.not-recognised" not in rules_met(facts)


def test_the_day_is_part_of_the_facts(db: Session, raw: Engine) -> None:
    patient = patients.patient(db, factories.patient(raw))
    digests = {service.facts(patient, Planned(None, None), TODAY + timedelta(days=n)).digest for n in (0, 1)}
    assert len(digests) == 2


# --- what a decision must hold ----------------------------------------------------------------------------------------


@pytest.fixture
def stop(db: Session, raw: Engine) -> Finding:
    patient_id = factories.patient(raw)
    factories.medicine(raw, patient_id, "oxycodone", use="stopped", last_dose=date(2026, 11, 19))
    facts = service.facts(patients.patient(db, patient_id), Planned(None, None), TODAY)
    return found(facts, "opioid.washout.short")


def test_a_complete_decision_passes(stop: Finding) -> None:
    service.check_decision(stop, Decided(Outcome.WAIT, "Held until then", "Dr Fable", "phone", NOW), NOW)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Decided(Outcome.GO_ON, "", "Dr Fable", "phone", NOW), "reason"),
        (Decided(Outcome.GO_ON, "ok", "Dr Fable", "phone", NOW), "reason"),
        (Decided(Outcome.GO_ON, "Talked", "", "phone", NOW), "spoke_with"),
        (Decided(Outcome.GO_ON, "Talked", "Dr Fable", "", NOW), "spoke_how"),
        (Decided(Outcome.GO_ON, "Talked", "Dr Fable", "phone", None), "spoke_at"),
        (Decided(Outcome.GO_ON, "Talked", "Dr Fable", "phone", NOW + timedelta(minutes=1)), "spoke_at"),
    ],
)
def test_what_is_missing_is_said_at_its_field(stop: Finding, given: Decided, field: str) -> None:
    with pytest.raises(PharmacyError) as caught:
        service.check_decision(stop, given, NOW)
    assert caught.value.field == field


@pytest.mark.parametrize("level", [Level.BLOCK, Level.NOT_CHECKED, Level.NOTE])
def test_a_level_without_decision_takes_none(db: Session, raw: Engine, level: Level) -> None:
    patient_id = factories.patient(raw)
    factories.medicine(raw, patient_id, "methadone")
    factories.medicine(raw, patient_id, "Sereniva calm syrup")
    facts = service.facts(patients.patient(db, patient_id), Planned(None, None), TODAY)
    one = next(one for one in checks.check(book.load(), facts) if one.level is level)
    with pytest.raises(NotReady):
        service.check_decision(one, Decided(Outcome.GO_ON, "Talked it through", "Dr Fable", "phone", NOW), NOW)


def test_the_rule_book_lists_every_rule_with_its_source() -> None:
    rows = rule_list.listed(book.load())
    assert len(rows) == len(book.load().rules)
    assert rows[0].level == "BLOCK"
    for row in rows:
        assert row.source
        assert row.via
        assert "{" not in row.title + row.message
