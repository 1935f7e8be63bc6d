"""How fresh every calendar is, in which state every account, and what the host chooses for bad days (C9, CC-1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from bookingsite.models import User
from calendars.models import Account, Calendar, Channel
from tests.factories import calendars as make
from tests.factories.bookings import event_type_of

pytestmark = pytest.mark.django_db
PAGE = "/settings/integrations/"


@pytest.fixture(autouse=True)
def frozen(now: datetime) -> object:
    """Pages read the clock: Monday 1 March 2027, 9:00 in Berlin."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def account(host: User) -> Account:
    """Anna's account; its calendars are made by the tests."""
    return make.make_account(host, label="Home server")


def a_calendar(account: Account, now: datetime, *, ago: int = 3, **fields: Any) -> Calendar:
    """A calendar read some minutes ago, to be read again in seven."""
    read = {
        "last_ok_at": now - timedelta(minutes=ago),
        "expanded_to": now + timedelta(days=400),
        "run_at": now + timedelta(minutes=7),
    }
    return make.make_calendar(account, **{**read, **fields})


def shown(page: Client, path: str = PAGE) -> html.HtmlElement:
    """The page, parsed; odd blanks made ordinary."""
    return html.fromstring(page.get(path).content.decode().replace("\xa0", " "))


def words(tree: html.HtmlElement, path: str) -> list[str]:
    """The words of each element found."""
    return [" ".join(" ".join(part.itertext()).split()) for part in tree.xpath(path)]


CELLS = "//*[@id='accounts']//tbody/tr/td"
BADGE = "//*[@id='accounts']//*[@class='split']/span"


@pytest.mark.promise("C9")
def test_every_calendar_tells_its_own_age_and_next_reading(
    page: Client, account: Account, now: datetime
) -> None:
    a_calendar(account, now)
    a_calendar(account, now, ago=75, remote_id="private", interval_minutes=60)
    assert words(shown(page), CELLS) == [
        "Private", "1 hour, 15 minutes ago (1 March 2027, 7:45 AM)", "in 7 minutes (1 March 2027, 9:07 AM)",
        "asked every 60 minutes",
        "Work", "3 minutes ago (1 March 2027, 8:57 AM)", "in 7 minutes (1 March 2027, 9:07 AM)",
        "asked every 10 minutes",
    ]  # fmt: skip


def test_what_is_nearer_than_a_minute_is_not_told_in_minutes(
    page: Client, account: Account, now: datetime
) -> None:
    a_calendar(account, now, ago=0, run_at=now + timedelta(seconds=59))

    assert words(shown(page), CELLS)[1:3] == ["just now", "now"]


def test_nothing_is_told_in_0_minutes(page: Client, account: Account, now: datetime) -> None:
    short = now - timedelta(seconds=20)
    Account.objects.update(failing_since=short, status="retrying", error="timeout")
    calendar = a_calendar(account, now, failing_since=short, noticed_at=short)
    Channel.objects.create(calendar=calendar, channel_id="x", expires_at=now + timedelta(days=1))
    tree = shown(page)

    assert "It has not worked for 1 minute (since" in " ".join(words(tree, "//*[@id='accounts']"))
    assert words(tree, CELLS)[1].endswith("failing for 1 minute")
    assert "last 1 minute ago" in words(tree, CELLS)[3]


@pytest.mark.parametrize(("label", "told"), [("Work", "Some events"), ("Home server", "Work: Some events")])
def test_calendar_called_as_its_card_is_not_named_twice(
    page: Client, account: Account, now: datetime, label: str, told: str
) -> None:
    Account.objects.update(label=label)
    a_calendar(account, now, warning="events_odd")

    assert words(shown(page), "//*[@id='accounts']//*[@class='notice notice-warn']") == [
        f"{told} could not be understood completely. They block as much as could be read. Saving them again in your "
        "calendar program often helps."
    ]


