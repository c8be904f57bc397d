"""The commands of the console: what they print, and the status they end with."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from pharmacy import backup
from pharmacy.app import create_app
from pharmacy.config import ROOT, Config
from tests.test_backup import act, damage, entries, people, rot


def run(data: Path, *command: str, **settings: str) -> Result:
    """One command in an application of its own, as from the console."""
    app = create_app(Config(data=data, host=settings.get("host", "127.0.0.1")))
    try:
        with app.app_context():
            return app.test_cli_runner().invoke(args=list(command))
    finally:
        app.extensions["engine"].dispose()


@pytest.fixture
def config(data: Path) -> Config:
    return Config(data=data)


# --- migrate ----------------------------------------------------------------------------------------------------------


def test_migrate_makes_an_empty_database_that_its_owner_alone_reads(tmp_path: Path) -> None:
    done = run(tmp_path / "data", "migrate")
    assert (done.exit_code, "The database is ready." in done.output) == (0, True)
    database = tmp_path / "data" / "triturate.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert not (tmp_path / "data" / "backups").exists(), "there was nothing to lose"
    assert "0 entries verify" in run(tmp_path / "data", "verify-records").output


def test_a_second_migrate_has_nothing_to_do_and_says_nothing(data: Path) -> None:
    before = (data / "triturate.db").read_bytes()
    done = run(data, "migrate")
    assert (done.exit_code, done.output) == (0, "")
    assert (data / "triturate.db").read_bytes() == before


def stand_at_another_version(data: Path) -> None:
    with closing(sqlite3.connect(data / "triturate.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()


def test_a_migration_begins_with_a_verified_copy(config: Config) -> None:
    act(config, "Rose")
    stand_at_another_version(config.data)
    done = run(config.data, "migrate")
    assert "Copied and checked 1 entries" in done.output
    (copy,) = (config.data / "backups").iterdir()
    assert backup.verify_copy(copy).entries == 1
    assert done.exit_code != 0, "no step leads on from a version that nobody knows"


def test_no_migration_without_a_good_copy(config: Config) -> None:
    act(config, "Rose")
    stand_at_another_version(config.data)
    damage(config.database, "UPDATE audit_body SET content = replace(content, 'rose', 'ruth')")
    done = run(config.data, "migrate")
    assert done.exit_code == 1
    assert "No migration without a good copy" in done.output
    assert "entry 1 is bad" in done.output


def test_migrating_what_is_no_database_says_how_to_go_on(data: Path) -> None:
    (data / "triturate.db").write_bytes(b"this is no database " * 500)
    done = run(data, "migrate")
    assert done.exit_code == 1
    assert "restore COPY" in done.output


# --- verify-records ---------------------------------------------------------------------------------------------------


def test_verify_records_says_how_many_and_the_head(config: Config) -> None:
    act(config, "Rose")
    act(config, "Ivy")
    done = run(config.data, "verify-records")
    assert done.exit_code == 0
    assert re.fullmatch(r"2 entries verify \(0 bodies lawfully disposed of\)\. Head: [0-9a-f]{64}\n", done.output)


@pytest.mark.parametrize(
    ("statement", "n", "fault"),
    [
        ("UPDATE audit_body SET content = CAST(replace(content, 'ivy', 'eve') AS BLOB)", 2, "its body was altered"),
        ("UPDATE audit_entry SET actor = 5 WHERE n = 2", 2, "its header or subjects were altered"),
        ("DELETE FROM audit_entry WHERE n = 2", 2, "the entry is missing"),
        ("DELETE FROM audit_entry WHERE n = 3", 3, "the chain was cut here"),
        ("UPDATE audit_subject SET subject_id = '99' WHERE entry_id = 1", 1, "its header or subjects were altered"),
    ],
)
def test_verify_records_names_the_first_bad_entry_and_ends_with_status_1(
    config: Config, statement: str, n: int, fault: str
) -> None:
    for name in ("Rose", "Ivy", "Reed"):
        act(config, name)
    from pharmacy.actions.models import triggers

    damage(config.database, statement)
    with closing(sqlite3.connect(config.database)) as connection:  # who hides well puts the triggers back
        for sql in triggers().values():
            connection.execute(sql)
    done = run(config.data, "verify-records")
    assert done.exit_code == 1
    assert f"Entry {n} is bad: {fault}. {n - 1} entries before it are good." in done.output


def test_records_verify_where_somebody_took_the_triggers_away_and_it_is_said(config: Config) -> None:
    for name in ("Rose", "Ivy", "Reed"):
        act(config, name)
    damage(config.database, "SELECT 1")  # the triggers are gone, the entries are whole
    done = run(config.data, "verify-records")
    assert (done.exit_code, "3 entries verify" in done.output) == (1, True)
    assert "triggers that keep the record from being changed are missing or altered" in done.output
    damage(config.database, "UPDATE audit_entry SET actor = 5 WHERE n = 2")
    done = run(config.data, "verify-records")
    assert (done.exit_code, "Entry 2 is bad" in done.output) == (1, True)


def test_nothing_is_served_from_a_database_without_its_triggers(config: Config) -> None:
    act(config, "Rose")
    damage(config.database, "SELECT 1")
    for command in (
        ("check-serving", "127.0.0.1"),
        ("demo", "--if-empty"),
        ("first-code",),
        ("create-user", "Ivy", "ivy"),
    ):
        done = run(config.data, *command)
        assert (done.exit_code, "verify-records" in done.output) == (1, True), command
    client = create_app(config).test_client()
    assert client.get("/healthz").status_code == 503
    assert client.get("/").status_code == 503


def test_without_a_database_the_commands_say_what_to_run(tmp_path: Path) -> None:
    for command in (
        ("verify-records",),
        ("backup",),
        ("first-code",),
        ("check-serving", "127.0.0.1"),
        ("create-user", "Rose", "rose"),
    ):
        done = run(tmp_path / "empty", *command)
        assert done.exit_code == 1, command
        assert "flask --app wsgi migrate" in done.output, command
    assert not (tmp_path / "empty" / "triturate.db").exists()


# --- backup and restore -----------------------------------------------------------------------------------------------


def test_backup_and_restore_from_the_console(config: Config, tmp_path: Path) -> None:
    act(config, "Rose")
    copy = tmp_path / "stick" / "copy.db"
    done = run(config.data, "backup", str(copy))
    assert (done.exit_code, "Copied and checked 1 entries" in done.output) == (0, True)
    assert re.search(r"sha256 [0-9a-f]{64}\nhead   [0-9a-f]{64}", done.output)
    done = run(tmp_path / "new", "restore", str(copy))
    assert (done.exit_code, "Restored 1 entries" in done.output, "is entry 2" in done.output) == (0, True, True)
    assert "2 entries verify" in run(tmp_path / "new", "verify-records").output
    assert "rose" in people(tmp_path / "new" / "triturate.db")


def test_backup_without_a_name_goes_to_the_data_folder(config: Config) -> None:
    assert run(config.data, "backup").exit_code == 0
    assert len(list((config.data / "backups").glob("triturate-*.db"))) == 1


def test_restore_from_the_console_over_newer_data_is_refused(config: Config) -> None:
    run(config.data, "backup")
    (copy,) = (config.data / "backups").iterdir()
    done = run(config.data, "restore", str(copy))
    assert done.exit_code == 1
    assert (
        "Nothing was changed. To bring the copy back all the same, first move triturate.db out of the data folder."
        in done.output
    )


def test_restore_from_the_console_over_damaged_data_works_though_the_application_cannot_read_them(
    config: Config, tmp_path: Path
) -> None:
    act(config, "Rose")
    copy = backup.back_up(config, tmp_path / "copy.db").path
    rot(config.database)
    done = run(config.data, "restore", str(copy))
    assert done.exit_code == 0, done.output
    assert "rose" in people(config.database)


def test_restore_while_the_program_serves_is_refused(config: Config, tmp_path: Path) -> None:
    copy = backup.back_up(config, tmp_path / "copy.db").path
    with (config.data / "serving.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        done = run(config.data, "restore", str(copy))
    assert done.exit_code == 1
    assert "The program is serving these data. Stop it first." in done.output


def test_a_damaged_copy_is_refused_from_the_console(config: Config, tmp_path: Path) -> None:
    copy = backup.back_up(config, tmp_path / "copy.db").path
    copy.write_bytes(b"x" * 9000)
    done = run(tmp_path / "new", "restore", str(copy))
    assert done.exit_code == 1
    assert "copy.db is no database" in done.output


# --- people, set-up, serving ------------------------------------------------------------------------------------------


def test_create_user_tells_a_temporary_password_that_opens(data: Path) -> None:
    done = run(data, "create-user", "Rose Thorn", "rose", "--role", "technician", "--role", "auditor")
    assert done.exit_code == 0
    found = re.fullmatch(r"Rose Thorn signs in as rose with (\S+)\n", done.output)
    assert found
    app = create_app(Config(data=data))
    app.config.update(WTF_CSRF_ENABLED=False)
    answer = app.test_client().post("/sign-in", data={"name": "rose", "password": found[1]})
    assert answer.headers["Location"] == "/account"
    app.extensions["engine"].dispose()
    assert found[1] not in str(entries(data / "triturate.db"))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("Tina Again", "tina"), "Someone signs in with this name already."),
        (("", "rose"), "1 to 200 visible"),
        (("Rose", ""), "1 to 200 visible"),
        (("Rose", "rose", "--role", "pharmacist in charge"), "There is a pharmacist in charge already."),
        (("Rose", "rose", "--role", "program"), "Invalid value"),
        (("Rose", "rose", "--role", "king"), "Invalid value"),
    ],
)
def test_create_user_refuses_in_one_sentence(data: Path, command: tuple[str, ...], said: str) -> None:
    before = people(data / "triturate.db")
    done = run(data, "create-user", *command)
    assert done.exit_code in {1, 2}
    assert said in done.output
    assert people(data / "triturate.db") == before


def test_the_one_time_code_is_printed_only_until_there_is_a_pharmacy(data: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    run(empty, "migrate")
    first, second = run(empty, "first-code").output, run(empty, "first-code").output
    codes = [
        found[1] for said in (first, second) if (found := re.search(r"is: ((?:[A-Z2-9]{4}-){2}[A-Z2-9]{4})\n", said))
    ]
    assert len(set(codes)) == 2, "a new one each time; the last one counts"
    assert (empty / "first-code").read_text() == codes[1]
    assert stat.S_IMODE((empty / "first-code").stat().st_mode) == 0o600
    assert run(data, "first-code").output == ""
    assert not (data / "first-code").exists()


def test_a_real_pharmacy_is_served_anywhere(data: Path) -> None:
    assert run(data, "check-serving", "0.0.0.0").exit_code == 0


def test_no_demonstration_is_put_into_a_pharmacy_or_on_an_open_address(data: Path, tmp_path: Path) -> None:
    done = run(data, "demo")
    assert (done.exit_code, "There is a pharmacy in this database already" in done.output) == (1, True)
    assert run(data, "demo", "--if-empty").exit_code == 0
    run(tmp_path / "empty", "migrate")
    done = run(tmp_path / "empty", "demo", host="0.0.0.0")
    assert (done.exit_code, "served on this machine alone" in done.output) == (1, True)


def test_the_commands_read_the_data_folder_from_the_environment(data: Path) -> None:
    act(Config(data=data), "Rose")
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "verify-records"], cwd=ROOT, text=True, capture_output=True, check=False,
        env={**os.environ, "TRITURATE_DATA": str(data)},
    )  # fmt: skip
    assert (done.returncode, done.stdout[:17]) == (0, "1 entries verify "), done.stderr
