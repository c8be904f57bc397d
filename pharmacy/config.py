"""What the environment says, read once and checked before anything else starts."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pharmacy.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one installation; what changes a number or a rule is policy, kept in the database instead."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    timezone: str = ""
    behind_proxy: bool = False
    site: str = "main"

    @property
    def database(self) -> Path:
        return self.data / "triturate.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Config:
        """Read the ``TRITURATE_…`` variables; a value that makes no sense is refused with its name."""
        given = os.environ if environment is None else environment
        port = given.get("TRITURATE_PORT") or "8000"
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ConfigurationError(f"TRITURATE_PORT is {port!r}; it must be a number from 1 to 65535.")
        timezone = given.get("TRITURATE_TIMEZONE", "")
        if timezone:
            try:
                ZoneInfo(timezone)
            except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
                raise ConfigurationError(
                    f"TRITURATE_TIMEZONE is {timezone!r}; write a zone as America/Chicago, or leave it empty."
                ) from None
        proxy = given.get("TRITURATE_PROXY") or "0"
        if proxy not in {"0", "1"}:
            raise ConfigurationError(f"TRITURATE_PROXY is {proxy!r}; it must be 1 behind a proxy, else 0.")
        data = Path(given.get("TRITURATE_DATA") or ROOT / "instance").expanduser()
        return cls(
            data=data if data.is_absolute() else Path.cwd() / data,
            host=given.get("TRITURATE_HOST") or "127.0.0.1",
            port=int(port),
            timezone=timezone,
            behind_proxy=proxy == "1",
        )

    def secret_key(self) -> str:
        """The key that signs sessions: made once, kept in the data folder, readable by its owner alone."""
        path = self.data / "secret.key"
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            own = path.with_name(f"secret.key.{os.getpid()}")
            own.unlink(missing_ok=True)  # left by a process that was killed here
            with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):
                os.link(own, path)  # whole or not at all, and the first of two processes wins
            own.unlink()
        key = path.read_text().strip()
        if len(key) < 32:
            raise ConfigurationError(f"{path} holds no key; remove the file and start again.")
        return key


def is_loopback(host: str) -> bool:
    """Whether the address is this machine's own."""
    name = host.strip("[]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
