"""A titration of several strengths: one order, a prescription for each container, decided once by the daily total."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.directions import Directions, When
from pharmacy.domain.directions import sentence as sentence_of
from pharmacy.domain.quantity import Mass
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.titration import DoseStep, Titration
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.prescriptions import kits, queries, screen, service
from pharmacy.prescriptions.models import Fill, Kit, KitContainer, Prescription
from pharmacy.prescriptions.service import KitOrder
from pharmacy.screening import queries as screening
from tests import factories
from tests.steps.prescriptions.conftest import Case, capsule_order, seen


def sentence(directions: Directions) -> str:
    """The sentence with plain blanks."""
    return sentence_of(directions).replace("\u00a0", " ")


WEEKS = ("0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4")


def kit_order(*doses: str, days: int = 7, form: Form = Form.CAPSULE, **given: Any) -> KitOrder:
    steps = tuple(DoseStep(Mass.of(one, "mg"), days) for one in doses or WEEKS)
    return KitOrder(
        **{
            "titration": Titration(form, steps, When.BEDTIME),
            "chosen": (Strength(Decimal("0.5"), form), Strength(Decimal("1.5"), form)) if form is Form.CAPSULE else (),
            "most": 2,
            "refills": 3,
            "refill_days": 30,
            "purpose": "",
            "print_purpose": False,
            "reason_for_compounding": "No product of this strength is made",
            **given,
        }
    )


def entered(case: Case, actor: Actor, order: KitOrder | None = None) -> list[Fill]:
    made = service.enter_kit(case.db, actor, case.patient, case.prescriber, case.receipt(), order or kit_order())
    assert isinstance(made, list)
    return [queries.fill(case.db, one) for one in made]


def in_review(case: Case, actor: Actor, order: KitOrder | None = None) -> list[Fill]:
    for one in (fills := entered(case, actor, order)):
        service.submit_fill(case.db, actor, seen(one))
    return [queries.fill(case.db, one.id) for one in fills]


def become(raw: Engine, fill_id: int, status: str) -> None:
    with raw.begin() as connection:
        connection.execute(Fill.__table__.update().where(Fill.id == fill_id).values(status=status))


def test_one_order_becomes_a_prescription_and_a_fill_for_each_container_in_one_entry(case: Case, tina: Actor) -> None:
    before = case.db.scalars(select(AuditEntry.id)).all()
    fills = entered(case, tina)
    after = case.db.scalars(select(AuditEntry.id)).all()
    assert len(after) == len(before) + 1
    rows = [one.prescription for one in fills]
    assert [(row.strength, row.quantity, row.in_kit.place, row.refill_quantity) for row in rows] == [
        (Decimal("0.5"), 63, 1, 60),
        (Decimal("1.5"), 63, 2, 60),
    ]
    assert rows[0].kit_id == rows[1].kit_id is not None
    assert len({row.number for row in rows}) == 2
    assert rows[0].original == rows[1].original is not None
    assert sentence(queries.directions_for(fills[1])) == (
        "Take by mouth at bedtime. Days 15 to 35: 1 capsule. Days 36 to 56: 2 capsules."
    )
    assert [queries.fill_days(one) for one in fills] == [56, 56]
    assert case.db.scalars(select(Kit.refill_days)).all() == [30]


def test_a_form_that_is_posted_twice_enters_one_kit(case: Case, tina: Actor) -> None:
    key = "0" * 32
    given = case.db, tina, case.patient, case.prescriber, case.receipt(), kit_order(), key
    assert service.enter_kit(*given) == service.enter_kit(*given)
    assert len(case.db.scalars(select(Prescription.id)).all()) == 2


def test_the_program_proposes_the_strengths_with_the_fewest_capsules(case: Case, tina: Actor) -> None:
    rows = [one.prescription for one in entered(case, tina, kit_order("1.5", "3", "4.5", chosen=(), most=3))]
    assert [(row.strength, row.quantity, row.refills, row.refill_quantity) for row in rows] == [
        (Decimal("1.5"), 7, 0, None),
        (Decimal(3), 7, 0, None),
        (Decimal("4.5"), 7, 3, 30),
    ]


def test_one_strength_that_makes_it_is_an_ordinary_prescription(case: Case, tina: Actor) -> None:
    (one,) = entered(case, tina, kit_order("1.5", "3", "4.5", chosen=(), most=1))
    row = one.prescription
    assert (row.kit_id, row.strength, row.quantity) == (None, Decimal("1.5"), 42)
    assert row.refill_quantity == 90
    assert sentence(queries.directions_for(one)) == (
        "Take by mouth at bedtime: 1 capsule for 7 days, then 2 for 7 days, then 3 for 7 days."
    )


def test_a_liquid_kit_is_dispensed_in_whole_millilitres(case: Case, tina: Actor) -> None:
    (one,) = entered(case, tina, kit_order(form=Form.LIQUID))
    assert (one.prescription.strength, one.quantity, one.prescription.refill_quantity) == (Decimal(5), 26, 24)
    with_it = queries.syringe_of(one)
    assert with_it is not None
    assert with_it.words().replace("\u00a0", " ") == "1 mL oral syringe, marked every 0.01 mL"


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"chosen": (Strength(Decimal("0.7"), Form.CAPSULE),)}, "strengths", "0.7\u00a0mg is not made here"),
        ({"chosen": (Strength(Decimal("1.5"), Form.CAPSULE),)}, "strengths", "0.5\u00a0mg at once cannot be made"),
        ({"refills": 12}, "refills", "0 to 11"),
        ({"refill_days": 0}, "refill_days", "1 to 3650 days"),
        ({"reason_for_compounding": ""}, "reason_for_compounding", "Say why"),
        ({"refill_days": 600}, "", ""),
    ],
)
def test_a_kit_that_cannot_be_is_refused_at_its_field(
    case: Case, tina: Actor, given: dict[str, Any], field: str, said: str
) -> None:
    if not field:
        assert entered(case, tina, kit_order(**given))
        return
    with pytest.raises(PharmacyError, match=said) as caught:
        entered(case, tina, kit_order(**given))
    assert caught.value.field == field
    assert not case.db.scalars(select(Prescription.id)).all(), "nothing is half-saved"
    assert not case.db.scalars(select(Kit.id)).all()


def test_too_many_capsules_are_refused_at_the_steps(case: Case, tina: Actor) -> None:
    with pytest.raises(PharmacyError, match="are dispensed at once") as caught:
        entered(case, tina, kit_order("2", "2.5", days=600))
    assert caught.value.field == "steps"


def test_each_container_is_screened_by_the_daily_total_of_the_kit(case: Case, tina: Actor) -> None:
    fills = in_review(case, tina, kit_order("4", "5"))
    for one in fills:
        facts = screen.facts_of(case.db, one)
        assert facts.daily_doses == (Mass.of(4, "mg"), Mass.of(5, "mg"))
        rules = {row.rule_id for row in screening.findings(case.db, one.id)}
        assert "dose.above-band" in rules
        assert not {"dose.below-band", "prescription.duplicate"} & rules, "the other container is no other prescription"
        assert not facts.other_prescriptions


def test_another_prescription_still_counts_as_another(case: Case, tina: Actor) -> None:
    case.in_review(tina, capsule_order())
    for one in in_review(case, tina):
        assert len(screen.facts_of(case.db, one).other_prescriptions) == 1


def test_what_is_decided_for_one_container_counts_for_the_other(case: Case, tina: Actor, paul: Actor) -> None:
    first, second = in_review(case, tina, kit_order("4", "5"))
    service.confirm_medicines(case.db, tina, seen(first))
    assert queries.fill(case.db, second.id).medicines_confirmed_at is not None
    (finding,) = screening.open_findings(case.db, first.id)
    given = service.Decided(service.Outcome.GO_ON, "The prescriber raised it to 5 mg.")
    service.decide_finding(case.db, paul, Seen(type(finding), finding.id), given)
    case.db.rollback()
    assert not screening.open_findings(case.db, second.id)
    (row,) = [row for row in screening.findings(case.db, second.id) if row.rule_id == "dose.above-band"]
    assert [one.reason for one in row.decisions] == ["The prescriber raised it to 5 mg."]
    assert row.decisions[0].decided_by == paul.id
    service.reopen_finding(case.db, paul, Seen(type(finding), finding.id), "I was wrong.")
    case.db.rollback()
    assert len(screening.open_findings(case.db, second.id)) == 1
    service.decide_finding(case.db, paul, Seen(type(row), row.id), given)
    case.db.rollback()
    for one in (first, second):
        service.accept_fill(case.db, paul, Seen(Fill, one.id))
        assert queries.fill(case.db, one.id).status == Status.ACCEPTED


def test_a_decision_never_reaches_a_fill_that_was_accepted(case: Case, tina: Actor, raw: Engine) -> None:
    first, second = in_review(case, tina, kit_order("4", "5"))
    become(raw, second.id, "accepted")
    case.db.rollback()
    assert kits.twins(case.db, queries.fill(case.db, first.id)) == []


def test_a_kit_is_not_changed_in_part(case: Case, tina: Actor, paul: Actor) -> None:
    first, _ = in_review(case, tina)
    with pytest.raises(NotReady, match="one container of a kit"):
        service.change_prescription(case.db, tina, seen(first.prescription), case.prescriber, capsule_order())
    with pytest.raises(NotReady, match="one container of a kit"):
        service.amend_prescription(
            case.db, paul, seen(queries.fill(case.db, first.id).prescription), capsule_order(), "Dr Fable", "why not"
        )


# --- rounds ---------------------------------------------------------------------------------------------------------------


def handed_over(case: Case, raw: Engine, fills: list[Fill]) -> list[Fill]:
    for one in fills:
        become(raw, one.id, "handed over")
    case.db.rollback()
    return [queries.fill(case.db, one.id) for one in fills]


def test_a_refill_is_at_the_last_dose_and_never_the_kit_again(case: Case, tina: Actor, raw: Engine) -> None:
    fills = handed_over(case, raw, in_review(case, tina))
    for one in fills:
        service.start_refill(case.db, tina, Seen(Prescription, one.prescription_id))
    case.db.rollback()
    again = [queries.prescription(case.db, one.prescription_id).fills[-1] for one in fills]
    assert [one.quantity for one in again] == [60, 60]
    for one in again:
        assert sentence(queries.directions_for(one)) == "Take 2 capsules by mouth at bedtime."
        assert screen.facts_of(case.db, queries.fill(case.db, one.id)).daily_doses == (Mass.of(4, "mg"),)
        assert not kits.is_first(queries.fill(case.db, one.id))


def test_a_strength_that_the_last_dose_does_not_take_has_no_refill(case: Case, tina: Actor, raw: Engine) -> None:
    order = kit_order("0.5", "1.5")
    first, second = handed_over(case, raw, in_review(case, tina, order))
    with pytest.raises(NotReady, match="The last dose of the kit takes none of this strength"):
        service.start_refill(case.db, tina, seen(first.prescription))
    again = service.start_refill(case.db, tina, seen(queries.fill(case.db, second.id).prescription))
    assert isinstance(again, int)
    one = queries.fill(case.db, again)
    assert kits.place(case.db, one) is None, "it goes alone, and is no longer 2 of 2"
    assert one.quantity == 30


def test_a_kit_that_was_cancelled_begins_anew_with_the_whole_kit(case: Case, tina: Actor, raw: Engine) -> None:
    fills = in_review(case, tina)
    for one in fills:
        become(raw, one.id, "cancelled")
    case.db.rollback()
    again = service.start_refill(case.db, tina, Seen(Prescription, fills[1].prescription_id))
    assert isinstance(again, int)
    one = queries.fill(case.db, again)
    assert (one.quantity, kits.is_first(one), kits.round_of(one)) == (63, True, 1)
    assert sentence(queries.directions_for(one)).startswith("Take by mouth at bedtime. Days 15 to 35: 1 capsule.")
    assert kits.place(case.db, one) == (2, 2)


def test_the_other_container_is_missed_until_it_is_ready(case: Case, tina: Actor, raw: Engine) -> None:
    first, second = in_review(case, tina)
    assert kits.place(case.db, first) == (1, 2)
    assert kits.place(case.db, second) == (2, 2)
    (said,) = kits.not_there(case.db, first)
    assert f"fill {second.number} is in review" in said
    assert said.startswith("naltrexone\u00a0HCl 1.5\u00a0mg capsule of this kit is not ready yet")
    become(raw, second.id, "waiting for pick-up")
    case.db.rollback()
    assert kits.not_there(case.db, queries.fill(case.db, first.id)) == []
    become(raw, second.id, "returned")
    case.db.rollback()
    (said,) = kits.not_there(case.db, queries.fill(case.db, first.id))
    assert "has no fill for it yet" in said


def test_a_fill_of_no_kit_misses_nothing(case: Case, tina: Actor) -> None:
    one = case.in_review(tina)
    assert kits.place(case.db, one) is None
    assert kits.not_there(case.db, one) == []
    assert kits.daily_doses(one) == ()
    assert kits.twins(case.db, one) == []


def test_no_container_of_a_kit_changes_the_concentration_of_another(
    case: Case, tina: Actor, raw: Engine, db: Session
) -> None:
    plan = kit_order(form=Form.LIQUID).plan((Decimal(1), Decimal(5)))
    kit = factories.put(raw, Kit, plan=plan.to_json(), refill_days=30)
    steps = {"form": "liquid", "steps": [{"amount": "0.5", "when": "at bedtime", "days": None}]}
    rows = [
        factories.prescription(
            raw, case.patient, case.prescriber, form="liquid", strength=Decimal(one), directions=steps
        )
        for one in (1, 5)
    ]
    for place, row in enumerate(rows, start=1):
        with raw.begin() as connection:
            connection.execute(KitContainer.__table__.insert().values(prescription_id=row, kit_id=kit, place=place))
    factories.fill(raw, rows[0], status="handed over")
    other = factories.fill(raw, rows[1], status="in review")
    assert screen.facts_of(db, queries.fill(db, other)).previous_liquid is None


def test_of_many_strengths_only_those_that_a_dose_could_take_are_tried() -> None:
    made = tuple(Decimal(one) / 2 for one in range(1, 31))
    kit = kit_order(chosen=()).plan(made).kit
    assert kit.units == 126
    with pytest.raises(PharmacyError, match="More than 12 strengths could make it: say which") as caught:
        kit_order("8", chosen=()).plan(made)
    assert caught.value.field == "strengths"
    assert kit_order("8", chosen=(Strength(Decimal(4), Form.CAPSULE),)).plan(made).kit.units == 14
    with pytest.raises(PharmacyError, match="No approved formula"):
        kit_order(chosen=()).plan(())
