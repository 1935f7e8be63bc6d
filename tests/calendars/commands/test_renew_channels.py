"""`renew_channels`."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from bookingsite.models import User
from calendars.models import Channel
from calendars.providers import errors
from tests.calendars.sync.pushing import Orders, push_from
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(host: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Orders:
    """A host with two calendars at a provider that pushes."""
    settings.PUSH_URL = "https://push.example"
    found = push_from(monkeypatch, "google")
    address, _server = make.make_server()
    account = make.make_account(host, address=address, provider="google", label="Anna")
    make.make_calendar(account)
    make.make_calendar(account, remote_id="private")
    return found


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("renew_channels", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.promise("H5")
def test_missing_channels_are_ordered_and_reported(orders: Orders) -> None:
    found = [(row["name"], row["account"], row["error"]) for row in json.loads(run("--json"))]
    assert found == [("Work", "Anna", ""), ("Private", "Anna", "")]
    assert len(orders.standing) == 2
    assert run() == "No push channel is due.\n"


def test_every_channel_is_renewed_when_asked_to(orders: Orders) -> None:
    run()
    first = set(orders.standing)
    run("--all")
    assert (len(orders.standing), first & set(orders.standing)) == (2, set())


def test_channels_end_without_an_address(orders: Orders, settings: Any) -> None:
    run()
    settings.PUSH_URL = ""
    run()
    assert (orders.standing, Channel.objects.count()) == ({}, 0)


def test_failure_is_named_and_told_by_the_exit_code(orders: Orders) -> None:
    orders.error = errors.Unreachable()
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 1
    assert set(Channel.objects.values_list("error", flat=True)) == {"unreachable"}
