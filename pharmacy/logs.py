"""The application log: one JSON line an event on standard error, and never a patient in it."""

from __future__ import annotations

import sys

import structlog


def configure() -> None:
    """Set structlog up once; what is logged names endpoints and numbers of people who work here, nothing else."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
