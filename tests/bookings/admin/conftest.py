"""The admin at a fixed moment: an operator's browser, and that of a host who may use the admin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookingsite.models import User
from tests.factories.everything import make_everything

START = datetime(2027, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def staff(host: User) -> User:
    """Anna, who may use the admin for her own rows."""
    host.is_staff = True
    host.save()
    return host


def browser_of(person: User) -> Client:
    """A browser in which the person is signed in."""
    browser = Client()
    browser.force_login(person)
    return browser


@pytest.fixture
def as_operator(operator: User) -> Client:
    """The operator's browser."""
    return browser_of(operator)


@pytest.fixture
def as_staff(staff: User) -> Client:
    """Anna's browser."""
    return browser_of(staff)


@pytest.fixture
def mine(staff: User, now: datetime) -> dict[str, Any]:
    """One row of everything, Anna's."""
    return make_everything(staff, now=now, start=START)


@pytest.fixture
def theirs(other_host: User, now: datetime) -> dict[str, Any]:
    """One row of everything, Ben's."""
    return make_everything(other_host, now=now, start=START)
