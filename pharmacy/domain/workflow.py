"""The states of a fill and of a preparation, and the one table of what may follow what."""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Status(enum.StrEnum):
    """Where a fill stands (design: FHIR MedicationDispense.status, in the pharmacy's own words)."""

    ENTERED = "entered"
    IN_REVIEW = "in review"
    ON_HOLD = "on hold"
    ACCEPTED = "accepted"
    TO_PREPARE = "to prepare"
    PREPARED = "prepared"
    LABELLED = "labelled"
    VERIFIED = "verified"
    WAITING = "waiting for pick-up"
    HANDED_OVER = "handed over"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    DESTROYED = "destroyed"


_S = Status
TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    _S.ENTERED: frozenset({_S.IN_REVIEW, _S.CANCELLED}),
    _S.IN_REVIEW: frozenset({_S.ON_HOLD, _S.ACCEPTED, _S.REJECTED, _S.CANCELLED}),
    _S.ON_HOLD: frozenset({_S.IN_REVIEW, _S.REJECTED, _S.CANCELLED}),
    # A fill from stock skips preparation; an amendment returns any open fill to review.
    _S.ACCEPTED: frozenset({_S.TO_PREPARE, _S.PREPARED, _S.IN_REVIEW, _S.CANCELLED}),
    _S.TO_PREPARE: frozenset({_S.ACCEPTED, _S.PREPARED, _S.IN_REVIEW, _S.CANCELLED}),
    _S.PREPARED: frozenset({_S.LABELLED, _S.ACCEPTED, _S.IN_REVIEW, _S.CANCELLED}),
    _S.LABELLED: frozenset({_S.VERIFIED, _S.PREPARED, _S.ACCEPTED, _S.IN_REVIEW, _S.CANCELLED}),
    _S.VERIFIED: frozenset({_S.WAITING, _S.IN_REVIEW, _S.RETURNED}),
    _S.WAITING: frozenset({_S.HANDED_OVER, _S.IN_REVIEW, _S.RETURNED}),
    _S.HANDED_OVER: frozenset(),
    _S.REJECTED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.RETURNED: frozenset({_S.DESTROYED}),
    _S.DESTROYED: frozenset(),
}
OPEN = frozenset(status for status, follows in TRANSITIONS.items() if follows) - {_S.RETURNED}


class Making(enum.StrEnum):
    """Where a preparation (one lot made here) stands."""

    PLANNED = "planned"
    IN_PROGRESS = "in progress"
    FINISHED = "waiting for release"
    RELEASED = "released"
    REJECTED = "rejected"
    GIVEN_UP = "given up"  # planned wrongly; nothing of it was ever weighed


MAKING: Mapping[Making, frozenset[Making]] = {
    Making.PLANNED: frozenset({Making.IN_PROGRESS, Making.REJECTED, Making.GIVEN_UP}),
    Making.IN_PROGRESS: frozenset({Making.FINISHED, Making.REJECTED}),
    Making.FINISHED: frozenset({Making.RELEASED, Making.REJECTED, Making.IN_PROGRESS}),
    Making.RELEASED: frozenset(),
    Making.REJECTED: frozenset(),
    Making.GIVEN_UP: frozenset(),
}
# Nothing comes of these: a fill that they were for waits for another.
NOT_MADE = frozenset({Making.REJECTED.value, Making.GIVEN_UP.value})


class NotAllowedNow(ValueError):
    """This state cannot follow that one."""


def check_follows(now: Status, then: Status) -> None:
    """Raise :class:`NotAllowedNow` unless the table lets ``then`` follow ``now``."""
    if then not in TRANSITIONS[now]:
        raise NotAllowedNow(f"A fill that is {now} cannot become {then}.")


def check_making(now: Making, then: Making) -> None:
    """Raise :class:`NotAllowedNow` unless the table lets ``then`` follow ``now``."""
    if then not in MAKING[now]:
        raise NotAllowedNow(f"A preparation that is {now} cannot become {then}.")
