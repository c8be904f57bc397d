"""What the running application keeps: marks on every view, who gets past them, and tables that are as the models say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, inspect

from pharmacy import error_pages, web
from pharmacy.access import PUBLIC, SIGNED_IN
from pharmacy.actions.catalogue import PERMITS, Action, Actor, Role
from pharmacy.actions.models import check_triggers, triggers
from pharmacy.app import create_app
from pharmacy.config import Config
from pharmacy.migrations.run import _alembic, is_current
from pharmacy.migrations.tables import metadata
from tests import factories
from tests.conftest import ADA, ADAM, NORA, TINA

OPEN_TO_ALL = {"accounts.sign_in", "desk.set_up", "healthz"}
POSTED_BY_ALL = {  # one's own account, session and kept form
    "accounts.own_account", "accounts.own_pin", "accounts.change_user", "accounts.sign_out", "accounts.discard",
    "accounts.resume_form",
}  # fmt: skip
IN_AN_ADDRESS = {"n", "page", "key", "sha256", "filename"}  # besides ids: numbers, digests, names of settings


def rules(app: Flask, method: str) -> Iterator[tuple[str, str, str]]:
    """Every address that takes the method: endpoint, mark, and the address with 1 for each number."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or set()) and rule.endpoint not in error_pages.STATIC:
            address = re.sub(r"<int:\w+>", "1", rule.rule)
            address = re.sub(r"<sha256>", "0" * 64, re.sub(r"<key>", "idle_minutes", address))
            yield rule.endpoint, str(getattr(app.view_functions[rule.endpoint], "access", "")), address


# --- marks -------------------------------------------------------------------------------------------------------


def test_every_view_bears_a_mark(app: Flask) -> None:
    for endpoint, function in app.view_functions.items():
        mark = getattr(function, "access", None)
        marked = endpoint in error_pages.STATIC or mark in {PUBLIC, SIGNED_IN} or mark in PERMITS
        assert marked, f"{endpoint}: write @access(Action.…) under its route"


@pytest.mark.parametrize("mark", [None, "whatever", Action.REFUSED])
def test_an_application_with_an_unmarked_view_does_not_start(
    data: Path, monkeypatch: pytest.MonkeyPatch, mark: object
) -> None:
    """A view without a mark, with a mark of no meaning, or with an action that nobody may ask for."""

    def forgotten() -> str:
        return "everything"

    if mark is not None:
        forgotten.access = mark  # type: ignore[attr-defined]
    really = web.install

    def with_one_more(app: Flask) -> None:
        app.add_url_rule("/forgotten", "forgotten", forgotten)
        really(app)

    monkeypatch.setattr(web, "install", with_one_more)
    with pytest.raises(RuntimeError, match="the view forgotten has no access mark"):
        create_app(Config(data=data))


def test_few_pages_are_open_to_everybody(app: Flask) -> None:
    public = {
        endpoint for endpoint, function in app.view_functions.items() if getattr(function, "access", "") == PUBLIC
    }
    assert public == OPEN_TO_ALL, "an open page is a decision: name it in OPEN_TO_ALL"


def test_what_changes_something_is_marked_with_an_action(app: Flask) -> None:
    loose = {endpoint for endpoint, mark, _ in rules(app, "POST") if mark == SIGNED_IN}
    assert loose <= POSTED_BY_ALL, "mark it with its action: signed in is not enough to change something"


def test_a_page_that_is_only_looked_at_takes_no_post(app: Flask) -> None:
    looking = {Action.VIEW.value, Action.PRINT.value}
    posted = {endpoint for endpoint, mark, _ in rules(app, "POST") if mark in looking}
    suggesting = {
        "patients.suggest", "patients.suggest_medicine", "patients.suggest_prescriber", "prescriptions.index",
        "calculators.calculator",
    }  # fmt: skip
    assert posted <= suggesting, "posted so that no name stands in an address, and changes nothing: name it here"


