"""The programme's own formulas, brought in and, where asked for, approved."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor, Signature
from pharmacy.formulary import service
from pharmacy.formulary.starting import StartingItem, starting_items
from tests import factories


def signature(actor: Actor) -> Signature:
    """As accounts.signing makes it; the signing itself has its own tests."""
    return Signature(actor.id, "PIN", factories.NOW)


@pytest.fixture
def items(raw: Engine) -> tuple[StartingItem, ...]:
    """Every stock item that the starting formulas need."""
    for one in starting_items():
        factories.item(raw, one.code, kind=one.kind, unit=one.unit, name=one.name)
    return starting_items()


@pytest.fixture
def drafts(db: Session, paul: Actor) -> list[int]:
    """The starting formulas as Paul's drafts."""
    return service.bring_starting_formulas(db, paul)
