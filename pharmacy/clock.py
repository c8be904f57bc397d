"""The one place that asks the time.

A simulated time may be set to fill a demonstration; the door refuses to record under it in any other database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

_simulated: ContextVar[datetime | None] = ContextVar("simulated", default=None)
_zone: tzinfo | None = None


def now() -> datetime:
    """This instant, in UTC."""
    return _simulated.get() or datetime.now(UTC)


def today() -> date:
    """The calendar day at the pharmacy: beyond-use dates are days of its wall calendar, not of UTC."""
    return local(now()).date()


def local(instant: datetime) -> datetime:
    """The instant on the pharmacy's wall clock."""
    return instant.astimezone(_zone)


def set_zone(name: str) -> None:
    """Set the pharmacy's time zone by its IANA name; an empty name keeps the machine's."""
    global _zone  # noqa: PLW0603  one zone a process, set once at start-up
    _zone = ZoneInfo(name) if name else None


def is_simulated() -> bool:
    """Whether the time now is a demonstration's."""
    return _simulated.get() is not None


@contextmanager
def simulated(at: datetime) -> Iterator[None]:
    """Let it be this time within the block."""
    token = _simulated.set(at)
    try:
        yield
    finally:
        _simulated.reset(token)
