"""What may be done, by whom, and in which state of the thing: the whole policy on one screen."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pharmacy.domain.workflow import OPEN, Making, Status


class Role(enum.StrEnum):
    """What a person is at the pharmacy. One person may be several things."""

    PHARMACIST_IN_CHARGE = "pharmacist in charge"
    PHARMACIST = "pharmacist"
    TECHNICIAN = "technician"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    PROGRAM = "program"  # what no person does: set-up, a failed sign-in


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the person, all that the person is, and the pharmacy whose chain the entry joins."""

    id: int
    roles: frozenset[Role]
    site: str = "main"
    name: str = ""

    @classmethod
    def of(cls, person: int, roles: frozenset[Role], name: str = "", site: str = "main") -> Actor:
        """The pharmacist in charge is also a pharmacist."""
        if Role.PHARMACIST_IN_CHARGE in roles:
            roles |= {Role.PHARMACIST}
        return cls(person, roles, site, name)


PROGRAM = Actor(0, frozenset({Role.PROGRAM}), name="the program")


class Action(enum.StrEnum):
    """What may be done, and so what the log can say was done."""

    # the pharmacy and its people
    SET_UP = "pharmacy:set-up"
    DEMONSTRATE = "pharmacy:demonstrate"
    CHANGE_PHARMACY = "pharmacy:change"
    SET_POLICY = "policy:set"
    ADD_BALANCE = "balance:add"
    CHANGE_BALANCE = "balance:change"
    LIST_PEOPLE = "person:list"
    ADD_PERSON = "person:add"
    CHANGE_PERSON = "person:change"
    SET_OWN_SECRET = "person:set-own-secret"  # noqa: S105  a name of an action
    RESET_SECRET = "person:reset-secret"  # noqa: S105  a name of an action
    SIGN_IN = "session:open"
    SIGN_OUT = "session:close"
    REFUSE_SIGN_IN = "session:refuse"
    REFUSE_SIGNATURE = "signature:refuse"
    HOLD_FORM = "form:hold"
    RETURN_FORM = "form:return"
    # patients and prescribers
    ADD_PATIENT = "patient:add"
    CHANGE_PATIENT = "patient:change"
    RECORD_MEDICINES = "patient:record-medicines"
    RESOLVE_MEDICINE = "patient:resolve-medicine"
    ADD_PRESCRIBER = "prescriber:add"
    CHANGE_PRESCRIBER = "prescriber:change"
    # stock and formulary
    ADD_STOCK_ITEM = "stock:add-item"
    RECEIVE_LOT = "lot:receive"
    RELEASE_LOT = "lot:release"
    QUARANTINE_LOT = "lot:quarantine"
    REJECT_LOT = "lot:reject"
    WASTE_LOT = "lot:waste"
    CORRECT_COUNT = "lot:correct-count"
    MEASURE_SHELLS = "lot:measure-shells"
    DRAFT_FORMULA = "formula:draft"
    APPROVE_FORMULA = "formula:approve"
    WITHDRAW_FORMULA = "formula:withdraw"
    RETIRE_FORMULA = "formula:retire"
    # prescriptions and their review
    ENTER_PRESCRIPTION = "prescription:enter"
    CHANGE_PRESCRIPTION = "prescription:change"
    AMEND_PRESCRIPTION = "prescription:amend"
    CONFIRM_MEDICINES = "fill:confirm-medicines"
    SUBMIT_FILL = "fill:submit"
    SCREEN_FILL = "fill:screen"
    DECIDE_FINDING = "finding:decide"
    SIGN_FINDING = "finding:sign"  # a decision on a STOP
    CHOOSE_FORMULA = "fill:choose-formula"
    ACCEPT_FILL = "fill:accept"
    HOLD_FILL = "fill:hold"
    ANSWER_CLARIFICATION = "fill:answer-clarification"
    REJECT_FILL = "fill:reject"
    CANCEL_FILL = "fill:cancel"
    START_REFILL = "prescription:start-refill"
    # preparation
    PLAN_PREPARATION = "preparation:plan"
    RECORD_WEIGHING = "preparation:weigh"
    RECORD_CHECKS = "preparation:check"
    ATTACH_CALCULATION = "preparation:attach-calculation"
    FINISH_PREPARATION = "preparation:finish"
    RELEASE_PREPARATION = "preparation:release"
    REJECT_PREPARATION = "preparation:reject"
    GIVE_UP_PREPARATION = "preparation:give-up"
    # label, verification, dispensing
    PACK_FILL = "fill:pack"
    UNPACK_FILL = "fill:unpack"
    ISSUE_LABEL = "label:issue"
    REISSUE_LABEL = "label:reissue"
    REPRINT_LABEL = "label:reprint"
    VERIFY_FILL = "fill:verify"
    SEND_BACK_FILL = "fill:send-back"
    HAND_OVER = "fill:hand-over"
    REDUCE_FILL = "fill:reduce"
    RETURN_FILL = "fill:return"
    DESTROY_FILL = "fill:destroy"
    # the record
    VIEW = "subject:view"
    SEARCH = "subject:search"
    PRINT = "subject:print"
    READ_LOG = "log:read"
    EXPORT_LOG = "log:export"
    VERIFY_RECORDS = "record:verify"
    BACK_UP = "record:back-up"
    RESTORE = "record:restore"
    DISPOSE = "record:dispose"
    REFUSED = "attempt:refused"  # nobody may ask for it: the door writes it


