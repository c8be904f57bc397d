"""The verbs of labelling, gathered: packing, and labels."""

from __future__ import annotations

from pharmacy.labelling.issuing import Draft, drafts, issue_labels, reissue_labels, reprint_label
from pharmacy.labelling.packing import (
    cancel_packed,
    check_containers,
    check_lots,
    empty_within,
    keep_containers,
    pack_fill,
    reduce_fill,
    unpack_fill,
    void_labels_within,
    void_within,
    why_not_kept,
    withdraw_containers_within,
)
from pharmacy.preparations.supply import outlasts, supply, that_fits

__all__ = (
    "Draft",
    "cancel_packed",
    "check_containers",
    "check_lots",
    "drafts",
    "empty_within",
    "issue_labels",
    "keep_containers",
    "outlasts",
    "pack_fill",
    "reduce_fill",
    "reissue_labels",
    "reprint_label",
    "supply",
    "that_fits",
    "unpack_fill",
    "void_labels_within",
    "void_within",
    "why_not_kept",
    "withdraw_containers_within",
)
