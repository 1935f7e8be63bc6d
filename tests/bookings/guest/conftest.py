"""Guests' pages as a browser without cookies gets them, at a standing clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from bookings.models import EventType
from bookingsite.models import User
from tests.bookings.guest.pages import Guest
from tests.factories.bookings import event_type_of


@pytest.fixture(autouse=True)
def standing_clock(now: datetime) -> Iterator[None]:
    """Monday 2027-03-01, 09:00 in Berlin."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def guest(client: Client) -> Guest:
    """Somebody without an account."""
    return Guest(client)


@pytest.fixture
def talk(host: User) -> EventType:
    """Half an hour with Anna in Berlin, Monday to Friday 9 to 17."""
    return event_type_of(host, slug="talk", title="First talk")
