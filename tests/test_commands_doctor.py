"""`manage.py doctor`, `worker_alive`, `setup_schedules` and the addresses for machines."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django_q.models import Schedule

from bookings import backstop
from bookingsite import canary, heartbeat, schedules
from bookingsite.lib import clock
from bookingsite.models import Canary, Heartbeat, Tick, User
from calendars.models import Account, OAuthClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def running() -> None:
    """A site whose worker gave a sign of life and whose schedule is in order."""
    schedules.repair(clock.now())
    heartbeat.beat(clock.now())


def examine(*, code: int) -> dict[str, dict[str, Any]]:
    """Run the doctor, expect this exit code, and return the findings by subject."""
    out = io.StringIO()
    if code:
        with pytest.raises(SystemExit) as stopped:
            call_command("doctor", "--json", stdout=out)
        assert stopped.value.code == code
    else:
        call_command("doctor", "--json", stdout=out)
    return {finding["subject"]: finding for finding in json.loads(out.getvalue())}


SUBJECTS = ["database", "migrations", "backstop", "sqlite", "urllib3", "secrets", "mail", "oauth", "zones",
            "worker", "schedules", "late", "dead", "accounts"]


@pytest.mark.promise("H5")
def test_doctor_finds_a_running_site_well(running: None) -> None:
    out = io.StringIO()
    findings = examine(code=1)  # the tests' mail is kept, which deserves a warning
    assert list(findings) == SUBJECTS
    assert {subject for subject, finding in findings.items() if finding["level"] != "ok"} == {"mail"}
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(SUBJECTS)
    assert lines[0].startswith("ok   The database answers")
    assert lines[6] == "warn Mail is not sent but kept (locmem). → Set EMAIL_URL."


def test_doctor_in_development_finds_kept_mail_well(running: None, settings: Any) -> None:
    settings.DEBUG = True
    assert examine(code=0)["mail"]["level"] == "ok"


@pytest.mark.promise("C8")
def test_doctor_tells_which_providers_have_a_client(running: None, settings: Any) -> None:
    client = {"client_id": "x", "secret": "y", "tenant": ""}
    settings.OAUTH_CLIENTS = {**settings.OAUTH_CLIENTS, "google": client}
    assert examine(code=1)["oauth"]["text"] == "OAuth clients of the site: google (environment)."

    OAuthClient.objects.create(provider="microsoft", client_id="x")
    finding = examine(code=1)["oauth"]
    assert finding["text"] == "OAuth clients of the site: google (environment), microsoft (admin)."
    assert finding["remedy"] == ""


def test_doctor_tells_of_a_silent_worker(running: None) -> None:
    Heartbeat.objects.update(beat_at=clock.now() - timedelta(seconds=61))
    assert examine(code=2)["worker"]["level"] == "fail"


def test_doctor_tells_of_a_worker_that_never_ran() -> None:
    schedules.repair(clock.now())
    assert examine(code=2)["worker"]["text"] == "No worker has ever run here."


def test_doctor_tells_of_a_strange_schedule(running: None) -> None:
    Schedule.objects.create(name="strange", func="os.getcwd")
    assert examine(code=2)["schedules"]["level"] == "fail"


def test_doctor_tells_of_late_and_dead_work(running: None) -> None:
    Tick.objects.create(name="late", run_at=clock.now() - timedelta(minutes=6))
    Tick.objects.create(name="dead", run_at=clock.now(), state=Tick.State.DEAD)
    findings = examine(code=2)
    assert findings["late"]["text"] == "Work is late: tick 1."
    assert (findings["dead"]["level"], findings["dead"]["text"]) == ("warn", "Work was given up: tick 1.")


def test_doctor_tells_of_a_wrong_key(running: None, settings: Any) -> None:
    assert canary.opens()
    settings.BOOKING_SECRETS_KEYS = ["another-key"]
    assert examine(code=2)["secrets"]["level"] == "fail"


def test_doctor_tells_of_accounts_that_need_reconnecting(running: None, host: User) -> None:
    Account.objects.create(owner=host, provider="caldav", status=Account.Status.RECONNECT)
    assert examine(code=1)["accounts"]["text"] == "One account needs reconnecting."


def test_doctor_tells_of_a_missing_backstop(running: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backstop, "is_installed", lambda connection: False)
    assert examine(code=2)["backstop"]["level"] == "fail"


def test_doctor_tells_of_a_mail_server_that_is_down(running: None, settings: Any, unused_tcp_port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_tcp_port
    text = examine(code=2)["mail"]["text"]
    assert text == "The mail server 127.0.0.1 does not let us in (ConnectionRefusedError)."


# --- worker_alive, setup_schedules ----------------------------------------------------------------


def test_worker_alive_after_a_beat() -> None:
    heartbeat.beat(clock.now())
    out = io.StringIO()
    call_command("worker_alive", stdout=out)
    assert out.getvalue() == "The worker is alive.\n"


def test_worker_alive_without_a_beat_exits_with_1() -> None:
    err = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("worker_alive", stderr=err)
    assert stopped.value.code == 1
    assert "No sign of life" in err.getvalue()


def test_setup_schedules_mends_what_is_broken_and_keeps_what_is_well() -> None:
    Schedule.objects.create(name="drain", func="bookingsite.tasks.drain", args="broken(")
    Schedule.objects.create(name="drain", func="bookingsite.tasks.drain")
    Schedule.objects.create(name="of an older version", func="gone")
    call_command("setup_schedules", stdout=io.StringIO())
    [row] = Schedule.objects.all()
    assert (row.name, row.func, row.args, row.minutes, row.repeats) == (
        "drain", "bookingsite.tasks.drain", None, 1, -1
    )
    call_command("setup_schedules", stdout=io.StringIO())
    assert Schedule.objects.get().pk == row.pk


# --- /healthz, /readyz ------------------------------------------------------------------------------


def test_healthz_answers_without_the_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert not answer.cookies


def test_readyz_of_a_running_site(client: Client, running: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200, {"ready": True, "database": "ok", "worker": "ok", "work": "ok"}
    )


def test_readyz_without_a_worker(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"], answer["Retry-After"]) == (503, "silent", "30")


def test_readyz_with_late_work(client: Client, running: None) -> None:
    Tick.objects.create(name="late", run_at=clock.now() - timedelta(minutes=6))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["work"]) == (503, "late")


def test_readyz_accepts_no_post(client: Client) -> None:
    assert client.post("/readyz").status_code == 405


@pytest.fixture
def unused_tcp_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_key_check_is_made_once() -> None:
    assert canary.opens()
    sealed = Canary.objects.get().sealed
    assert canary.opens()
    assert Canary.objects.get().sealed == sealed
