"""The commands: ``flask --app wsgi NAME``. They read the same TRITURATE_… variables as the server."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import click
from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pharmacy import backup
from pharmacy.accounts import service as accounts
from pharmacy.accounts.secrets import random_password
from pharmacy.actions import record
from pharmacy.actions.acting import is_demonstration
from pharmacy.actions.catalogue import PROGRAM, Role
from pharmacy.config import Config, is_loopback
from pharmacy.db import make_engine
from pharmacy.demo import story
from pharmacy.domain import problems
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems import file
from pharmacy.domain.problems.reference import reference
from pharmacy.errors import PharmacyError
from pharmacy.migrations.run import is_current, upgrade
from pharmacy.premises import queries as premises
from pharmacy.rules import book


def install(app: Flask) -> None:
    """Put the commands on the application."""
    for command in (
        migrate,
        demo_command,
        first_code,
        check_serving,
        create_user,
        check_rules,
        worksheet_command,
        verify_records,
        backup_command,
        restore_command,
    ):
        app.cli.add_command(command)


def _config() -> Config:
    config: Config = current_app.extensions["config"]
    return config


def _engine() -> Engine:
    """The database, if it is there in its present shape."""
    if altered := current_app.extensions["altered triggers"]:
        raise _fail(f"{_config().database}: {_without(altered)} See what else was: flask --app wsgi verify-records")
    if not current_app.extensions["ready"]:
        raise _fail(f"There is no database of this version in {_config().data}. Run: flask --app wsgi migrate")
    engine: Engine = current_app.extensions["engine"]
    return engine


def _without(altered: list[str]) -> str:
    return (
        f"{len(altered)} triggers that keep the record from being changed are missing or altered, {altered[0]} first."
        " Either an update failed, or somebody had the file open outside this program."
    )


def _fail(sentence: str) -> click.ClickException:
    return click.ClickException(sentence)


@click.command("migrate")
def migrate() -> None:
    """Bring the database to the present shape; makes a verified copy first when there is something to lose."""
    config = _config()
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = not config.database.exists() or config.database.stat().st_size == 0
    engine = make_engine(config.url)
    try:
        if not new and is_current(engine):
            return
        if not new:
            try:
                copy = backup.copy_database(config)
            except PharmacyError as refused:
                raise _fail(f"No migration without a good copy: {refused.sentence}") from None
            click.echo(f"Copied and checked {copy.entries} entries: {copy.path}")
        upgrade(engine)
    except SQLAlchemyError as fault:
        said = str(getattr(fault, "orig", fault))
        raise _fail(
            f"{config.database} cannot be used: {said}. Bring a copy back: flask --app wsgi restore COPY"
        ) from None
    finally:
        engine.dispose()
    config.database.chmod(0o600)
    current_app.extensions["ready"] = True
    click.echo("The database is ready.")


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing where a pharmacy is set up already.")
def demo_command(if_empty: bool) -> None:
    """Fill an empty database with the demonstration pharmacy and print one sign-in per role."""
    config = _config()
    with Session(_engine()) as db:
        if not premises.is_empty(db):
            if not if_empty:
                raise _fail("There is a pharmacy in this database already; a demonstration needs an empty one.")
            if is_demonstration(db):
                click.echo(f"Demonstration pharmacy. Sign-ins are in {_sign_ins_file(config)}.")
            return
    if not is_loopback(config.host):
        raise _fail(
            f"A demonstration is served on this machine alone, not on {config.host}. Use DEMO=0 for a pharmacy."
        )
    click.echo("Filling the demonstration pharmacy; this takes half a minute, once.")
    story.fill(_engine(), _sign_ins_file(config))
    _tell_sign_ins(config)


def _sign_ins_file(config: Config) -> Path:
    return config.data / "demo-sign-ins.txt"


def _tell_sign_ins(config: Config) -> None:
    file = _sign_ins_file(config)
    click.echo(f"Demonstration pharmacy. Sign-ins are in {file}:")
    if file.exists():
        click.echo(file.read_text())


@click.command("first-code")
def first_code() -> None:
    """Print the one-time code of the set-up page, while there is no pharmacy yet."""
    config = _config()
    with Session(_engine()) as db:
        if not premises.is_empty(db):
            return
    code = "-".join("".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(4)) for _ in range(3))
    path = config.data / "first-code"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(code)
    click.echo(f"Open the address below and set the pharmacy up. The one-time code is: {code}")


@click.command("check-serving")
@click.argument("host")
@click.option("--real", is_flag=True, help="A pharmacy is meant: refuse demonstration data on this machine too.")
def check_serving(host: str, real: bool) -> None:
    """Refuse to serve demonstration data on any address but this machine's own."""
    config = _config()
    with Session(_engine()) as db:
        if not is_demonstration(db):
            return
    if not is_loopback(host):
        raise _fail(f"These are demonstration data: they are served on this machine alone, not on {host}.")
    if real:
        raise _fail(
            f"{config.data} holds the demonstration, and DEMO=0 asks for a pharmacy."
            " Name a folder of its own: make run DEMO=0 DATA=/where/its/data/are"
        )


