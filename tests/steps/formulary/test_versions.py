"""A formula is drafted, approved by another, and superseded; what was approved never changes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor, Signature, Solo
from pharmacy.domain.quantity import Mass
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.formulary import definition, queries, service
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.formulary.starting import STARTING_FORMULAS, capsule, liquid
from pharmacy.stock.models import StockItem
from tests import factories
from tests.steps.formulary.conftest import signature

FOUR_AND_A_HALF = capsule("4.5")
MEASURED = replace(FOUR_AND_A_HALF, filler_full=Mass.of("132.4", "mg"))


def seen(db: Session, version_id: int) -> Seen[FormulaVersion]:
    return Seen(FormulaVersion, version_id, queries.version(db, version_id).version)


def record_seen(db: Session, version_id: int) -> Seen[MasterFormulationRecord]:
    record = queries.version(db, version_id).record
    return Seen(MasterFormulationRecord, record.id, record.version)


@pytest.fixture
def draft(db: Session, items: object, paul: Actor) -> int:
    return service.draft_formula(db, paul, FOUR_AND_A_HALF)


@pytest.fixture
def approved(db: Session, draft: int, pia: Actor) -> int:
    service.approve_formula(db, pia, seen(db, draft), signature(pia))
    return draft


def test_a_draft_is_not_made_by(db: Session, draft: int) -> None:
    assert queries.version(db, draft).status == "draft"
    assert queries.approved_for(db, "capsule", Decimal("4.5")) == []


def test_a_pharmacist_approves_what_another_wrote(db: Session, approved: int, pia: Actor) -> None:
    (version,) = queries.approved_for(db, "capsule", Decimal("4.50"))
    assert (version.id, version.approved_by, version.record.number) == (approved, pia.id, "MFR-0001")
    assert definition.read(version) == FOUR_AND_A_HALF


def test_nobody_approves_a_formula_of_her_own(db: Session, items: object, pia: Actor) -> None:
    own = service.draft_formula(db, pia, FOUR_AND_A_HALF)
    with pytest.raises(Refused, match="may not approve"):
        service.approve_formula(db, pia, seen(db, own), signature(pia))
    assert queries.version(db, own).status == "draft"


def test_in_solo_mode_she_may_with_a_reason_that_stays_in_the_record(db: Session, items: object, pia: Actor) -> None:
    own = service.draft_formula(db, pia, FOUR_AND_A_HALF)
    service.approve_formula(db, pia, seen(db, own), signature(pia), solo=Solo("the only pharmacist today"))
    assert queries.version(db, own).status == "approved"


def test_any_pharmacist_who_did_not_write_it_approves(
    db: Session, draft: int, items: object, tina: Actor, paul: Actor, pia: Actor
) -> None:
    with pytest.raises(Refused, match="this is done by: pharmacist"):
        service.approve_formula(db, tina, seen(db, draft), signature(tina))
    with pytest.raises(Refused, match="may not approve"):
        service.approve_formula(db, paul, seen(db, draft), signature(paul))
    of_pia = service.draft_formula(db, pia, capsule("3"))
    service.approve_formula(db, paul, seen(db, of_pia), signature(paul))
    assert queries.version(db, of_pia).approved_by == paul.id


# --- taking a draft back -----------------------------------------------------------------------------------------------


def test_a_draft_is_withdrawn_by_its_author_with_a_reason_and_stays_to_be_read(
    db: Session, draft: int, tina: Actor, paul: Actor, pia: Actor
) -> None:
    for actor in (tina, pia):
        with pytest.raises(Refused):
            service.withdraw_formula(db, actor, seen(db, draft), "the wrong filler")
    with pytest.raises(Refused, match="a reason"):
        service.withdraw_formula(db, paul, seen(db, draft), " ")
    service.withdraw_formula(db, paul, seen(db, draft), "the wrong filler", "a" * 32)
    service.withdraw_formula(db, paul, seen(db, draft), "the wrong filler", "a" * 32)  # the same form again: nothing
    version = queries.version(db, draft)
    assert (version.status, version.state, version.withdrawn) == ("retired", "withdrawn", True)
    assert definition.read(version) == FOUR_AND_A_HALF
    assert queries.waiting(db) == []
    with pytest.raises(Refused, match="done while it is draft"):
        service.approve_formula(db, pia, seen(db, draft), signature(pia))


def test_what_was_approved_is_not_withdrawn_and_retired_is_another_word(
    db: Session, approved: int, paul: Actor, pia: Actor
) -> None:
    with pytest.raises(Refused, match="done while it is draft"):
        service.withdraw_formula(db, paul, seen(db, approved), "too late")
    service.retire_formula(db, pia, seen(db, approved), "filler withdrawn")
    assert queries.version(db, approved).state == "retired"


def test_after_a_withdrawal_its_record_is_made_again_as_the_next_version(
    db: Session, draft: int, paul: Actor, pia: Actor
) -> None:
    service.withdraw_formula(db, paul, seen(db, draft), "written by the wrong person")
    again = service.draft_formula(db, pia, FOUR_AND_A_HALF)
    first, second = queries.version(db, draft).record.versions
    assert (first.id, second.id, second.number, second.author_id) == (draft, again, 2, pia.id)
    with pytest.raises(service.HasRecord):
        service.draft_formula(db, paul, FOUR_AND_A_HALF)
    service.approve_formula(db, paul, seen(db, again), signature(paul))
    assert [one.id for one in queries.approved(db)] == [again]


def test_after_a_withdrawal_the_next_version_may_say_the_same(db: Session, draft: int, paul: Actor, pia: Actor) -> None:
    service.withdraw_formula(db, paul, seen(db, draft), "written by the wrong person")
    service.draft_version(db, pia, record_seen(db, draft), FOUR_AND_A_HALF, "written by me")
    assert [one.number for one in queries.version(db, draft).record.versions] == [1, 2]


def test_a_withdrawn_version_is_passed_over_by_the_next_one(
    db: Session, approved: int, paul: Actor, pia: Actor
) -> None:
    second = service.draft_version(db, paul, record_seen(db, approved), MEASURED, "measured")
    with pytest.raises(PharmacyError, match="Nothing is changed from version 2"):
        service.draft_version(db, paul, record_seen(db, approved), MEASURED, "measured")
    service.withdraw_formula(db, paul, seen(db, second), "weighed the wrong shells")
    with pytest.raises(PharmacyError, match="Nothing is changed from version 1"):
        service.draft_version(db, paul, record_seen(db, approved), FOUR_AND_A_HALF, "as it was")
    third = service.draft_version(db, pia, record_seen(db, approved), MEASURED, "measured anew")
    assert queries.version(db, third).number == 3
    assert queries.in_force(queries.version(db, third).record).id == approved  # type: ignore[union-attr]
    service.approve_formula(db, paul, seen(db, third), signature(paul))


def test_a_withdrawn_version_does_not_overtake_an_earlier_draft(
    db: Session, approved: int, paul: Actor, pia: Actor
) -> None:
    second = service.draft_version(db, paul, record_seen(db, approved), MEASURED, "measured")
    later = replace(MEASURED, shell_mass=Mass.of("49", "mg"))
    third = service.draft_version(db, paul, record_seen(db, approved), later, "other shells")
    service.withdraw_formula(db, paul, seen(db, third), "no other shells after all")
    assert [one.id for one in queries.waiting(db)] == [second]
    service.approve_formula(db, pia, seen(db, second), signature(pia))


def test_the_starting_formulas_can_be_brought_again_after_their_withdrawal(
    db: Session, drafts: list[int], paul: Actor, pia: Actor
) -> None:
    assert service.bring_starting_formulas(db, pia) == []
    for one in drafts:
        service.withdraw_formula(db, paul, seen(db, one), "brought in by the wrong person")
    again = service.bring_starting_formulas(db, pia)
    assert len(again) == len(drafts)
    assert {queries.version(db, one).number for one in again} == {2}
    assert service.bring_starting_formulas(db, paul) == []


def test_an_approval_is_signed_by_the_one_who_approves(db: Session, draft: int, pia: Actor, paul: Actor) -> None:
    with pytest.raises(Refused, match="signature"):
        service.approve_formula(db, pia, seen(db, draft), signature(paul))


def test_approving_the_next_version_retires_the_former(db: Session, approved: int, paul: Actor, pia: Actor) -> None:
    second = service.draft_version(db, paul, record_seen(db, approved), MEASURED, "ten shells weighed")
    assert [one.id for one in queries.approved(db)] == [approved]  # until then the former is in force
    service.approve_formula(db, pia, seen(db, second), signature(pia))
    assert [one.id for one in queries.approved(db)] == [second]
    assert queries.version(db, approved).status == "retired"
    assert definition.read(queries.version(db, approved)) == FOUR_AND_A_HALF


def test_a_record_never_has_two_approved_versions(db: Session, approved: int, paul: Actor, pia: Actor) -> None:
    for mass in ("131", "132", "133"):
        changed = replace(FOUR_AND_A_HALF, filler_full=Mass.of(mass, "mg"))
        draft = service.draft_version(db, paul, record_seen(db, approved), changed, "measured again")
        service.approve_formula(db, pia, seen(db, draft), signature(pia))
        states = [one.status for one in queries.version(db, approved).record.versions]
        assert states.count("approved") == 1
        assert states[-1] == "approved"


def test_a_draft_that_was_overtaken_can_no_longer_be_approved(
    db: Session, approved: int, paul: Actor, pia: Actor
) -> None:
    second = service.draft_version(db, paul, record_seen(db, approved), MEASURED, "measured")
    later = replace(MEASURED, shell_mass=Mass.of("49", "mg"))
    third = service.draft_version(db, paul, record_seen(db, approved), later, "other shells")
    assert [one.id for one in queries.waiting(db)] == [second, third]
    service.approve_formula(db, pia, seen(db, third), signature(pia))
    assert queries.waiting(db) == []
    with pytest.raises(NotReady, match="Version 3 was approved"):
        service.approve_formula(db, pia, seen(db, second), signature(pia))


def test_an_approved_version_is_not_approved_again_or_changed(db: Session, approved: int, pia: Actor) -> None:
    with pytest.raises(Refused, match="approved"):
        service.approve_formula(db, pia, seen(db, approved), signature(pia))


def test_two_who_write_the_next_version_at_once_do_not_both_write_it(
    db: Session, approved: int, paul: Actor, pia: Actor
) -> None:
    both_saw = record_seen(db, approved)
    service.draft_version(db, paul, both_saw, MEASURED, "measured")
    with pytest.raises(Conflict):
        service.draft_version(db, pia, both_saw, replace(MEASURED, shell_mass=Mass.of("49", "mg")), "measured")
    assert [one.number for one in queries.version(db, approved).record.versions] == [1, 2]


def test_the_same_form_sent_twice_writes_one_version(db: Session, approved: int, paul: Actor) -> None:
    on = record_seen(db, approved)
    first = service.draft_version(db, paul, on, MEASURED, "measured", "b" * 32)
    assert service.draft_version(db, paul, on, MEASURED, "measured", "b" * 32) == first


def test_a_version_says_what_changes_and_changes_something(db: Session, approved: int, paul: Actor) -> None:
    with pytest.raises(PharmacyError, match="why") as refused:
        service.draft_version(db, paul, record_seen(db, approved), MEASURED, " ")
    assert refused.value.field == "reason"
    with pytest.raises(PharmacyError, match="Nothing is changed"):
        service.draft_version(db, paul, record_seen(db, approved), FOUR_AND_A_HALF, "no change")


def test_another_strength_is_another_record(db: Session, approved: int, paul: Actor) -> None:
    with pytest.raises(Mismatch, match="another record"):
        service.draft_version(db, paul, record_seen(db, approved), capsule("3"), "stronger")
    with pytest.raises(PharmacyError, match="already"):
        service.draft_formula(db, paul, MEASURED)


def test_a_formula_names_only_what_stock_keeps_in_the_right_unit(
    db: Session, raw: Engine, items: object, paul: Actor
) -> None:
    other = replace(FOUR_AND_A_HALF, filler=replace(FOUR_AND_A_HALF.filler, code="lactose", name="Lactose"))
    with pytest.raises(NotReady, match="add it under the code lactose"):
        service.draft_formula(db, paul, other)
    item_id = db.scalar(select(StockItem.id).where(StockItem.code == "shell-3"))
    assert item_id is not None
    db.rollback()
    factories.change(raw, StockItem, item_id, unit="mg")
    with pytest.raises(Mismatch, match="kept in mg"):
        service.draft_formula(db, paul, FOUR_AND_A_HALF)


def test_the_approved_version_is_retired_with_a_reason(db: Session, approved: int, paul: Actor, pia: Actor) -> None:
    with pytest.raises(Refused, match="pharmacist in charge"):
        service.retire_formula(db, paul, seen(db, approved), "filler withdrawn")
    service.retire_formula(db, pia, seen(db, approved), "filler withdrawn")
    assert queries.approved(db) == []


def test_the_room_that_a_powder_takes_up_is_told_when_it_changes() -> None:
    base = liquid("1")
    acid = next(one for one in base.portions if one.unit == "g")
    rest = tuple(one for one in base.portions if one is not acid)
    now = replace(
        base, drug_displacement=Fraction("0.8"), portions=(replace(acid, displacement=Fraction("0.6")), *rest)
    )
    told = [(name, was, after.replace("\u00a0", " ")) for name, was, after in definition.differences(base, now)]
    assert told == [
        ("1 g of Naltrexone HCl takes up", "", "0.8 mL"),
        (f"1 g of {acid.component.name} takes up", "", "0.6 mL"),
    ]


def test_differences_are_told_in_words() -> None:
    assert definition.differences(FOUR_AND_A_HALF, FOUR_AND_A_HALF) == []
    told = definition.differences(FOUR_AND_A_HALF, MEASURED)
    assert ("Filler that fills the shell", "130\u00a0mg", "132.4\u00a0mg") in told


def test_a_trituration_lot_is_offered_for_its_own_diluent_alone(
    db: Session, raw: Engine, drafts: list[int], pia: Actor
) -> None:
    item_id = db.scalar(select(StockItem.id).where(StockItem.code == "naltrexone-trituration-10"))
    assert item_id is not None
    db.rollback()
    lot_id = factories.lot(raw, item_id, origin="made", drug_fraction="1/10", amount=1500)
    (lot,) = queries.trituration_lots(db, "mcc", clock.today())
    assert lot.id == lot_id
    assert queries.lot_facts(db, lot).diluent == "mcc"
    assert queries.trituration_lots(db, "lactose", clock.today()) == []


def test_every_starting_formula_can_be_approved(db: Session, drafts: list[int], pia: Actor) -> None:
    for draft in drafts:
        service.approve_formula(db, pia, seen(db, draft), Signature(pia.id, "PIN", factories.NOW))
    assert len(queries.approved(db)) == len(STARTING_FORMULAS)
    for one in STARTING_FORMULAS:
        found = queries.approved_for(db, one.kind, definition.strength_of(one))
        assert [definition.read(it) for it in found].count(one) == 1
