"""`manage.py start` and the settings it needs, as real processes on a database of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.site import PATIENCE, ROOT, Site, environment, wait_for

PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "".join(chr(97 + i * 7 % 26) + str(i) for i in range(30)),
    "BOOKING_SECRETS_KEYS": "a-long-enough-key-for-a-test",
    "SITE_URL": "https://book.example.org",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "DJANGO_SETTINGS_MODULE": "bookingsite.settings",
}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a site with an empty, migrated SQLite database."""
    folder = tmp_path_factory.mktemp("site")
    env = environment(folder, DJANGO_SETTINGS_MODULE="bookingsite.settings")
    Site(env).manage("migrate", "-v", "0")
    Site(env).manage("createcachetable")
    return env


def production(folder: Path, **changes: str | None) -> dict[str, str]:
    """Production's environment with some variables changed or (None) taken away."""
    env = {**environment(folder), **PRODUCTION}
    return {key: value for key, value in {**env, **changes}.items() if value is not None}


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return Site(env).manage(*arguments, check=False)


# --- settings ---------------------------------------------------------------------------------------


def test_check_deploy_is_clean_with_production_settings(tmp_path: Path) -> None:
    done = run(production(tmp_path), "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "System check identified no issues (2 silenced).\n",  # HSTS for names below ours, and its preloading
        "",
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "BOOKING_SECRETS_KEYS", "SITE_URL"])
def test_a_missing_secret_is_one_sentence(tmp_path: Path, name: str) -> None:
    done = run(production(tmp_path, **{name: None}), "start")
    assert done.returncode == 1
    assert done.stderr.startswith(f"The settings are not complete. {name} is not set.")
    assert "Traceback" not in done.stderr


def test_a_setting_that_is_no_number_is_one_sentence(tmp_path: Path) -> None:
    done = run(production(tmp_path, WORKERS="many"), "check")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "See .env.example." in done.stderr


def test_deploy_check_names_what_is_not_meant_for_a_public_site(tmp_path: Path) -> None:
    env = production(
        tmp_path, SITE_URL="http://book.example.org", BOOKING_SECRETS_KEYS="short", EMAIL_URL=None
    )
    done = run(env, "check", "--deploy")
    found = [number for number in ("W001", "W002", "W003", "W004") if f"bookingsite.{number}" in done.stderr]
    assert found == ["W001", "W002", "W003"]


# --- what keeps it from starting ----------------------------------------------------------------------


def test_a_taken_port_is_one_sentence_and_nothing_starts(migrated: dict[str, str]) -> None:
    site = Site(migrated)
    with socket.socket() as other:
        other.bind(("127.0.0.1", site.port))
        other.listen()
        done = site.manage("start", *site.arguments, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"CommandError: Another program listens at 127.0.0.1:{site.port} already. "
        "Stop it, or choose another port (PORT=8001).\n"
    )
    assert site.living() == []


def test_an_address_that_is_none_is_one_sentence(migrated: dict[str, str]) -> None:
    done = run(migrated, "start", "--bind", "somewhere")
    assert (done.returncode, done.stderr) == (
        1,
        "CommandError: “somewhere” is no address to listen at; write 127.0.0.1:8000.\n",
    )


def test_a_database_that_is_behind_is_one_sentence(tmp_path: Path) -> None:
    site = Site(environment(tmp_path, DJANGO_SETTINGS_MODULE="bookingsite.settings"))
    done = site.manage("start", *site.arguments, check=False)
    assert done.returncode == 1
    assert "Run “manage.py migrate” first." in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_wrong_key_stops_the_start(migrated: dict[str, str]) -> None:
    run(migrated, "doctor")  # makes the key check
    site = Site({**migrated, "BOOKING_SECRETS_KEYS": "another-key-than-before"})
    done = site.manage("start", *site.arguments, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: BOOKING_SECRETS_KEYS does not open the stored secrets")


@pytest.mark.promise("B5")
def test_a_database_that_lets_bookings_overlap_stops_the_start(migrated: dict[str, str]) -> None:
    drop = "from django.db import connection as c; c.cursor().execute('DROP TRIGGER claims_never_overlap_insert')"
    run(migrated, "shell", "-c", drop)
    site = Site(migrated)

    done = site.manage("start", *site.arguments, check=False)
    run(migrated, "migrate", "-v", "0")  # the remedy that the sentence names

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The database does not refuse overlapping claims. Run `manage.py")
    assert run(migrated, "check", "--database", "default").returncode == 0


# --- running ------------------------------------------------------------------------------------------


@pytest.fixture
def site(migrated: dict[str, str]) -> Iterator[Site]:
    site = Site(migrated, "--web-workers", "1")
    yield site
    for process in site.living():
        process.kill()


@pytest.mark.servers
def test_start_serves_works_and_ends_at_one_ctrl_c(site: Site) -> None:
    site.start()
    wait_for(
        lambda: f"Ready: http://127.0.0.1:{site.port}/ (Ctrl-C stops everything)" in site.log.read_text()
    )
    wait_for(lambda: len(site.living()) >= 8)

    assert site.interrupt() < 30

    assert site.process is not None
    assert site.process.returncode == 0
    wait_for(lambda: site.living() == [])


@pytest.mark.servers
def test_a_killed_web_server_is_replaced_and_no_request_is_refused(site: Site) -> None:
    site.start()
    first = site.web()
    old = {first, *first.children()}
    first.kill()
    wait_for(lambda: not old.intersection(site.living()))  # what a server took into its hands dies with it
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/healthz", timeout=PATIENCE) as answer:
        assert answer.status == 200
    assert site.web().pid != first.pid


@pytest.mark.servers
def test_nothing_outlives_a_killed_start(site: Site) -> None:
    site.start()
    site.supervisor().kill()
    wait_for(lambda: site.living() == [])


@pytest.mark.servers
def test_sigterm_ends_a_start_that_only_works(migrated: dict[str, str]) -> None:
    site = Site(migrated, "--no-web")
    began = time.monotonic()
    with site.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "start", "--no-web"],
            env=site.env,
            cwd=ROOT,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    wait_for(
        lambda: run(site.env, "worker_alive", "--within", str(int(time.monotonic() - began))).returncode == 0
    )
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0
    wait_for(lambda: site.living() == [])
