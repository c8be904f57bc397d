"""The verbs of prescriptions, gathered: intake and amendment, and the clinical review."""

from __future__ import annotations

from pharmacy.prescriptions.intake import (
    Hook,
    amend_prescription,
    change_prescription,
    enter_prescription,
    made_here,
    start_refill,
)
from pharmacy.prescriptions.kit_intake import enter_kit
from pharmacy.prescriptions.kit_order import KitOrder
from pharmacy.prescriptions.order import CameBy, Order, Receipt
from pharmacy.prescriptions.review import (
    accept_fill,
    answer_clarification,
    cancel_fill,
    cannot_accept,
    choose_formula,
    confirm_medicines,
    decide_finding,
    derived,
    hold_fill,
    list_digest,
    reject_fill,
    reopen_finding,
    resolve_medicine,
    screen_again,
    submit_fill,
)
from pharmacy.prescriptions.screen import facts_of, screen_fill
from pharmacy.screening.service import Decided, Outcome

__all__ = (
    "CameBy",
    "Decided",
    "Hook",
    "KitOrder",
    "Order",
    "Outcome",
    "Receipt",
    "accept_fill",
    "amend_prescription",
    "answer_clarification",
    "cancel_fill",
    "cannot_accept",
    "change_prescription",
    "choose_formula",
    "confirm_medicines",
    "decide_finding",
    "derived",
    "enter_kit",
    "enter_prescription",
    "facts_of",
    "hold_fill",
    "list_digest",
    "made_here",
    "reject_fill",
    "reopen_finding",
    "resolve_medicine",
    "screen_again",
    "screen_fill",
    "start_refill",
    "submit_fill",
)
