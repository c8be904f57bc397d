"""How the web server runs: two workers of four threads, and a stop that finishes the requests under way."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from pathlib import Path
from typing import Any

_host = os.environ.get("TRITURATE_HOST") or "127.0.0.1"
_port = os.environ.get("TRITURATE_PORT") or "8000"

wsgi_app = "wsgi:app"
bind = f"[{_host}]:{_port}" if ":" in _host and not _host.startswith("[") else f"{_host}:{_port}"
proc_name = "triturate"
umask = 0o077

worker_class = "gthread"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 30
keepalive = 5

# Heartbeats of the workers go to memory: a busy disk must not look like a worker that hangs.
if Path("/dev/shm").is_dir() and os.access("/dev/shm", os.W_OK):  # noqa: S108  gunicorn makes an unnamed file there
    worker_tmp_dir = "/dev/shm"  # noqa: S108  as above

# The application keeps its own log, without patient data; an access log would note every address that was opened.
accesslog = None
errorlog = "-"
loglevel = "warning"

# Nothing else on the machine steers the server.
control_socket_disable = True


_held: list[Any] = []


def on_starting(_server: Any) -> None:
    """Say that these data are being served: a restore needs them alone (pharmacy/backup.py)."""
    from pharmacy.config import Config

    data = Config.from_environment().data
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (data / "serving.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    _held.append(lock)


def when_ready(server: Any) -> None:
    """Make Ctrl-C a graceful stop like SIGTERM; gunicorn's own SIGINT drops the requests under way.

    A second Ctrl-C stops at once. A terminal that is closed (SIGHUP) stops the server too, instead of leaving it behind unseen;
    without a terminal SIGHUP keeps its usual meaning, a reload.
    """

    def stop(_number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, server.signal)
        os.write(2, b"\nStopping: the requests under way are finished first. Ctrl-C again stops at once.\n")
        server.signal(signal.SIGTERM, frame)

    signal.signal(signal.SIGINT, stop)
    if os.isatty(0):
        signal.signal(signal.SIGHUP, stop)
    sys.stdout.write(f"Triturate serves at http://{bind}/ (Ctrl-C stops it)\n")
    sys.stdout.flush()


def post_worker_init(_worker: Any) -> None:
    """Leave Ctrl-C to the master: the terminal sends it to the workers as well, amid their requests."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.isatty(0):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