@dataclass(frozen=True, slots=True)
class Signature:
    """Proof that the person gave password or PIN for this very act; made only by ``accounts.signing``."""

    person: int
    method: str  # "password" or "PIN"
    at: datetime


@dataclass(frozen=True, slots=True)
class Solo:
    """One's own work checked alone, where policy allows it; made only by ``premises.service.solo``."""

    reason: str


Check = Callable[[Actor, Any], bool]


class MadeByPeople(Protocol):
    """A row that knows who made what it stands for."""

    made_by: list[int]


def not_own_work(actor: Actor, subject: MadeByPeople) -> bool:
    """whoever prepared it may not release or verify it"""
    return actor.id not in subject.made_by


def not_own_formula(actor: Actor, subject: Any) -> bool:
    """whoever wrote a formula may not approve it"""
    return bool(actor.id != subject.author_id)


def own_draft(actor: Actor, subject: Any) -> bool:
    """a draft is withdrawn by whoever wrote it"""
    return bool(actor.id == subject.author_id)


def own_plan(actor: Actor, subject: Any) -> bool:
    """whoever planned it gives it up; a pharmacist rejects what others planned"""
    return bool(actor.id == subject.planned_by)


def own_account(actor: Actor, subject: Any) -> bool:
    """a secret is set by its owner alone"""
    return bool(actor.id == subject.id)


@dataclass(frozen=True, slots=True)
class Permit:
    """Who may, in which state of the subject, and what must come with it.

    ``checks`` hold of actor and subject; those in ``alone`` may be waived in solo mode with a reason.
    """

    roles: tuple[Role, ...]
    when: frozenset[str] | None = None
    checks: tuple[Check, ...] = ()
    alone: tuple[Check, ...] = ()
    signed: bool = False
    reason: bool = False


_R, _S, _M = Role, Status, Making
_CLINICAL = (_R.PHARMACIST, _R.TECHNICIAN)
_READERS = (_R.PHARMACIST, _R.TECHNICIAN, _R.AUDITOR)
_ANYONE = tuple(role for role in Role if role is not Role.PROGRAM)
_PROGRAM = (_R.PROGRAM,)


def _in(*states: str) -> frozenset[str]:
    return frozenset(states)


