"""The server as `make run` starts it: gunicorn.conf.py with a small application in the place of the pharmacy."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SLOW = """
import time
from pathlib import Path

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        Path(environ["QUERY_STRING"]).touch()
        time.sleep(1.5)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"finished"]
"""

Start = Callable[[], tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the server in a process group of its own, as a shell does, and wait until it answers."""
    (tmp_path / "slow_app.py").write_text(SLOW, encoding="utf-8")
    begun: list[subprocess.Popen[str]] = []

    def run() -> tuple[subprocess.Popen[str], str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--pythonpath", str(tmp_path), "slow_app:app"],
            cwd=ROOT,
            env={
                **os.environ,
                "TRITURATE_HOST": "127.0.0.1",
                "TRITURATE_PORT": str(port),
                "TRITURATE_DATA": str(tmp_path),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        base = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(base, timeout=5):
                    return process, base
            except OSError:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < until
                time.sleep(0.05)

    yield run
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_stopping_finishes_the_request_under_way(start: Start, tmp_path: Path, stop: signal.Signals) -> None:
    process, base = start()
    arrived = tmp_path / "arrived"
    answers: list[bytes] = []

    def ask() -> None:
        with urllib.request.urlopen(f"{base}/slow?{arrived}", timeout=20) as answer:
            answers.append(answer.read())

    asking = threading.Thread(target=ask)
    asking.start()
    until = time.monotonic() + 20
    while not arrived.exists():
        assert time.monotonic() < until
        time.sleep(0.02)

    # A terminal sends Ctrl-C to master and workers alike; a service manager sends SIGTERM to the master.
    if stop is signal.SIGINT:
        os.killpg(process.pid, stop)
    else:
        process.send_signal(stop)
    asking.join(20)
    said, _ = process.communicate(timeout=40)

    assert answers == [b"finished"]
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert f"Triturate serves at {base}/" in said


def test_the_server_writes_no_line_about_a_request(start: Start, tmp_path: Path) -> None:
    process, base = start()
    with urllib.request.urlopen(f"{base}/an-address?{tmp_path}", timeout=20):
        pass
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=40)
    assert "an-address" not in said
