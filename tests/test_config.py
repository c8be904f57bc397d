"""What the environment may say; what makes no sense is refused by its name."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from pharmacy import clock
from pharmacy.config import ROOT, Config, is_loopback
from pharmacy.errors import ConfigurationError


def test_without_a_word_it_serves_this_machine_from_the_instance_folder() -> None:
    assert Config.from_environment({}) == Config(data=ROOT / "instance", host="127.0.0.1", port=8000)


def test_each_variable_is_read() -> None:
    given = {
        "TRITURATE_DATA": "/srv/pharmacy", "TRITURATE_HOST": "192.0.2.7", "TRITURATE_PORT": "8443", "TRITURATE_TIMEZONE": "America/Chicago",
        "TRITURATE_PROXY": "1",
    }  # fmt: skip
    assert Config.from_environment(given) == Config(
        Path("/srv/pharmacy"), "192.0.2.7", 8443, "America/Chicago", behind_proxy=True
    )


def test_an_empty_variable_is_as_good_as_none() -> None:
    names = ("DATA", "HOST", "PORT", "TIMEZONE", "PROXY")
    assert Config.from_environment({f"TRITURATE_{name}": "" for name in names}) == Config.from_environment({})


def test_a_data_folder_is_taken_from_where_one_stands_and_from_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert Config.from_environment({"TRITURATE_DATA": "rx"}).data == tmp_path / "rx"
    assert Config.from_environment({"TRITURATE_DATA": "~/rx"}).data == tmp_path / "home" / "rx"


@pytest.mark.parametrize("port", ["0", "-1", "65536", "1e3", "８０８０", "80.5", "http", " 80", "9" * 400])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ConfigurationError, match="TRITURATE_PORT"):
        Config.from_environment({"TRITURATE_PORT": port})


@pytest.mark.parametrize(
    "zone", ["Nowhere/Atlantis", "../../etc/passwd", "/etc/localtime", "Z" * 400, "a\x00b", "America"]
)
def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(ConfigurationError, match="TRITURATE_TIMEZONE"):
        Config.from_environment({"TRITURATE_TIMEZONE": zone})


@pytest.mark.parametrize("proxy", ["yes", "2", "true"])
def test_a_proxy_is_said_by_1_or_0_so_that_none_is_trusted_by_mistake(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="TRITURATE_PROXY"):
        Config.from_environment({"TRITURATE_PROXY": proxy})
    assert not Config.from_environment({"TRITURATE_PROXY": "0"}).behind_proxy


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True), ("[::1]", True),
        ("0.0.0.0", False), ("::", False), ("192.0.2.1", False), ("localhost.example", False), ("127.0.0.1.example", False), ("", False),
        ("１２７.0.0.1", False),
    ],
)  # fmt: skip
def test_which_address_is_this_machines_own(host: str, own: bool) -> None:
    assert is_loopback(host) is own


# --- the key that signs sessions --------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_its_owner_alone_reads_it(tmp_path: Path) -> None:
    config = Config(data=tmp_path / "data")
    key = config.secret_key()
    assert (len(key), config.secret_key()) == (64, key)
    assert stat.S_IMODE((config.data / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(config.data.stat().st_mode) == 0o700
    assert [path.name for path in config.data.iterdir()] == ["secret.key"]


def test_two_installations_have_two_keys(tmp_path: Path) -> None:
    assert Config(data=tmp_path / "a").secret_key() != Config(data=tmp_path / "b").secret_key()


@pytest.mark.parametrize("content", ["", "short", "\n\n"])
def test_a_key_file_without_a_key_stops_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    with pytest.raises(ConfigurationError, match="remove the file"):
        Config(data=tmp_path).secret_key()


def test_workers_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from pharmacy.config import Config; print(Config(data=Path(sys.argv[1])).secret_key())"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "data")], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert len({one.communicate()[0] for one in started}) == 1


# --- the clock --------------------------------------------------------------------------------------------------------


def test_the_day_is_the_pharmacys_own_not_that_of_utc() -> None:
    try:
        with time_machine.travel(datetime(2026, 11, 24, 3, 0, tzinfo=UTC), tick=False):
            clock.set_zone("America/Chicago")
            assert (clock.today().isoformat(), clock.now().isoformat()) == ("2026-11-23", "2026-11-24T03:00:00+00:00")
            clock.set_zone("Asia/Tokyo")
            assert clock.today().isoformat() == "2026-11-24"
    finally:
        clock.set_zone("")


def test_a_simulated_time_ends_with_its_block_even_after_a_fault() -> None:
    def fail(at: datetime) -> None:
        with clock.simulated(at):
            assert (clock.now(), clock.is_simulated()) == (at, True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail(datetime(2026, 1, 5, 8, 0, tzinfo=UTC))
    assert not clock.is_simulated()