PERMITS: Mapping[Action, Permit] = {  # an action that is missing here is allowed to nobody
    Action.SET_UP: Permit(_PROGRAM),
    Action.DEMONSTRATE: Permit(_PROGRAM),
    Action.CHANGE_PHARMACY: Permit((_R.PHARMACIST_IN_CHARGE,), reason=True),
    Action.SET_POLICY: Permit((_R.PHARMACIST_IN_CHARGE,), reason=True),
    Action.ADD_BALANCE: Permit((_R.PHARMACIST_IN_CHARGE,)),
    Action.CHANGE_BALANCE: Permit((_R.PHARMACIST_IN_CHARGE,), reason=True),
    Action.LIST_PEOPLE: Permit((_R.ADMINISTRATOR, _R.AUDITOR, _R.PHARMACIST_IN_CHARGE)),
    Action.ADD_PERSON: Permit((_R.ADMINISTRATOR, _R.PROGRAM)),
    Action.CHANGE_PERSON: Permit((_R.ADMINISTRATOR,), reason=True),
    Action.SET_OWN_SECRET: Permit(_ANYONE, checks=(own_account,)),
    Action.RESET_SECRET: Permit((_R.ADMINISTRATOR,), reason=True),
    Action.SIGN_IN: Permit(_ANYONE, checks=(own_account,)),
    Action.SIGN_OUT: Permit(_ANYONE, checks=(own_account,)),
    Action.REFUSE_SIGN_IN: Permit(_PROGRAM),
    Action.REFUSE_SIGNATURE: Permit(_PROGRAM),
    Action.HOLD_FORM: Permit(_PROGRAM),
    Action.RETURN_FORM: Permit(_ANYONE),
    Action.ADD_PATIENT: Permit(_CLINICAL),
    Action.CHANGE_PATIENT: Permit(_CLINICAL),
    Action.RECORD_MEDICINES: Permit(_CLINICAL),
    Action.RESOLVE_MEDICINE: Permit((_R.PHARMACIST,), reason=True),
    Action.ADD_PRESCRIBER: Permit(_CLINICAL),
    Action.CHANGE_PRESCRIBER: Permit(_CLINICAL),
    Action.ADD_STOCK_ITEM: Permit((_R.PHARMACIST,)),
    Action.RECEIVE_LOT: Permit(_CLINICAL),
    Action.RELEASE_LOT: Permit((_R.PHARMACIST_IN_CHARGE,), _in("quarantined"), reason=True),
    Action.QUARANTINE_LOT: Permit(_CLINICAL, _in("released"), reason=True),
    Action.REJECT_LOT: Permit((_R.PHARMACIST,), _in("quarantined"), reason=True),
    Action.WASTE_LOT: Permit(_CLINICAL, reason=True),
    Action.CORRECT_COUNT: Permit(_CLINICAL, reason=True),
    Action.MEASURE_SHELLS: Permit(_CLINICAL, _in("quarantined", "released"), reason=True),
    Action.DRAFT_FORMULA: Permit((_R.PHARMACIST,)),
    Action.APPROVE_FORMULA: Permit((_R.PHARMACIST,), _in("draft"), alone=(not_own_formula,), signed=True),
    Action.WITHDRAW_FORMULA: Permit((_R.PHARMACIST,), _in("draft"), checks=(own_draft,), reason=True),
    Action.RETIRE_FORMULA: Permit((_R.PHARMACIST_IN_CHARGE,), _in("approved"), reason=True),
    Action.ENTER_PRESCRIPTION: Permit(_CLINICAL),
    Action.CHANGE_PRESCRIPTION: Permit(_CLINICAL),
    Action.AMEND_PRESCRIPTION: Permit((_R.PHARMACIST,), reason=True),
    Action.CONFIRM_MEDICINES: Permit(_CLINICAL, _in(_S.ENTERED, _S.IN_REVIEW, _S.ON_HOLD)),
    Action.SUBMIT_FILL: Permit(_CLINICAL, _in(_S.ENTERED)),
    Action.SCREEN_FILL: Permit((_R.PHARMACIST, _R.TECHNICIAN, _R.PROGRAM), _in(*OPEN)),
    Action.DECIDE_FINDING: Permit((_R.PHARMACIST,), reason=True),
    Action.SIGN_FINDING: Permit((_R.PHARMACIST,), signed=True, reason=True),
    Action.CHOOSE_FORMULA: Permit((_R.PHARMACIST,), _in(_S.ENTERED, _S.IN_REVIEW, _S.ON_HOLD)),
    Action.ACCEPT_FILL: Permit((_R.PHARMACIST,), _in(_S.IN_REVIEW)),
    Action.HOLD_FILL: Permit((_R.PHARMACIST,), _in(_S.IN_REVIEW), reason=True),
    Action.ANSWER_CLARIFICATION: Permit((_R.PHARMACIST,), _in(_S.ON_HOLD)),
    Action.REJECT_FILL: Permit((_R.PHARMACIST,), _in(_S.IN_REVIEW, _S.ON_HOLD), reason=True),
    Action.CANCEL_FILL: Permit(
        (_R.PHARMACIST,),
        _in(_S.ENTERED, _S.IN_REVIEW, _S.ON_HOLD, _S.ACCEPTED, _S.TO_PREPARE, _S.PREPARED, _S.LABELLED),
        reason=True,
    ),
    Action.START_REFILL: Permit(_CLINICAL),
    Action.PLAN_PREPARATION: Permit(_CLINICAL),
    Action.RECORD_WEIGHING: Permit(_CLINICAL, _in(_M.PLANNED, _M.IN_PROGRESS)),
    Action.RECORD_CHECKS: Permit(_CLINICAL, _in(_M.PLANNED, _M.IN_PROGRESS)),
    Action.ATTACH_CALCULATION: Permit(_CLINICAL, _in(_M.PLANNED, _M.IN_PROGRESS, _M.FINISHED)),
    Action.FINISH_PREPARATION: Permit(_CLINICAL, _in(_M.IN_PROGRESS)),
    Action.RELEASE_PREPARATION: Permit((_R.PHARMACIST,), _in(_M.FINISHED), alone=(not_own_work,), signed=True),
    Action.REJECT_PREPARATION: Permit(
        (_R.PHARMACIST,), _in(_M.PLANNED, _M.IN_PROGRESS, _M.FINISHED), signed=True, reason=True
    ),
    # nothing of it was weighed: there is nothing to judge
    Action.GIVE_UP_PREPARATION: Permit(_CLINICAL, _in(_M.PLANNED), checks=(own_plan,), reason=True),
    Action.PACK_FILL: Permit(_CLINICAL, _in(_S.ACCEPTED, _S.TO_PREPARE)),
    Action.UNPACK_FILL: Permit(_CLINICAL, _in(_S.PREPARED), reason=True),
    Action.ISSUE_LABEL: Permit(_CLINICAL, _in(_S.PREPARED)),
    Action.REISSUE_LABEL: Permit(_CLINICAL, _in(_S.LABELLED), reason=True),
    Action.REPRINT_LABEL: Permit(_CLINICAL, _in(_S.LABELLED, _S.VERIFIED, _S.WAITING, _S.HANDED_OVER), reason=True),
    Action.VERIFY_FILL: Permit((_R.PHARMACIST,), _in(_S.LABELLED), alone=(not_own_work,), signed=True),
    Action.SEND_BACK_FILL: Permit((_R.PHARMACIST,), _in(_S.LABELLED), reason=True),
    Action.HAND_OVER: Permit(_CLINICAL, _in(_S.WAITING)),
    Action.REDUCE_FILL: Permit(
        (_R.PHARMACIST,), _in(_S.ACCEPTED, _S.TO_PREPARE, _S.PREPARED, _S.LABELLED), reason=True
    ),
    Action.RETURN_FILL: Permit(_CLINICAL, _in(_S.VERIFIED, _S.WAITING), reason=True),
    Action.DESTROY_FILL: Permit((_R.PHARMACIST,), _in(_S.RETURNED), reason=True),
    Action.VIEW: Permit(_READERS),
    Action.SEARCH: Permit(_READERS),
    Action.PRINT: Permit(_READERS),
    Action.READ_LOG: Permit((_R.AUDITOR, _R.PHARMACIST)),
    Action.EXPORT_LOG: Permit((_R.AUDITOR, _R.PHARMACIST)),
    Action.VERIFY_RECORDS: Permit((_R.AUDITOR, _R.PHARMACIST, _R.PROGRAM)),
    Action.BACK_UP: Permit((_R.PHARMACIST_IN_CHARGE, _R.ADMINISTRATOR, _R.PROGRAM)),
    Action.RESTORE: Permit(_PROGRAM),
    Action.DISPOSE: Permit((_R.PHARMACIST_IN_CHARGE,), reason=True),
}


def who_may(action: Action) -> str:
    """The roles that may do it, in words: what a refused person is told."""
    permit = PERMITS.get(action)
    names = [str(role) for role in permit.roles if role is not Role.PROGRAM] if permit else []
    return " or ".join(names) or "nobody"
