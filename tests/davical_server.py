"""DAViCal as Debian packages it, on a throw-away PostgreSQL: a third real CalDAV server, with answers of its own.

Needs the packages davical, php-cli, php-pgsql, php-xml and a running cluster whose superuser may be anybody on
loopback, named by `DAVICAL_CLUSTER=HOST:PORT:USER` (`.ci/run` makes both).
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.caldav_servers import PASSWORD, CalDavServer, free_port

SHARE = Path("/usr/share/davical")
ROUTER = """<?php
$path = urldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
if ($path === '/.well-known/caldav') { header('Location: /caldav.php/', true, 301); exit; }
if (strpos($path, '/caldav.php') !== 0) { http_response_code(404); exit; }
$_SERVER['SCRIPT_NAME'] = '/caldav.php';
$_SERVER['PHP_SELF'] = $path;
$_SERVER['PATH_INFO'] = substr($path, strlen('/caldav.php'));
chdir('%(share)s/htdocs');
require '%(share)s/htdocs/caldav.php';
"""
USER = "admin"


@contextmanager
def davical(folder: Path) -> Iterator[CalDavServer]:
    """DAViCal with its administrator as the only person; its database is made anew."""
    environment = _environment()
    _make_database(environment)
    router = folder / "router.php"
    router.write_text(ROUTER % {"share": SHARE})
    port = free_port()
    settings = {
        "error_log": str(folder / "php.err"),
        "display_errors": "0",
        "include_path": f"{SHARE}/inc:/usr/share/awl/inc",
    }
    options = [part for name, value in settings.items() for part in ("-d", f"{name}={value}")]
    with (folder / "php.log").open("w") as log:
        running = subprocess.Popen(
            ["php", *options, "-S", f"127.0.0.1:{port}", str(router)],
            env={**environment, "PHP_CLI_SERVER_WORKERS": "2"}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/"
            _wait_for(url)
            yield CalDavServer("davical", url, f"{url}caldav.php/{USER}/", USER, PASSWORD)
        finally:
            os.killpg(running.pid, 15)
            running.wait(timeout=10)


def _environment() -> dict[str, str]:
    """Where its libraries find the cluster (libpq's variables)."""
    host, port, user = os.environ["DAVICAL_CLUSTER"].split(":")
    return {**os.environ, "PGHOST": host, "PGPORT": port, "PGUSER": user}


def _make_database(environment: dict[str, str]) -> None:
    roles = (
        "DROP ROLE IF EXISTS davical_app", "DROP ROLE IF EXISTS davical_dba",
        "CREATE ROLE davical_dba SUPERUSER LOGIN", "CREATE ROLE davical_app LOGIN",
    )  # fmt: skip
    commands = [
        ["dropdb", "--if-exists", "davical"],
        ["psql", "-q", "-d", "postgres", *(part for role in roles for part in ("-c", role))],
        ["sh", str(SHARE / "dba/create-database.sh"), "davical", PASSWORD],
    ]
    for command in commands:
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)


def _wait_for(url: str) -> None:
    for _ in range(100):
        if _answers(url):
            return
        time.sleep(0.1)
    raise RuntimeError("DAViCal did not start")


def _answers(url: str) -> bool:
    """Anything but the calendars is a 404, and a 404 is an answer."""
    try:
        urlopen(url, timeout=2).close()
    except URLError as error:
        return getattr(error, "code", None) == 404
    return True
