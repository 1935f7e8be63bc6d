"""The host's pages at a fixed moment, with the host signed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from bookingsite.models import User


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime) -> Iterator[None]:
    """The pages read the clock; it stands at `now`."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def page(host: User) -> Client:
    """A browser in which the host is signed in."""
    browser = Client()
    browser.force_login(host)
    return browser


def berlin(hour: int, minute: int = 0, *, day: int = 2) -> datetime:
    """A wall-clock time in Berlin (UTC+1) in March 2027, before the clocks change."""
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)
