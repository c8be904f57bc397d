"""A yield that is none: refused at its field, and the preparation is as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.preparations import queries
from tests.steps.preparations.test_pages import FORMULA, get, post
from tests.steps.preparations.worktop import Bench

SignIn = Callable[[Actor], FlaskClient]
NO_YIELD = ("", "0", "-1", "Infinity", "NaN", "9" * 400, "98 mg", "98 mL", "4,5", "1e3", "１", ".5", "0.5", "999999999")


def test_a_yield_that_is_none_is_refused_at_its_field_and_nothing_is_saved(
    db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation)
    client, base = sign_in(tina), f"/preparations/{preparation}"
    written = select(func.count()).select_from(AuditEntry).where(AuditEntry.action != Action.VIEW)
    db.rollback()  # an older snapshot would not show the sign-in
    before = db.scalar(written)
    row = queries.preparation(db, preparation)
    status, version = row.status, row.version
    db.rollback()
    for typed in NO_YIELD:
        answered, page = post(client, f"{base}/finish", get(client, f"{base}/bench"), amount=typed)
        assert answered == 422, typed
        assert 'id="amount-e"' in page or 'id="reason-e"' in page, typed
        db.rollback()
        row = queries.preparation(db, preparation)
        assert (row.status, row.version) == (status, version), typed
    assert db.scalar(written) == before


@pytest.mark.parametrize("typed", ["98", "100"])
def test_and_a_good_one_is_taken(at_bench: Bench, sign_in: SignIn, tina: Actor, typed: str) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation)
    client, base = sign_in(tina), f"/preparations/{preparation}"
    assert post(client, f"{base}/finish", get(client, f"{base}/bench"), amount=typed)[0] == 200
