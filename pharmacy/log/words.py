"""The sentence of every action, and the words of tables and columns. A test sees that none is missing."""

from __future__ import annotations

from collections.abc import Mapping

from pharmacy.actions.catalogue import Action

A = Action
# {kind} stands for the entry's subjects of that kind; what an entry does not name is left out with the words before it.
SENTENCES: Mapping[Action, str] = {
    A.SET_UP: "set up the pharmacy",
    A.DEMONSTRATE: "began a demonstration, times simulated",
    A.CHANGE_PHARMACY: "changed the pharmacy’s identity",
    A.SET_POLICY: "set a policy",
    A.ADD_BALANCE: "added {balance}",
    A.CHANGE_BALANCE: "changed {balance}",
    A.LIST_PEOPLE: "looked at the list of people",
    A.ADD_PERSON: "added {person}",
    A.CHANGE_PERSON: "changed the roles of {person}",
    A.SET_OWN_SECRET: "set a password or PIN of their own",
    A.RESET_SECRET: "made a temporary password for {person}",
    A.SIGN_IN: "signed in",
    A.SIGN_OUT: "signed out",
    A.REFUSE_SIGN_IN: "refused a sign-in for {person}",
    A.REFUSE_SIGNATURE: "refused a PIN of {person}",
    A.HOLD_FORM: "kept what {person} had typed when the session ended",
    A.RETURN_FORM: "took back what was kept",
    A.ADD_PATIENT: "added the patient {patient}",
    A.CHANGE_PATIENT: "changed the patient {patient}",
    A.RECORD_MEDICINES: "recorded the medicines that {patient} takes",
    A.RESOLVE_MEDICINE: "resolved a medicine of {patient}",
    A.ADD_PRESCRIBER: "added the prescriber {prescriber}",
    A.CHANGE_PRESCRIBER: "changed the prescriber {prescriber}",
    A.ADD_STOCK_ITEM: "added {stock_item} to the stock list",
    A.RECEIVE_LOT: "received {lot} into quarantine",
    A.RELEASE_LOT: "released {lot}",
    A.QUARANTINE_LOT: "put {lot} into quarantine",
    A.REJECT_LOT: "rejected {lot}",
    A.WASTE_LOT: "wasted some of {lot}",
    A.CORRECT_COUNT: "corrected the count of {lot}",
    A.MEASURE_SHELLS: "measured the empty shells of {lot}",
    A.DRAFT_FORMULA: "wrote {formula_version}",
    A.APPROVE_FORMULA: "approved and signed {formula_version}",
    A.WITHDRAW_FORMULA: "withdrew the draft {formula_version}",
    A.RETIRE_FORMULA: "retired {formula_version}",
    A.ENTER_PRESCRIPTION: "entered {prescription} for {patient}",
    A.CHANGE_PRESCRIPTION: "changed {prescription} before its review",
    A.AMEND_PRESCRIPTION: "amended {prescription}; its open fills went back to review",
    A.CONFIRM_MEDICINES: "confirmed the medicines of {patient} for {fill}",
    A.SUBMIT_FILL: "sent {fill} to clinical review",
    A.SCREEN_FILL: "screened {fill}",
    A.DECIDE_FINDING: "decided {finding} of {fill}",
    A.SIGN_FINDING: "decided and signed {finding} of {fill}",
    A.CHOOSE_FORMULA: "chose by which formula {fill} is made",
    A.ACCEPT_FILL: "accepted {fill}",
    A.HOLD_FILL: "put {fill} on hold and asked the prescriber",
    A.ANSWER_CLARIFICATION: "recorded the prescriber’s answer for {fill}",
    A.REJECT_FILL: "rejected {fill}",
    A.CANCEL_FILL: "cancelled {fill}",
    A.START_REFILL: "started {fill} as a refill",
    A.PLAN_PREPARATION: "planned {preparation}",
    A.RECORD_WEIGHING: "weighed for {preparation}",
    A.RECORD_CHECKS: "recorded checks of {preparation}",
    A.ATTACH_CALCULATION: "attached a calculation to {preparation}",
    A.FINISH_PREPARATION: "finished {preparation}",
    A.RELEASE_PREPARATION: "released and signed {preparation}",
    A.REJECT_PREPARATION: "rejected and signed {preparation}",
    A.GIVE_UP_PREPARATION: "gave up {preparation} before anything of it was weighed",
    A.PACK_FILL: "filled the containers of {fill} from {lot}",
    A.UNPACK_FILL: "took out again what was filled for {fill}",
    A.ISSUE_LABEL: "issued the label of {fill}",
    A.REISSUE_LABEL: "issued the label of {fill} again; the former is void",
    A.REPRINT_LABEL: "printed the stored label of {fill} again",
    A.VERIFY_FILL: "verified and signed {fill}",
    A.SEND_BACK_FILL: "sent {fill} back",
    A.HAND_OVER: "handed {fill} over for {patient}",
    A.REDUCE_FILL: "cut {fill} to what lasts until its beyond-use date",
    A.RETURN_FILL: "took {fill} back to the shelf for destruction",
    A.DESTROY_FILL: "destroyed {fill}",
    A.VIEW: "looked at {*}",
    A.SEARCH: "searched",
    A.PRINT: "printed {*}",
    A.READ_LOG: "read the log",
    A.EXPORT_LOG: "exported the log",
    A.VERIFY_RECORDS: "recomputed the record",
    A.BACK_UP: "made a verified copy of the data",
    A.RESTORE: "restored the data from a copy",
    A.DISPOSE: "disposed of bodies of old entries",
    A.REFUSED: "was refused",
}
# icon and mark of the timeline
MARKS: Mapping[Action, tuple[str, str]] = {
    A.REFUSED: ("slash-circle", "stop"),
    A.REFUSE_SIGN_IN: ("slash-circle", "stop"),
    A.REFUSE_SIGNATURE: ("slash-circle", "stop"),
    A.REJECT_FILL: ("slash-circle", "stop"),
    A.REJECT_LOT: ("slash-circle", "stop"),
    A.REJECT_PREPARATION: ("slash-circle", "stop"),
    A.GIVE_UP_PREPARATION: ("dash-circle", "caution"),
    A.DESTROY_FILL: ("trash3", "stop"),
    A.SIGN_FINDING: ("pen", "caution"),
    A.AMEND_PRESCRIPTION: ("pen", "caution"),
    A.SEND_BACK_FILL: ("arrow-return-left", "caution"),
    A.HOLD_FILL: ("pause-circle", "caution"),
    A.RESTORE: ("arrow-counterclockwise", "caution"),
    A.SET_POLICY: ("sliders", "caution"),
    A.VERIFY_FILL: ("shield-check", "ok"),
    A.RELEASE_PREPARATION: ("shield-check", "ok"),
    A.RELEASE_LOT: ("shield-check", "ok"),
    A.APPROVE_FORMULA: ("shield-check", "ok"),
    A.ACCEPT_FILL: ("check-circle-fill", "ok"),
    A.HAND_OVER: ("bag-check", "ok"),
    A.VIEW: ("eye", "plain"),
    A.SEARCH: ("search", "plain"),
    A.PRINT: ("printer", "plain"),
    A.RECORD_WEIGHING: ("speedometer2", "plain"),
    A.ATTACH_CALCULATION: ("calculator", "plain"),
    A.ISSUE_LABEL: ("tag", "plain"),
}
TABLES: Mapping[str, str] = {
    "audit_head": "the record",
    "person_role": "role",
    "sign_in_failure": "failed sign-in",
    "held_form": "kept form",
    "medicine_taken": "medicine taken",
    "stock_item": "stock item",
    "stock_movement": "movement of stock",
    "master_formulation_record": "master formulation record",
    "formula_version": "version of a formula",
    "preparation_fill": "fill it is made for",
    "preparation_component": "lot planned",
    "quality_check": "check",
    "attached_calculation": "attached calculation",
    "issued_label": "label",
    "hand_over": "hand-over",
}
COLUMNS: Mapping[str, str] = {
    "solve": "kind of problem",
    "calculation": "worksheet",
    "since": "in this state since",
    "made_by": "prepared by",
    "document": "stored bytes",
    "original": "original, stored bytes",
    "typed": "as typed",
    "definition": "definition",
    "plan": "plan and worksheet",
    "content": "content",
    "amount": "amount",
    "use_before": "last day of use",
    "available": "on hand",
    "quarantined": "in quarantine",
    "written_on": "date written",
    "came_by": "how it came",
    "rule": "rule for the least mass",
    "repeatability_on": "repeatability measured on",
    "shells_mass": "mass of the shells weighed, mg",
    "shell_capacity": "capacity of a shell, mL",
    "born": "date of birth",
    "formula_id": "formula chosen",
}
# columns that hold the id of a row which has a name
REFERS: Mapping[str, str] = {
    "fill_id": "fill",
    "lot_id": "lot",
    "patient_id": "patient",
    "prescriber_id": "prescriber",
    "prescription_id": "prescription",
    "item_id": "stock_item",
    "container_id": "container",
    "preparation_id": "preparation",
    "formula_version_id": "formula_version",
    "record_id": "master_formulation_record",
    "formula_id": "master_formulation_record",
    "balance_id": "balance",
    "finding_id": "finding",
    "medicine_id": "medicine_taken",
    "label_id": "issued_label",
    "clarification_id": "clarification",
}
# lines of a plan that are not called by the code of their component
LINES: Mapping[str, str] = {
    "drug": "the drug",
    "filler": "the filler",
    "diluent": "the diluent",
    "trituration": "the trituration",
    "aliquot-drug": "the drug of the aliquot",
    "aliquot-diluent": "the diluent of the aliquot",
    "aliquot-volume": "the solution of the aliquot",
    "aliquot-taken": "the part taken of the aliquot",
    "tablets": "the tablets",
    "tablets-weighed": "the tablets together",
    "final-volume": "the final volume",
    "shells": "the shells",
}
HIDDEN = frozenset({"version", "password_hash", "pin_hash", "session_epoch", "searchable", "id"})


def table_words(table: str) -> str:
    """What a row of the table is called."""
    return TABLES.get(table, table.replace("_", " "))


def column_words(column: str) -> str:
    """What a column is called."""
    return COLUMNS.get(column, column.removesuffix("_id").replace("_", " "))


def line_words(line: str) -> str:
    """A line of the plan in words: ``the drug``, ``the diluent of the aliquot``, ``sodium benzoate``, ``load 1``."""
    if line in LINES:
        return LINES[line]
    words = line.removeprefix("capsule-").replace("-", " ")
    if line.startswith("capsule-"):
        return f"capsule {int(words)}" if words.isdigit() else f"capsule {words}"
    return words
