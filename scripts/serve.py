#!/usr/bin/env python3
"""What ``make run`` does: bring the database up to date, fill the demonstration or show the one-time code, then serve.

The steps are the same commands that ``flask --app wsgi …`` offers, run one after the other in one interpreter: a start of
Python and of the libraries for each of them would cost seconds at every start of the day. gunicorn then takes this process over,
so that a signal to it is a signal to the server.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent


def refuse_a_taken_port(host: str, port: int) -> None:
    """Say at once, before anything is changed, that the address cannot be had."""
    name = host.strip("[]")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as problem:
        raise click.ClickException(
            f"HOST={host} is no address of this machine: {problem.strerror or problem}."
        ) from problem
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise click.ClickException(
                    f"Port {port} is in use, perhaps by a Triturate that runs already. Another: make run PORT={port + 1}"
                ) from problem
            raise click.ClickException(f"HOST={host} PORT={port} cannot be served: {problem.strerror}.") from problem


def steps(host: str, *, own_machine: bool, demonstration: bool) -> tuple[tuple[str, ...], ...]:
    """The commands to run before serving, in order.

    The demonstration fills only a folder that this machine alone is to see; on any other address an empty pharmacy shows
    its set-up page instead.
    """
    fill = ("demo", "--if-empty") if demonstration and own_machine else ("first-code",)
    serving = ("check-serving", host) if demonstration else ("check-serving", host, "--real")
    return (("migrate",), fill, serving)


def prepare() -> str:
    """Run the steps; give the folder of the data."""
    from flask.cli import ScriptInfo

    from pharmacy.app import create_app
    from pharmacy.config import Config, is_loopback

    config = Config.from_environment()
    refuse_a_taken_port(config.host, config.port)
    try:
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise click.ClickException(f"DATA={config.data} cannot be the data folder: {problem.strerror}.") from problem
    demonstration = os.environ.get("TRITURATE_DEMO", "1") != "0"
    for step in steps(config.host, own_machine=is_loopback(config.host), demonstration=demonstration):
        info = ScriptInfo(app_import_path="wsgi", create_app=lambda: create_app())  # noqa: PLW0108  fresh for each step
        app = info.load_app()
        with app.app_context():
            app.cli.main(args=list(step), prog_name="flask --app wsgi", obj=info, standalone_mode=False)
    return str(config.data)


def main() -> None:
    """Prepare, then become the server."""
    os.chdir(ROOT)
    os.umask(0o077)
    sys.path.insert(0, str(ROOT))
    from pharmacy.errors import ConfigurationError

    try:
        os.environ["TRITURATE_DATA"] = prepare()
    except click.ClickException as refused:
        refused.show()
        sys.exit(refused.exit_code)
    except ConfigurationError as refused:
        click.echo(f"Error: {refused}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn"])  # noqa: S606  this interpreter and fixed words


if __name__ == "__main__":
    main()
