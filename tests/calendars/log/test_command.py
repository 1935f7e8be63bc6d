"""`manage.py calendar_log` for operators (C10, H5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from bookingsite.models import User
from calendars.models import Account, LogEntry
from tests.factories import calendars as make

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C10")]


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def account(host: User, now: datetime) -> Account:
    account = make.make_account(host, label="Work")
    for verb, result in (("PROPFIND", "207"), ("PUT", "503"), ("GET", "200")):
        LogEntry.objects.create(account=account, at=now, job="read", verb=verb, result=result)
    return account


def told(*args: object) -> str:
    out = StringIO()
    call_command("calendar_log", *[str(arg) for arg in args], stdout=out)
    return out.getvalue()


def test_entries_are_printed_in_their_order(account):
    lines = told(account.pk).splitlines()

    assert [line.split("\t")[3] for line in lines] == ["verb", "PROPFIND", "PUT", "GET"]


def test_the_newest_entries_are_printed_as_json(account):
    rows = json.loads(told(account.pk, "--json", "--limit", 2))

    assert [(row["verb"], row["result"], row["when"]) for row in rows] == [
        ("PUT", "503", "2027-03-01T08:00:00Z"),
        ("GET", "200", "2027-03-01T08:00:00Z"),
    ]


def test_what_failed_is_printed_alone(account):
    assert [row["verb"] for row in json.loads(told(account.pk, "--json", "--failed"))] == ["PUT"]


def test_the_log_is_switched_and_cleared(account, now):
    assert told(account.pk, "--on") == "The log of Work is on until 2027-03-08 08:00 UTC.\n"
    account.refresh_from_db()
    assert account.logging_until == now + timedelta(days=7)

    assert told(account.pk, "--clear") == "3 entries of Work were deleted.\n"
    assert told(account.pk) == "Nothing is kept. The log is on.\n"

    assert told(account.pk, "--off") == "The log of Work is off.\n"
    account.refresh_from_db()
    assert account.logging_until == now
    assert told(account.pk) == "Nothing is kept. The log is off; --on switches it on.\n"


def test_an_account_that_is_not_there_is_a_wrong_call(db):
    with pytest.raises(CommandError) as refused:
        call_command("calendar_log", "17")

    assert refused.value.returncode == 2