def test_an_address_has_room_for_numbers_only(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        for argument in rule.arguments:
            assert argument.endswith("_id") or argument in IN_AN_ADDRESS, f"{rule}: post {argument} instead"


# --- who gets past them ------------------------------------------------------------------------------------------


def test_a_stranger_is_shown_no_page_but_the_sign_in(app: Flask) -> None:
    client = app.test_client()
    for endpoint, mark, address in rules(app, "GET"):
        if mark != PUBLIC:
            answer = client.get(address)
            assert answer.status_code in {302, 401}, endpoint
            assert answer.status_code == 401 or "/sign-in" in answer.location, endpoint


def test_a_stranger_can_send_nothing(app: Flask, db: object) -> None:
    client = app.test_client()
    for endpoint, mark, address in rules(app, "POST"):
        if mark != PUBLIC:
            answer = client.post(address, data={"reason": "x"})
            assert answer.status_code in {302, 401}, endpoint
            assert answer.status_code == 401 or "/sign-in" in answer.location, endpoint


@pytest.mark.parametrize("actor", [ADA, ADAM, TINA], ids=lambda actor: actor.name)
def test_whoever_may_not_act_is_stopped_before_the_view_by_a_page_that_says_who_may(
    app: Flask, sign_in: Callable[[Actor], FlaskClient], actor: Actor
) -> None:
    """Auditor, administrator and technician: each address, by what its mark says."""
    client = sign_in(actor)
    stopped = 0
    for method in ("GET", "POST"):
        for endpoint, mark, address in rules(app, method):
            if mark in {PUBLIC, SIGNED_IN} or set(PERMITS[Action(mark)].roles) & actor.roles:
                continue
            answer = client.open(address, method=method)
            assert answer.status_code == 403, f"{method} {endpoint} let {actor.name} in"
            words = answer.get_data(as_text=True)
            said = [str(role) for role in PERMITS[Action(mark)].roles if role is not Role.PROGRAM]
            assert all(role in words for role in said), f"{endpoint}: the page does not say who may"
            stopped += 1
    assert stopped > 20


def test_a_person_without_a_role_does_not_get_in_at_all_and_is_told_who_gives_one(app: Flask) -> None:
    given = {"name": factories.sign_in_name(NORA), "password": factories.PASSWORD}
    answer = app.test_client().post("/sign-in", data=given)
    assert answer.status_code == 422
    assert "administrator gives one" in answer.get_data(as_text=True)


def test_the_auditor_can_post_nothing_but_searches_and_the_checking_of_the_record(app: Flask) -> None:
    open_to_her = {
        endpoint
        for endpoint, mark, _ in rules(app, "POST")
        if mark not in {PUBLIC, SIGNED_IN} and set(PERMITS[Action(mark)].roles) & ADA.roles
    }
    assert open_to_her == {
        "calculators.calculator", "desk.find", "log.export", "log.index", "log.verify", "patients.find", "patients.suggest",
        "patients.suggest_medicine", "patients.suggest_prescriber", "prescriptions.index",
    }  # fmt: skip


# --- tables ------------------------------------------------------------------------------------------------------


def test_the_migrations_end_in_exactly_what_the_models_say(raw: Engine) -> None:
    with raw.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, metadata)
    assert not found, f"write the next revision in pharmacy/migrations/versions: {found}"


def test_there_is_one_newest_revision_and_a_migrated_database_is_at_it(raw: Engine) -> None:
    heads = ScriptDirectory.from_config(_alembic()).get_heads()
    assert len(heads) == 1, f"two revisions follow the same one: {heads}"
    assert is_current(raw)


def test_after_the_migrations_every_trigger_is_there_and_no_other(raw: Engine) -> None:
    check_triggers(raw)
    with raw.connect() as connection:
        there = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
    assert there == set(triggers()), "run the migrations: a batch operation drops the triggers of its table"


def test_constraints_and_indexes_bear_the_names_of_the_convention(raw: Engine) -> None:
    found = inspect(raw)
    for table in metadata.tables:
        for one in (
            *found.get_unique_constraints(table),
            *found.get_check_constraints(table),
            *found.get_foreign_keys(table),
        ):
            name = str(one["name"] or _inline_name(raw, table, one))
            assert name.startswith((f"uq_{table}_", f"ck_{table}_", f"fk_{table}_")), f"{table}: {one}"


def _inline_name(engine: Engine, table: str, key: Any) -> str:
    """The name of a foreign key that was added with its column: SQLite keeps it in the table's text alone."""
    (column,) = key["constrained_columns"]
    with engine.connect() as connection:
        text = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).scalar_one()
    found = re.search(rf"\b{column} \w+ CONSTRAINT (\w+) REFERENCES {key['referred_table']}", text)
    return found[1] if found else ""


def test_no_table_can_lose_a_row_to_a_cascade_of_the_database(raw: Engine) -> None:
    """A deletion by the database would pass the record by."""
    found = inspect(raw)
    for table in metadata.tables:
        for key in found.get_foreign_keys(table):
            assert not {word.lower() for word in key["options"]} & {"ondelete", "onupdate"}, f"{table}: {key}"
