"""The graduates that liquids are measured with: usual cylinders, until a pharmacy can enter its own."""

from __future__ import annotations

from pharmacy.domain.lines import MeasureFacts
from pharmacy.domain.measures import CYLINDERS

MEASURES: tuple[MeasureFacts, ...] = CYLINDERS
