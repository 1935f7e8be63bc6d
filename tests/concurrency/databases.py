"""A database of one's own for a proof: a file, a throw-away PostgreSQL, or a new one on a given server."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.site import free_port


@contextmanager
def database(wanted: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database, gone afterwards.

    `wanted` is `sqlite`, `postgres` (a cluster is started for it) or the URL of a PostgreSQL server.
    """
    if wanted == "sqlite":
        yield f"sqlite:///{folder / 'proof.sqlite3'}"
    elif wanted == "postgres":
        with _cluster() as server:
            yield server
    else:
        with _new_on(wanted) as url:
            yield url


@contextmanager
def _new_on(server: str) -> Iterator[str]:
    import psycopg

    name = f"proof_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload, unused-ignore]
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload, unused-ignore]


@contextmanager
def _cluster() -> Iterator[str]:
    """A PostgreSQL on a free loopback port, as it comes, with its durable commits."""
    folder, port = Path(tempfile.mkdtemp(prefix="proof-postgres-")), free_port()
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        _as_nobody([_binary("initdb"), "-D", "data", "-U", "proof", "-A", "trust", "-E", "UTF8"], folder)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        _as_nobody([_binary("pg_ctl"), "-D", "data", "-w", "-l", "log", "-o", options, "start"], folder)
        try:
            yield f"postgres://proof@127.0.0.1:{port}/postgres"
        finally:
            _as_nobody([_binary("pg_ctl"), "-D", "data", "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binary(name: str) -> str:
    """The newest installed one; Debian keeps them off the path. Raises `FileNotFoundError`."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if found:
        return str(found[-1])
    elsewhere = shutil.which(name)
    if elsewhere is None:
        raise FileNotFoundError(f"PostgreSQL's {name} is not installed.")
    return elsewhere


def _as_nobody(command: Sequence[str], folder: Path) -> None:
    """Run to the end; PostgreSQL refuses to run as root."""
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    subprocess.run(
        command, cwd=folder, user=user, extra_groups=None if user is None else [], check=True, timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
