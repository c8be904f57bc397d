"""The real program for the journeys: its commands and its web server with two workers, on a data folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Server:
    """One pharmacy: a data folder, the program's commands on it, and, between start() and stop(), the web server."""

    data: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data.parent / f"{self.data.name}.log"

    def environment(self) -> dict[str, str]:
        """The environment a person's shell would have, with this pharmacy's settings and nobody else's."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("TRITURATE_", "COV_", "FLASK_"))
        }
        own = {
            "TRITURATE_DATA": str(self.data),
            "TRITURATE_HOST": "127.0.0.1",
            "TRITURATE_PORT": str(self.port),
        }
        return {**kept, **own, **self.extra}

    def flask(self, *words: str, text_in: str | None = None) -> str:
        """Run ``flask --app wsgi …`` on this pharmacy and give what it printed; a failure fails the test with its words."""
        answer = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=self.environment(),
            input=text_in,
            stdin=subprocess.DEVNULL if text_in is None else None,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert answer.returncode == 0, f"flask {' '.join(words)}: {answer.returncode}\n{answer.stdout}\n{answer.stderr}"
        return answer.stdout

    def start(self, seconds: float = 60) -> None:
        """Start gunicorn as ``make run`` does and wait until it answers on /healthz."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn"],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that kill() reaches the workers too
            )
        until = time.monotonic() + seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise AssertionError(f"the server did not start:\n{self.said()[-4000:]}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether /healthz says that all is well."""
        try:
            with urllib.request.urlopen(f"{self.base}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def stop(self) -> None:
        """Stop as SIGTERM does; an untidy end or a traceback in the server's log fails the test."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(45)
        finally:
            self.kill()
        assert code == 0, f"the server ended with {code}:\n{self.said()[-4000:]}"
        assert "Traceback" not in self.said(), self.said()[-8000:]

    def kill(self) -> None:
        """End the server and its workers at once; for a test of what a crash leaves behind, and to leave nothing running."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.process = None

    def said(self) -> str:
        """What the server wrote to its console."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
