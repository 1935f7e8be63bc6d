"""What needs the host stands on every page of the signed-in area until it is over (C9, CC-5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from lxml import html

from bookingsite.models import User
from calendars.models import Account, Calendar
from calendars.providers import errors
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
PAGES = ["/home/", "/bookings/", "/event-types/", "/availability/", "/settings/profile/"]
DOWN = (
    "Home server: The server could not be reached. Check the address for typing errors, and whether the server is "
    "running."
)


class Day:
    """Anna's account, a page of hers, and the time."""

    def __init__(self, host: User, page: Client, now: datetime, traveller: Any) -> None:
        address, self.server = make.make_server()
        self.account = make.make_account(host, address=address, label="Home server")
        self.calendar = make.make_calendar(self.account)
        self.page, self.now, self.traveller = page, now, traveller
        self.read()

    def read(self, failing: errors.ProviderError | None = None) -> None:
        if failing:
            self.server.fail_next("changes", failing)
        make.read_now(self.calendar, self.now)

    def wait(self, after: timedelta) -> None:
        self.now += after
        self.traveller.move_to(self.now, tick=False)

    def banners(self, path: str = "/home/") -> list[str]:
        tree = html.fromstring(self.page.get(path, follow=True).content.decode())
        found = tree.xpath("//*[contains(@class,'banners')]//p")
        return [" ".join(each.text_content().split()) for each in found]


@pytest.fixture
def day(host: User, page: Client, now: datetime) -> Iterator[Day]:
    with time_machine.travel(now, tick=False) as traveller:
        page.force_login(host)  # a session of that time
        yield Day(host, page, now, traveller)


@pytest.mark.promise("C9")
@pytest.mark.parametrize("path", PAGES)
def test_banner_stands_on_every_page_and_goes_with_the_trouble(day: Day, path: str) -> None:
    Account.objects.update(unread="withhold")
    assert day.banners(path) == []
    day.read(errors.Unreachable())
    assert day.banners(path) == [f"{DOWN} No free times are offered meanwhile. Open integrations"]
    day.read()
    assert day.banners(path) == []


@pytest.mark.promise("C9")
def test_refused_password_asks_to_reconnect_while_the_copy_counts(day: Day) -> None:
    day.read(errors.WrongPassword())
    [banner] = day.banners()
    assert banner.startswith("Home server: The server did not accept this user name and password.")
    assert banner.endswith("Reconnect")
    assert "No free times" not in banner


def test_short_outage_of_a_trusted_account_has_no_banner(day: Day) -> None:
    day.wait(timedelta(minutes=10))
    day.read(errors.Unreachable())
    assert (Account.objects.get().status, day.banners()) == ("retrying", [])


def test_account_that_is_no_longer_used_needs_nobody(day: Day) -> None:
    Account.objects.update(unread="withhold")
    day.read(errors.Unreachable())
    assert len(day.banners()) == 1
    Calendar.objects.update(blocks=False, receives=False)
    assert day.banners() == []


def test_banner_of_another_host_is_not_shown(day: Day, other_host: User) -> None:
    day.read(errors.WrongPassword())
    assert len(day.banners()) == 1
    day.page.force_login(other_host)
    assert day.banners() == []
