"""Which of two formulas makes a fill: never silently one that the patient does not bear."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.workflow import Status
from pharmacy.errors import PharmacyError
from pharmacy.formulary import definition
from pharmacy.formulary import queries as formulary
from pharmacy.formulary.starting import capsule
from pharmacy.labelling import service as labelling
from pharmacy.preparations import on_hand
from pharmacy.prescriptions import making, queries, service
from pharmacy.prescriptions.models import Fill
from pharmacy.screening import queries as screening
from tests import factories
from tests.steps.prescriptions.conftest import Case, seen

LACTOSE = capsule("4.5", "capsules-lactose")
MCC = capsule("4.5")
STRENGTH = Strength(Decimal("4.5"), Form.CAPSULE)


@pytest.fixture
def lactose(raw: Engine, case: Case, formulary: dict[str, int]) -> int:
    """The second formula of 4.5 mg, approved too; its version's id."""
    item = formulary["naltrexone-capsule-4.5mg-lactose-anhydrous"]
    return factories.formula(raw, LACTOSE.to_json(), kind="capsule", strength=Decimal("4.5"), item_id=item)


def patient(case: Case, raw: Engine, *substances: str) -> Case:
    """The next fill is for somebody who does not bear these."""
    case.patient = factories.patient(raw, family_name="Larch", sensitivities=[("excipient", one) for one in substances])
    case.db.rollback()  # an older snapshot would not show her
    return case


def record_of(db: Session, version_id: int) -> int:
    db.rollback()
    return formulary.version(db, version_id).record_id


def looked_at(case: Case, one: Fill) -> str:
    found = making.version_of(case.db, one)
    assert found is not None
    return definition.read(found).name


@pytest.mark.parametrize(
    ("substances", "name"),
    [
        ((), MCC.name),
        (("lactose",), MCC.name),
        (("microcrystalline-cellulose",), LACTOSE.name),
        (("lactose", "microcrystalline-cellulose"), MCC.name),
        (("gelatin",), MCC.name),
    ],
)
def test_the_first_formula_that_the_patient_bears_is_the_one_that_the_rules_look_at(
    case: Case, raw: Engine, lactose: int, tina: Actor, substances: tuple[str, ...], name: str
) -> None:
    one = patient(case, raw, *substances).in_review(tina)
    assert looked_at(case, one) == name
    stopped = {row.rule_id for row in screening.open_findings(case.db, one.id)}
    assert ("sensitivity.component" in stopped) is (len(substances) == 2 or "gelatin" in substances)


def test_the_other_formula_may_make_it_only_where_nothing_in_it_is_not_borne(
    case: Case, raw: Engine, lactose: int, tina: Actor
) -> None:
    other = record_of(case.db, lactose)
    assert not making.why_not_by(case.db, case.in_review(tina), other, LACTOSE)
    one = patient(case, raw, "lactose").in_review(tina)
    why = making.why_not_by(case.db, one, other, LACTOSE)
    assert why == (
        f"Fill {one.number} is for a patient who does not bear it (Lactose: the formula holds Anhydrous lactose); "
        "choose another formula."
    )
    looked = making.version_of(case.db, one)
    assert looked is not None
    assert not making.why_not_by(case.db, one, looked.record_id, MCC)


def test_a_sensitivity_that_the_rule_book_does_not_know_binds_the_fill_to_the_formula_that_was_read(
    case: Case, raw: Engine, lactose: int, tina: Actor
) -> None:
    record = record_of(case.db, lactose)
    one = patient(case, raw, "zzyzx gum").in_review(tina)
    why = making.why_not_by(case.db, one, record, LACTOSE)
    assert "zzyzx gum" in why
    assert "another formula does not make it" in why


def test_a_pharmacist_chooses_the_formula_and_the_rules_look_at_it(
    case: Case, raw: Engine, lactose: int, tina: Actor, paul: Actor
) -> None:
    one = patient(case, raw, "lactose").in_review(tina)
    record = record_of(case.db, lactose)
    with pytest.raises(Refused, match="pharmacist"):
        service.choose_formula(case.db, tina, seen(one), record)
    service.choose_formula(case.db, paul, seen(queries.fill(case.db, one.id)), record)
    one = queries.fill(case.db, one.id)
    assert (one.formula_id, looked_at(case, one)) == (record, LACTOSE.name)
    assert "sensitivity.component" in {row.rule_id for row in screening.open_findings(case.db, one.id)}
    mcc = next(v for v in formulary.approved_for(case.db, "capsule", Decimal("4.5")) if v.record_id != record)
    assert "a pharmacist chose" in making.why_not_by(case.db, one, mcc.record_id, MCC)
    with pytest.raises(PharmacyError, match="already") as refused:
        service.choose_formula(case.db, paul, seen(one), record)
    assert refused.value.field == "formula"


