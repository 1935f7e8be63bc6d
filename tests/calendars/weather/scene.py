"""A host with one connected calendar, as the worker, the host and the guests see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.functional import Promise
from lxml import html

from bookings.models import EventType
from bookingsite import work
from bookingsite.lib import clock
from calendars import busy, tasks, wording, writing
from calendars.models import Calendar, Item, Write
from calendars.providers.base import EventWish
from calendars.providers.caldav import transport
from calendars.sync import pull, push
from calendars.wording import Problem
from tests.calendars.weather.worlds import OURS, World
from tests.factories import calendars as make
from tests.factories.host_forms import offered

PAGE = "/settings/integrations/"
GONE = (
    "This calendar is no longer in the account. "
    "If you deleted it, take its ticks away below; until then no times may be offered."
)
NOT_WRITABLE = (
    "Bookings could not be written into this calendar. "
    "Choose another calendar to receive bookings, or allow writing to this one."
)
PATIENCE = 0.4
"""Seconds, where servers are slow on purpose."""


@dataclass(frozen=True)
class Known:
    """What a reading changes: the copy, where it stands, when it was good, and what guests are offered."""

    items: list[tuple[str, str]]
    cursor: str
    read_at: datetime | None
    busy: list[tuple[int, int]]
    offered: list[str]


@dataclass
class Scene:
    """The host's side of one world. `now` only moves on by `read` and `write`."""

    world: World
    calendar: Calendar
    kind: EventType
    page: Client
    now: datetime
    day: datetime

    def at(self, hour: int) -> datetime:
        """An hour (UTC) of the working day ahead that all of this is about."""
        return self.day + timedelta(hours=hour)

    def row(self) -> Calendar:
        """The calendar as it is stored."""
        return Calendar.objects.select_related("account").get(pk=self.calendar.pk)

    def known(self) -> Known:
        """What is known of it."""
        row, first = self.row(), int(self.now.timestamp())
        return Known(
            items=sorted(Item.objects.filter(calendar=row).values_list("key", "digest")),
            cursor=row.cursor,
            read_at=row.last_ok_at,
            busy=sorted(busy.spans([row.owner_id], first, first + 30 * 86400)[row.owner_id]),
            offered=offered(self.kind, self.day, now=self.now),
        )

    def closed_since(self, before: Known) -> list[int]:
        """The hours that were offered and are not any more; nothing else may have changed on the page."""
        now = self.known().offered
        assert set(now) <= set(before.offered)
        return [int(time[3:5]) for time in before.offered if time not in now]

    def named(self, sentence: str) -> str:
        """A sentence as the card says it of the calendar."""
        return f"{self.row().name}: {sentence}"

    def is_well(self) -> bool:
        """Whether nothing is wrong, in the rows and on the card."""
        row = self.row()
        states = (row.error, row.failing_since, row.vanished_at, row.account.status, row.account.error)
        return states == ("", None, None, "connected", "") and self.told() == []

    def leaks(self, text: str) -> list[str]:
        """The secrets that this text shows."""
        return [secret for secret in self.world.secrets if secret in text]

    def read(self, *, due: bool = False, wake: bool = True) -> Calendar:
        """A worker reads: `due` when it is time to, otherwise because it was called."""
        if due:
            self.now = max(self.row().run_at, self.now)
        elif wake:
            self.now += timedelta(seconds=5)
            Calendar.objects.filter(pk=self.calendar.pk).update(run_at=self.now)
        work.drain(lambda: self.now, only={tasks.READ})
        return self.row()

    def compare(self) -> Calendar:
        """A worker compares everything, as it does once a day."""
        Calendar.objects.filter(pk=self.calendar.pk).update(last_full_at=self.now - timedelta(days=1))
        return self.read()

    def want(self, wish: EventWish | None) -> None:
        """A booking is made or moved, or cancelled."""
        if wish is None:
            writing.want_absent(self.calendar, uid=make.wish(self.now).uid, now=self.now)
        else:
            writing.want_event(self.calendar, uid=wish.uid, wish=wish, now=self.now)

    def wish(self, hour: int) -> EventWish:
        """The booking's event at this hour, as it would be now."""
        return make.wish(self.at(hour), updated=self.now, summary=OURS)

    def write(self, *, due: bool = False) -> Write:
        """A worker writes: `due` when the row is to be tried again."""
        run_at = Write.objects.get(calendar=self.calendar).run_at
        self.now = max(run_at, self.now) if due else self.now + timedelta(seconds=5)
        work.drain(lambda: self.now, only={tasks.WRITE})
        return Write.objects.select_related("calendar").get(calendar=self.calendar)

    def told(self) -> list[str]:
        """Every trouble that the account's card tells, each in one line. No secret is on the page."""
        text = self.page.get(PAGE).content.decode()
        assert self.leaks(text) == []
        card = html.fromstring(text).get_element_by_id(f"account-{self.calendar.account_id}")
        found = card.xpath(".//*[contains(@class,'notice-')]//p[1] | .//*[@class='why']")
        return [" ".join(one.text_content().split()) for one in found]

    def sentence(self, code: str) -> str:
        """What the card must say for a code: words of its own, with a remedy, that can be translated."""
        problem = wording.problem(code, self.world.kind)
        assert problem is not wording.OTHER
        return told(problem)


def told(problem: Problem) -> str:
    """A problem in one line."""
    assert all(isinstance(part, Promise) and str(part).strip() for part in (problem.text, problem.remedy))
    return f"{problem.text} {problem.remedy}"


def working_day(now: datetime) -> datetime:
    """Midnight UTC of a Wednesday, three to nine days ahead."""
    day = (now + timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=(2 - day.weekday()) % 7)


def moment() -> datetime:
    """Now, in whole seconds: tokens run out by the real clock."""
    return clock.now().replace(microsecond=0).astimezone(UTC)


@contextmanager
def impatient() -> Iterator[None]:
    """Within this block nobody waits long for a server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pull, "LIMIT_SECONDS", 60 + PATIENCE)
        patch.setattr(push, "LIMIT_SECONDS", 30 + PATIENCE)
        patch.setattr(transport, "PATIENCE", PATIENCE)
        yield


def seconds(row: Any, since: datetime) -> float:
    """How long a row waits to be tried again."""
    return float((row.run_at - since).total_seconds())
