"""The feed of a host's bookings, at a fixed moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from bookings import feeds
from bookings.models import EventType, FeedLink
from bookingsite.models import User
from tests.factories.bookings import event_type_of


@pytest.fixture(autouse=True)
def clock_at(now: datetime) -> Iterator[time_machine.Traveller]:
    """Monday 2027-03-01, 09:00 in Berlin; tests move it."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def page(host: User) -> Client:
    """A browser in which the host is signed in."""
    browser = Client()
    browser.force_login(host)
    return browser


@pytest.fixture
def talk(host: User) -> EventType:
    """Half an hour with Anna in Berlin, Monday to Friday 9 to 17."""
    return event_type_of(host, slug="talk", title="First talk")


@pytest.fixture
def link(host: User, now: datetime) -> FeedLink:
    """Anna's feed: busy only."""
    return feeds.renew(host, now)


@pytest.fixture
def address(link: FeedLink) -> str:
    """The path of Anna's feed."""
    return feeds.address_of(link).removeprefix("http://testserver")
