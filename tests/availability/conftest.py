"""Signed-in browsers, and a clock that stands still."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from bookingsite.models import User


@pytest.fixture
def as_host(client: Client, host: User) -> Client:
    """Anna's browser."""
    client.force_login(host)
    return client


@pytest.fixture
def at_now(monkeypatch: pytest.MonkeyPatch, now: datetime) -> datetime:
    """Monday, 2027-03-01 09:00 in Berlin, on every page."""
    monkeypatch.setattr("bookingsite.lib.clock.now", lambda: now)
    return now