def test_account_with_nothing_left_to_remove_does_not_count_it(
    page: Client, account: Account, now: datetime
) -> None:
    a_calendar(account, now)
    Account.objects.update(closing_at=now)

    told = words(shown(page), "//*[@id='accounts']/li/p")
    assert told == ["Everything stored about this account is being deleted, at the latest within a day."]


@pytest.mark.promise("C9")
@pytest.mark.parametrize(
    ("noticed", "expires", "told"),
    [
        (None, 60, "asked every 10 minutes and announced by Memory"),
        (
            4,
            60,
            "asked every 10 minutes and announced by Memory, last 4 minutes ago (1 March 2027, 8:56 AM)",
        ),
        (4, -1, "asked every 10 minutes"),
    ],
)
def test_announcements_are_told_while_the_order_stands(
    page: Client, account: Account, now: datetime, *, noticed: int | None, expires: int, told: str
) -> None:
    at = now - timedelta(minutes=noticed) if noticed else None
    row = a_calendar(account, now, noticed_at=at)
    Channel.objects.create(calendar=row, channel_id="c", expires_at=now + timedelta(minutes=expires))
    assert words(shown(page), CELLS)[3] == told


@pytest.mark.promise("C9")
@pytest.mark.parametrize(
    ("account_fields", "calendar_fields", "badge", "state"),
    [
        ({}, {}, "ok", "connected"),
        ({"status": "retrying", "error": "timeout"}, {}, "warn", "degraded: the last known copy counts"),
        (
            {"status": "retrying", "error": "timeout"},
            {"last_ok_at": None},
            "bad",
            "provider error, retrying",
        ),
        (
            {"status": "retrying", "error": "timeout", "trust_hours": 1},
            {"ago": 75},
            "bad",
            "provider error, retrying",
        ),
        ({"status": "reconnect", "error": "wrong_password"}, {}, "bad", "needs reconnecting"),
        ({"status": "reconnect", "error": "consent_partial"}, {}, "bad", "missing permission"),
        ({}, {"warning": "not_writable"}, "warn", "read-only calendar for bookings"),
        ({}, {"vanished": True}, "warn", "a calendar is gone"),
        ({}, {"blocks": False, "receives": False}, "muted", "paused: no calendar in use"),
    ],
)
def test_every_state_of_an_account_has_its_words(
    page: Client,
    account: Account,
    now: datetime,
    account_fields: dict[str, Any],
    calendar_fields: dict[str, Any],
    *,
    badge: str,
    state: str,
) -> None:
    fields = dict(calendar_fields)
    if fields.pop("vanished", False):
        fields["vanished_at"] = now
    a_calendar(account, now, **fields)
    Account.objects.update(**account_fields)
    tree = shown(page)
    assert (words(tree, BADGE), tree.xpath(f"{BADGE}/@class")) == ([state], [f"badge badge-{badge}"])


@pytest.mark.promise("C9")
@pytest.mark.parametrize(
    ("policy", "effect"),
    [
        (
            "trust",
            "It has not worked for 1 hour (since 1 March 2027, 8:00 AM). The known events keep blocking; from "
            "2 March 2027, 7:55 AM on no free times are offered.",
        ),
        (
            "withhold",
            "It has not worked for 1 hour (since 1 March 2027, 8:00 AM). No free times are offered meanwhile, so that "
            "nobody books while you are busy elsewhere. Bookings made before stand.",
        ),
        (
            "ignore",
            "It has not worked for 1 hour (since 1 March 2027, 8:00 AM). The known events keep blocking. By your "
            "choice free times are offered for as long as it lasts; what is new in your calendar closes none of them.",
        ),
    ],
)
def test_card_tells_what_guests_see_by_the_hosts_choice(
    page: Client, account: Account, now: datetime, policy: str, effect: str
) -> None:
    since = now - timedelta(minutes=60)
    a_calendar(account, now, ago=65, failing_since=since)
    Account.objects.update(status="retrying", error="timeout", failing_since=since, unread=policy)
    tree = shown(page)
    assert words(tree, "//*[@id='accounts']//*[contains(@class,'notice')]/p[2]") == [effect]
    assert words(tree, CELLS)[1].endswith("failing for 1 hour")


