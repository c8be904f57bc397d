"""Deny by default: each action names who may; a refusal is on record and changes nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.accounts.models import Person
from pharmacy.actions.acting import Refused, Seen, UnrecordedWrite, acting, may
from pharmacy.actions.catalogue import PERMITS, PROGRAM, Action, Actor, Role, Signature, Solo, who_may
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.workflow import Making, Status
from pharmacy.formulary.models import FormulaVersion
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot
from tests import factories
from tests.actions.door import actions, bodies, signed, verdict, verify_fill
from tests.conftest import ADA, ADAM, NORA, PAUL, PIA, TINA

A = Action
OWN = {A.SET_OWN_SECRET, A.SIGN_IN, A.SIGN_OUT, A.RETURN_FORM}
LOOKING = {A.VIEW, A.SEARCH, A.PRINT}
READING_THE_LOG = {A.READ_LOG, A.EXPORT_LOG, A.VERIFY_RECORDS}
DOOR_ONLY = {A.REFUSED}
AT_THE_BENCH = {
    A.ADD_PATIENT, A.CHANGE_PATIENT, A.RECORD_MEDICINES, A.ADD_PRESCRIBER, A.CHANGE_PRESCRIBER, A.RECEIVE_LOT,
    A.QUARANTINE_LOT, A.WASTE_LOT, A.CORRECT_COUNT, A.MEASURE_SHELLS, A.ENTER_PRESCRIPTION, A.CHANGE_PRESCRIPTION,
    A.CONFIRM_MEDICINES, A.SUBMIT_FILL, A.SCREEN_FILL, A.START_REFILL, A.PLAN_PREPARATION, A.GIVE_UP_PREPARATION, A.RECORD_WEIGHING, A.RECORD_CHECKS,
    A.ATTACH_CALCULATION, A.FINISH_PREPARATION, A.PACK_FILL, A.UNPACK_FILL, A.ISSUE_LABEL, A.REISSUE_LABEL, A.REPRINT_LABEL,
    A.HAND_OVER, A.RETURN_FILL,
}  # fmt: skip
BY_A_PHARMACIST = {
    A.RESOLVE_MEDICINE, A.ADD_STOCK_ITEM, A.REJECT_LOT, A.DRAFT_FORMULA, A.APPROVE_FORMULA, A.WITHDRAW_FORMULA, A.AMEND_PRESCRIPTION, A.DECIDE_FINDING,
    A.SIGN_FINDING, A.ACCEPT_FILL, A.HOLD_FILL, A.ANSWER_CLARIFICATION, A.REJECT_FILL, A.CANCEL_FILL,
    A.CHOOSE_FORMULA, A.RELEASE_PREPARATION, A.REJECT_PREPARATION, A.VERIFY_FILL, A.SEND_BACK_FILL, A.REDUCE_FILL, A.DESTROY_FILL,
}  # fmt: skip
IN_CHARGE = {
    A.CHANGE_PHARMACY, A.SET_POLICY, A.ADD_BALANCE, A.CHANGE_BALANCE, A.RELEASE_LOT,
    A.RETIRE_FORMULA, A.BACK_UP, A.DISPOSE, A.LIST_PEOPLE,
}  # fmt: skip
OF_PEOPLE = {A.LIST_PEOPLE, A.ADD_PERSON, A.CHANGE_PERSON, A.RESET_SECRET, A.BACK_UP}
OF_THE_PROGRAM = {
    A.SET_UP, A.DEMONSTRATE, A.ADD_PERSON, A.REFUSE_SIGN_IN, A.REFUSE_SIGNATURE, A.HOLD_FORM, A.SCREEN_FILL,
    A.VERIFY_RECORDS, A.BACK_UP, A.RESTORE,
}  # fmt: skip
CLINICAL = AT_THE_BENCH | BY_A_PHARMACIST | {A.RELEASE_LOT, A.RETIRE_FORMULA}
PHARMACIST = OWN | LOOKING | READING_THE_LOG | AT_THE_BENCH | BY_A_PHARMACIST
WHO = {
    "technician": (TINA, OWN | LOOKING | AT_THE_BENCH),
    "pharmacist": (PAUL, PHARMACIST),
    "pharmacist in charge": (PIA, PHARMACIST | IN_CHARGE),
    "auditor": (ADA, OWN | LOOKING | READING_THE_LOG | {A.LIST_PEOPLE}),
    "administrator": (ADAM, OWN | OF_PEOPLE),
    "no role": (NORA, set()),
    "the program": (PROGRAM, OF_THE_PROGRAM),
}


def allowed_by_role(db: Session, actor: Actor, action: Action) -> bool:
    """Whether the door lets the role in; a door that then asks for a row has let it in."""
    try:
        with acting(db, actor, action, Seen(Lot), reason="a reason", signature=signed(actor)):
            return True
    except UnrecordedWrite:
        return True
    except Refused as refused:
        if str(refused) != f"this is done by: {who_may(action)}":
            raise
        return False


@pytest.mark.parametrize("action", Action)
def test_every_action_says_who_may_or_is_the_doors_own(action: Action) -> None:
    assert (action in PERMITS) is (action not in DOOR_ONLY), (
        f"Write a Permit for {action.name} in actions/catalogue.py, and the sentence of it in log/words.py"
    )
    assert action in DOOR_ONLY or PERMITS[action].roles


@pytest.mark.parametrize("who", WHO)
def test_each_role_is_let_in_for_its_own_acts_and_refused_on_record_for_all_others(db: Session, who: str) -> None:
    actor, may_do = WHO[who]
    assert {action for action in Action if allowed_by_role(db, actor, action)} == may_do
    refused = [body["context"]["attempted"] for body in bodies(db) if "attempted" in body["context"]]
    assert sorted(refused) == sorted(action.value for action in Action if action not in may_do)
    assert all(body["changes"] == [] for body in bodies(db))
    assert {action for action in Action if may(actor, action)} == may_do


def test_an_auditor_does_nothing_clinical_and_changes_nobody_elses_row() -> None:
    changes = set(Action) - LOOKING - READING_THE_LOG - OWN - {A.LIST_PEOPLE}
    assert not {action for action in changes if may(ADA, action)}
    assert not CLINICAL & {action for action in Action if may(ADA, action)}


def test_an_administrator_does_nothing_clinical_and_sees_no_patient() -> None:
    allowed = {action for action in Action if may(ADAM, action)}
    assert not allowed & (CLINICAL | LOOKING | READING_THE_LOG)


def test_only_pharmacists_sign() -> None:
    signing = {action for action, permit in PERMITS.items() if permit.signed}
    assert signing == {
        A.APPROVE_FORMULA, A.SIGN_FINDING, A.RELEASE_PREPARATION, A.REJECT_PREPARATION, A.VERIFY_FILL,
    }  # fmt: skip
    assert not {role for action in signing for role in PERMITS[action].roles} - {
        Role.PHARMACIST,
        Role.PHARMACIST_IN_CHARGE,
    }


def test_every_state_that_a_permit_names_is_one_that_the_thing_can_be_in() -> None:
    states = {*map(str, Status), *map(str, Making), "quarantined", "released", "rejected", "draft", "approved"}
    for action, permit in PERMITS.items():
        assert (permit.when or frozenset()) <= states, action


def test_a_refused_attempt_is_recorded_and_changes_nothing(db: Session, engine: Engine, fill: Seen[Fill]) -> None:
    with pytest.raises(Refused) as refused:
        verify_fill(db, TINA, fill, "k1")
    assert refused.value.who == "pharmacist"
    entry = db.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor, entry.role) == ("attempt:refused", TINA.id, "technician")
    assert bodies(db)[0] == {
        "changes": [],
        "context": {"attempted": "fill:verify", "because": "this is done by: pharmacist"},
        "reason": "",
    }
    assert db.get_one(Fill, fill.id).status == "labelled"
    assert verdict(engine).first_bad is None


def test_a_person_without_a_role_is_refused_and_the_record_says_no_role(db: Session, fill: Seen[Fill]) -> None:
    with pytest.raises(Refused):
        verify_fill(db, NORA, fill)
    assert db.scalar(select(AuditEntry.role)) == "no role"


def test_nobody_may_ask_for_the_doors_own_entry(db: Session) -> None:
    for actor in (PIA, ADAM, PROGRAM):
        with pytest.raises(Refused, match="nobody"), acting(db, actor, Action.REFUSED, Seen(Lot)):
            pass


def test_nobody_verifies_what_they_prepared(db: Session, raw: Engine) -> None:
    order = factories.prescription(raw)
    own = Seen(Fill, factories.fill(raw, order, status="labelled", made_by=[TINA.id, PAUL.id]), 1)
    with pytest.raises(Refused, match="whoever prepared it") as refused:
        verify_fill(db, PAUL, own)
    assert refused.value.who == "another pharmacist"
    assert not may(PAUL, Action.VERIFY_FILL, db.get_one(Fill, own.id))
    assert verify_fill(db, PIA, own)


def test_another_hat_does_not_help_who_prepared_it(db: Session, raw: Engine) -> None:
    own = Seen(Fill, factories.fill(raw, factories.prescription(raw), status="labelled", made_by=[PIA.id]))
    hats = Actor.of(PIA.id, frozenset(set(Role) - {Role.PROGRAM}), "Pia Larkspur")
    with pytest.raises(Refused, match="whoever prepared it"):
        verify_fill(db, hats, own)


def test_alone_one_verifies_own_work_with_a_reason_that_is_on_record(db: Session, raw: Engine) -> None:
    own = Seen(Fill, factories.fill(raw, factories.prescription(raw), status="labelled", made_by=[PAUL.id]))
    assert verify_fill(db, PAUL, own, solo=Solo("the only pharmacist today"))
    assert bodies(db)[-1]["context"] == {"signed": "password", "solo": "the only pharmacist today"}


def test_the_reason_for_working_alone_is_not_recorded_where_it_was_not_needed(db: Session, fill: Seen[Fill]) -> None:
    assert verify_fill(db, PAUL, fill, solo=Solo("the only pharmacist today"))
    assert bodies(db)[-1]["context"] == {"signed": "password"}


def test_nobody_approves_the_formula_they_wrote(db: Session, raw: Engine) -> None:
    item = factories.item(raw, "naltrexone-capsule-4.5mg", kind="preparation", unit="piece")
    version = factories.formula(
        raw, {}, kind="capsule", strength=Decimal("4.5"), item_id=item, status="draft", author_id=PIA.id
    )
    with (
        pytest.raises(Refused, match="whoever wrote a formula"),
        acting(db, PIA, Action.APPROVE_FORMULA, Seen(FormulaVersion, version), signature=signed(PIA)),
    ):
        pass


def test_any_pharmacist_approves_what_another_wrote_and_nobody_withdraws_it_for_the_author(
    db: Session, raw: Engine
) -> None:
    item = factories.item(raw, "naltrexone-capsule-4.5mg", kind="preparation", unit="piece")
    version = factories.formula(
        raw, {}, kind="capsule", strength=Decimal("4.5"), item_id=item, status="draft", author_id=PIA.id
    )
    row = db.get_one(FormulaVersion, version)
    who = {
        name: (may(actor, A.APPROVE_FORMULA, row), may(actor, A.WITHDRAW_FORMULA, row))
        for name, (actor, _) in WHO.items()
    }
    nobody = dict.fromkeys(set(WHO) - {"pharmacist", "pharmacist in charge"}, (False, False))
    assert who == nobody | {"pharmacist": (True, False), "pharmacist in charge": (False, True)}
    with (
        pytest.raises(Refused, match="a draft is withdrawn by whoever wrote it"),
        acting(db, PAUL, Action.WITHDRAW_FORMULA, Seen(FormulaVersion, version), reason="a reason"),
    ):
        pass


def test_a_secret_is_set_by_its_owner_alone(db: Session) -> None:
    with (
        pytest.raises(Refused, match="owner alone"),
        acting(db, ADAM, Action.SET_OWN_SECRET, Seen(Person, TINA.id)) as opened,
    ):
        opened.subject.password_hash = "x"


def test_a_signature_is_asked_for_and_must_be_ones_own(db: Session, fill: Seen[Fill]) -> None:
    with pytest.raises(Refused, match="signature"), acting(db, PAUL, Action.VERIFY_FILL, fill):
        pass
    with pytest.raises(Refused, match="signature"):
        verify_fill(db, PAUL, fill, signature=signed(PIA))
    assert verify_fill(db, PAUL, fill, signature=Signature(PAUL.id, "PIN", signed(PAUL).at))
    assert bodies(db)[-1]["context"] == {"signed": "PIN"}


def test_a_reason_is_asked_for_and_blanks_are_none(db: Session, lot: Seen[Lot]) -> None:
    with pytest.raises(Refused, match="a reason"), acting(db, TINA, Action.WASTE_LOT, lot, reason=" \t\n"):
        pass


def test_what_is_verified_cannot_be_verified_again(db: Session, fill: Seen[Fill]) -> None:
    verify_fill(db, PAUL, fill)
    with pytest.raises(Refused, match="the fill is verified; this is done while it is labelled"):
        verify_fill(db, PIA, Seen(Fill, fill.id))
    assert actions(db) == ["fill:verify", "attempt:refused"]


def test_an_act_that_is_tested_against_a_row_must_name_it(db: Session) -> None:
    with (
        pytest.raises(UnrecordedWrite, match="name it"),
        acting(db, PAUL, Action.VERIFY_FILL, Seen(Fill), signature=signed(PAUL)),
    ):
        pass


def test_what_a_page_may_offer_is_what_the_door_will_let_in(db: Session, fill: Seen[Fill]) -> None:
    row = db.get_one(Fill, fill.id)
    offered = {action for action in Action if action.value.startswith(("fill:", "label:")) and may(PAUL, action, row)}
    assert offered == {
        A.SCREEN_FILL, A.CANCEL_FILL, A.REISSUE_LABEL, A.REPRINT_LABEL, A.VERIFY_FILL, A.SEND_BACK_FILL, A.REDUCE_FILL,
    }  # fmt: skip


def test_the_pharmacist_in_charge_is_a_pharmacist_too() -> None:
    assert Actor.of(9, frozenset({Role.PHARMACIST_IN_CHARGE})).roles == {Role.PHARMACIST_IN_CHARGE, Role.PHARMACIST}
    assert who_may(Action.BACK_UP) == "pharmacist in charge or administrator"
    assert who_may(Action.RESTORE) == "nobody"
