"""Lots on the shelf and a labelled fill that Tina prepared."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from pharmacy.actions.acting import Seen
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot
from tests import factories


@pytest.fixture
def lots(raw: Engine) -> list[int]:
    """The ids of eight released lots of one item."""
    item = factories.item(raw, "naltrexone-hcl")
    return [factories.lot(raw, item) for _ in range(8)]


@pytest.fixture
def lot(lots: list[int]) -> Seen[Lot]:
    """The first of them, as it is now."""
    return Seen(Lot, lots[0], 1)


@pytest.fixture
def fill(raw: Engine) -> Seen[Fill]:
    """A fill that waits for its verification, prepared by Tina."""
    order = factories.prescription(raw)
    return Seen(Fill, factories.fill(raw, order, status="labelled", made_by=[1]), 1)
