"""The switches in SQL say the same as in Python, for every combination."""

from __future__ import annotations

from datetime import datetime
from itertools import product

import pytest

from bookingsite.models import User
from calendars.models import Busy, Calendar, Item
from calendars.models.reading import Status as RowStatus
from calendars.providers.base import Status
from calendars.sync.blocking import AllDay
from calendars.sync.connection import switches_of
from calendars.sync.respread import apply_switches
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db


def test_stored_statuses_are_the_providers() -> None:
    assert sorted(RowStatus.values) == sorted(status.value for status in Status)
    assert sorted(Calendar.AllDay.values) == sorted(mode.value for mode in AllDay)


def test_switches_applied_in_sql_agree_with_the_rule(host: User, now: datetime) -> None:
    calendar = make.make_calendar(make.make_account(host))
    item = Item.objects.create(calendar=calendar, key="a")
    kinds = list(product(Status, (False, True), (False, True)))
    Busy.objects.bulk_create(
        Busy(
            calendar=calendar,
            item=item,
            start=0,
            end=1,
            status=status,
            all_day=all_day,
            unanswered=unanswered,
        )
        for status, all_day, unanswered in kinds
    )
    for tentative, elsewhere, oof, unanswered_blocks, mode in product(*[(False, True)] * 4, AllDay):
        calendar.tentative_blocks, calendar.elsewhere_blocks = tentative, elsewhere
        calendar.out_of_office_blocks, calendar.unanswered_blocks = oof, unanswered_blocks
        calendar.all_day = mode
        apply_switches(calendar, now=now)
        switches = switches_of(calendar)
        rows = Busy.objects.values_list("status", "all_day", "unanswered", "blocks")
        wrong = [row for row in rows if switches.block(row[0], all_day=row[1], unanswered=row[2]) != row[3]]
        assert wrong == []
