"""Who asks for a page, or sends a form, that is for others is told who may, and the record tells of the attempt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import PERMITS, Action, Actor, Role
from pharmacy.actions.models import AuditEntry, AuditSubject

SignIn = Callable[[Actor], FlaskClient]


def attempts(raw: Engine) -> int:
    with Session(raw) as db:
        return len(db.scalars(select(AuditEntry.id).where(AuditEntry.action == "attempt:refused")).all())


def test_every_form_that_is_not_for_an_auditor_is_refused_on_record(
    app: Flask, sign_in: SignIn, ada: Actor, raw: Engine
) -> None:
    client = sign_in(ada)
    tried = 0
    for rule in app.url_map.iter_rules():
        mark = getattr(app.view_functions[rule.endpoint], "access", None)
        if "POST" not in (rule.methods or ()) or not isinstance(mark, Action) or Role.AUDITOR in PERMITS[mark].roles:
            continue
        path = rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False)
        assert path is not None, rule
        before = attempts(raw)
        answer = client.post(path[1])
        assert (answer.status_code, attempts(raw) - before) == (403, 1), path
        tried += 1
    assert tried > 30


@pytest.mark.parametrize(
    "path", ["/patients/7", "/prescriptions", "/fills/7/review", "/log", "/stock", "/preparations/7"]
)
def test_no_clinical_page_opens_for_an_administrator_and_the_attempt_is_on_record(
    sign_in: SignIn, adam: Actor, raw: Engine, path: str
) -> None:
    answer = sign_in(adam).get(path)
    assert (answer.status_code, attempts(raw)) == (403, 1)
    assert "This page is for" in answer.get_data(as_text=True)


def test_an_attempt_is_found_under_whom_it_was_about(sign_in: SignIn, adam: Actor, ada: Actor, raw: Engine) -> None:
    sign_in(adam).get("/patients/7")
    with Session(raw) as db:
        kinds = db.execute(
            select(AuditSubject.kind, AuditSubject.subject_id).where(AuditSubject.kind == "patient")
        ).all()
    assert [tuple(kind) for kind in kinds] == [("patient", "7")]
    page = sign_in(ada).get("/log").get_data(as_text=True)
    assert "Adam Thyme was turned away from a page for the pharmacist or technician or auditor (patient 7)." in page
    assert "was refused; what was tried: " not in page
    sign_in(adam).post("/fills/7/verification")
    assert "Adam Thyme was refused; what was tried: " in sign_in(ada).get("/log").get_data(as_text=True)