def test_only_a_record_that_makes_the_strength_is_chosen(case: Case, lactose: int, tina: Actor, paul: Actor) -> None:
    one = case.in_review(tina)
    (other,) = formulary.approved_for(case.db, "capsule", Decimal(3))
    for record in (other.record_id, 99_999):
        with pytest.raises(PharmacyError, match="No approved version") as refused:
            service.choose_formula(case.db, paul, seen(one), record)
        assert refused.value.field == "formula"


def test_an_accepted_fill_keeps_its_formula_and_a_refill_begins_with_it(
    case: Case, raw: Engine, lactose: int, tina: Actor, paul: Actor
) -> None:
    one = case.in_review(tina)
    record = record_of(case.db, lactose)
    service.choose_formula(case.db, paul, seen(one), record)
    service.confirm_medicines(case.db, tina, seen(queries.fill(case.db, one.id)))
    service.accept_fill(case.db, paul, seen(queries.fill(case.db, one.id)))
    one = queries.fill(case.db, one.id)
    with pytest.raises(Refused):
        service.choose_formula(case.db, paul, seen(one), record)
    factories.change(raw, Fill, one.id, status=Status.HANDED_OVER.value)
    case.db.rollback()
    refill = service.start_refill(case.db, tina, seen(queries.prescription(case.db, one.prescription_id)))
    assert isinstance(refill, int)
    assert queries.fill(case.db, refill).formula_id == record


def test_a_formula_that_was_retired_no_longer_counts_as_chosen(
    case: Case, raw: Engine, lactose: int, tina: Actor, paul: Actor
) -> None:
    one = case.in_review(tina)
    service.choose_formula(case.db, paul, seen(one), record_of(case.db, lactose))
    factories.change(raw, formulary.FormulaVersion, lactose, status="retired")
    case.db.rollback()
    assert looked_at(case, queries.fill(case.db, one.id)) == MCC.name


def test_without_any_formula_nothing_is_looked_at(case: Case) -> None:
    assert making.version_for(case.db, Strength(Decimal("2.75"), Form.CAPSULE), None, None) is None


def test_every_formula_that_makes_it_is_listed_with_what_is_not_borne(
    case: Case, raw: Engine, lactose: int, tina: Actor
) -> None:
    one = patient(case, raw, "lactose").in_review(tina)
    mcc, other = making.makers(case.db, one)
    assert (mcc.name, mcc.looked_at, mcc.chosen, mcc.not_borne) == (MCC.name, True, False, ())
    assert (other.looked_at, other.not_borne) == (False, ("Lactose: the formula holds Anhydrous lactose",))


def test_a_lot_in_lactose_is_neither_offered_nor_packed_for_who_does_not_bear_it(
    case: Case, raw: Engine, lactose: int, formulary: dict[str, int], tina: Actor, paul: Actor
) -> None:
    one = patient(case, raw, "lactose").confirmed(tina)
    service.accept_fill(case.db, paul, seen(one))
    in_lactose = factories.lot(raw, formulary["naltrexone-capsule-4.5mg-lactose-anhydrous"], origin="made", amount=60)
    in_mcc = factories.lot(raw, formulary["naltrexone-capsule-4.5mg"], origin="made", amount=60)
    case.db.rollback()
    offered = on_hand.offer(case.db, queries.fill(case.db, one.id))
    assert [choice.lot.id for choice in offered.choices] == [in_mcc]
    with pytest.raises(PharmacyError, match="does not bear it") as refused:
        labelling.pack_fill(case.db, tina, seen(queries.fill(case.db, one.id)), ((in_lactose, 30),))
    assert refused.value.field == f"lot_{in_lactose}"
    assert labelling.pack_fill(case.db, tina, seen(queries.fill(case.db, one.id)), ((in_mcc, 30),))