@pytest.mark.promise("C9")
def test_card_names_the_event_types_that_depend_on_a_failing_account(
    page: Client, account: Account, now: datetime
) -> None:
    a_calendar(account, now)
    event_type_of(account.owner, title="A talk")
    event_type_of(account.owner, title="Nowhere", adds_to_calendar=False)
    assert "A talk" not in shown(page).text_content()
    Account.objects.update(status="retrying", error="timeout")
    found = words(shown(page), "//*[@id='accounts']//*[contains(@class,'notice')]/p")
    assert found[2:] == [
        "Event types whose times depend on it: A talk, Nowhere",
        "Event types whose bookings go into it: A talk",
    ]


def queries(page: Client) -> int:
    with CaptureQueriesContext(connection) as seen:
        page.get(PAGE)
    return len(seen)


def test_page_costs_the_same_for_any_number_of_accounts_and_calendars(page: Client, host: User) -> None:
    counts = []
    for number in (1, 2, 3):
        account = make.make_account(host, username=str(number), status="retrying", error="timeout")
        for remote_id in ("a", "b")[:number]:
            Channel.objects.create(calendar=make.make_calendar(account, remote_id=remote_id))
        event_type_of(host)
        counts.append(queries(page))
    assert len(set(counts)) == 1


@pytest.mark.promise("C9", "C19")
def test_choices_for_bad_days_are_stored(page: Client, account: Account, now: datetime) -> None:
    a_calendar(account, now)
    url = reverse("calendars:account", args=[account.pk])
    told = words(shown(page, url), "//*[@id='id_unread_group']//label")
    assert [text.split(".")[0] for text in told] == [
        "The last known copy for some hours, then no free times",
        "No free times, at once",
        "The last known copy, for ever",
    ]
    form = {"label": "Office", "unread": "withhold", "trust_hours": "12", "strict": "on"}
    assert page.post(url, {**form, "moved_outside": "put_back"}).status_code == 302
    account.refresh_from_db()
    assert (account.unread, account.trust_hours, account.strict, account.moved_outside) == (
        "withhold", 12, True, "put_back",
    )  # fmt: skip


def test_choices_about_our_events_are_not_asked_of_what_is_only_read(page: Client, host: User) -> None:
    feed = make.make_account(host, provider="ics", label="Feed")
    fields = shown(page, reverse("calendars:account", args=[feed.pk])).xpath("//main//form//@name")
    assert sorted(set(fields)) == ["csrfmiddlewaretoken", "label", "strict", "trust_hours", "unread"]


@pytest.mark.promise("C13", "C14")
def test_page_of_a_calendar_shows_the_whole_table_of_what_blocks(
    page: Client, account: Account, now: datetime
) -> None:
    row = a_calendar(account, now)
    tree = shown(page, reverse("calendars:calendar", args=[row.pk]))
    lines = list(zip(words(tree, "//tbody/tr/td[1]"), words(tree, "//tbody/tr/td[3]"), strict=True))
    assert lines == [
        ("Busy, or without a word about it", "cannot be changed"),
        ("Free", "cannot be changed"),
        ("Cancelled, or declined by you", "cannot be changed"),
        ("Tentative", "does not block"),
        ("Working elsewhere", "blocks"),
        ("Out of office", "blocks"),
        ("An invitation that you have not answered: counts by its status", "as the event says"),
        ("A whole day", "as the event says"),
    ]
    assert words(tree, "//tbody/tr/td[2]")[:3] == ["always", "never", "never"]
    assert tree.xpath("//tbody//input/@name | //tbody//select/@name") == [
        "tentative_blocks", "elsewhere_blocks", "out_of_office_blocks", "unanswered_blocks", "all_day",
    ]  # fmt: skip
    assert tree.xpath("//tbody//input[@checked]/@name") == [
        "elsewhere_blocks", "out_of_office_blocks", "unanswered_blocks",
    ]  # fmt: skip