@click.command("create-user")
@click.argument("full_name")
@click.argument("sign_in_name")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice([role.value for role in Role if role is not Role.PROGRAM])
)
def create_user(full_name: str, sign_in_name: str, roles: tuple[str, ...]) -> None:
    """Add a person from the console, with a temporary password told once."""
    password = random_password(sign_in_name)
    with Session(_engine(), expire_on_commit=False) as db:
        try:
            accounts.add_person(db, PROGRAM, full_name, sign_in_name, password, [Role(role) for role in roles])
        except PharmacyError as refused:
            raise _fail(refused.sentence) from None
    click.echo(f"{full_name} signs in as {sign_in_name} with {password}")


@click.command("check-rules")
def check_rules() -> None:
    """Load and check the rule book; prints its edition and digest."""
    found = book.load()
    click.echo(f"Rule book {found.edition}, {len(found.rules)} rules, {found.digest}")


@click.command("worksheet")
@click.argument("problem", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the worksheets as JSON, as they would stand in the record."
)
@click.option("--kinds", is_flag=True, help="Print every kind of problem with its fields, and compute nothing.")
def worksheet_command(problem: Path | None, as_json: bool, kinds: bool) -> None:
    """Compute the problems of a TOML file and print their worksheets; needs no database (docs/problem-format.md)."""
    if kinds:
        click.echo(reference())
        return
    if problem is None:
        raise _fail("Name the file of the problem, or ask for --kinds.")
    try:
        found = file.read(problem.read_text("utf-8"))
    except UnicodeDecodeError:
        raise _fail(f"{problem.name} is no text.") from None
    except CalculationRefused as refused:
        raise _fail(str(refused)) from None
    solved, wrong = [], 0
    for at, one in enumerate(found, start=1):
        name = str(one.get("name", f"problem {at}"))
        try:
            calculation = problems.solve(one["solve"], one["given"])
        except CalculationRefused as refused:
            expected = "refused" in one and not file.differences(one)
            solved.append({"name": name, "refused": str(refused), "field": refused.field})
            wrong += not expected
            if not as_json:
                click.echo(f"{name}\n  refused: {refused}\n")
            continue
        solved.append({"name": name, **calculation.to_json()})
        disagreeing = file.differences(one)
        wrong += bool(disagreeing)
        if not as_json:
            click.echo(_as_text(name, calculation))
            for said in disagreeing:
                click.echo(f"  NOT AS STATED  {said}\n")
    if as_json:
        click.echo(json.dumps(solved, ensure_ascii=False, indent=2))
    if wrong:
        raise SystemExit(1)


def _as_text(name: str, calculation: problems.Calculation) -> str:
    lines = [name, f"  {calculation.worksheet.title}"]
    for number, step in enumerate(calculation.worksheet.steps, start=1):
        lines += [f"  {number:2}. {step.name}: {step.text()}", f"      {step.words}"]
        lines += [f"      {said}" for said in (step.numbers, step.note) if said]
        lines.append(f"      source: {step.source}")
    lines += [f"  = {one.name}: {one.value}" for one in calculation.results]
    return "\n".join([*lines, f"  second way: {calculation.plausibility}", ""])


@click.command("verify-records")
def verify_records() -> None:
    """Recompute the whole record; names the first bad entry, and then ends with status 1."""
    config, altered = _config(), current_app.extensions["altered triggers"]
    engine = current_app.extensions["engine"] if altered else _engine()
    with engine.connect() as connection:
        verdict = record.verify(connection, config.site)
    if verdict.first_bad is not None:
        raise _fail(f"Entry {verdict.first_bad} is bad: {verdict.fault}. {verdict.entries} entries before it are good.")
    click.echo(
        f"{verdict.entries} entries verify ({verdict.disposed} bodies lawfully disposed of). Head: {verdict.head}"
    )
    if altered:
        raise _fail(f"The entries are whole, but {_without(altered)}")


@click.command("backup")
@click.argument("to", required=False, type=click.Path(path_type=Path))
def backup_command(to: Path | None) -> None:
    """Make a verified copy of the database; without a name it goes to the backups folder of the data."""
    try:
        _engine()
        made = backup.back_up(_config(), to)
    except PharmacyError as refused:
        raise _fail(refused.sentence) from None
    click.echo(f"Copied and checked {made.entries} entries: {made.path}\nsha256 {made.sha256}\nhead   {made.head}")


@click.command("restore")
@click.argument("path", type=click.Path(path_type=Path))
def restore_command(path: Path) -> None:
    """Bring a copy back; refused over newer data and while the program serves."""
    current_app.extensions["engine"].dispose()
    try:
        found = backup.restore(_config(), path)
    except PharmacyError as refused:
        raise _fail(refused.sentence) from None
    click.echo(f"Restored {found.entries} entries from {path}; the restoring is entry {found.entries + 1}.")
