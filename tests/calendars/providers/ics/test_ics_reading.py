"""Asking a feed what changed: its server's marks, its content, its address."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bookingsite.lib.http import GuardPolicy
from calendars.providers import errors
from calendars.providers.base import CalendarInfo, Page, ReadingRules
from calendars.providers.ics.address import NotAFeedAddress, feed_address
from calendars.providers.ics.provider import FEED_ID, IcsProvider
from calendars.providers.ics.sameness import Marks, digest, marks_in
from tests.calendars.providers.ics.conftest import POLICY, Connect
from tests.fakes.feed import Answer, Feed, calendar

WINDOW = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 10, 1, tzinfo=UTC))
SPAN = (datetime(2026, 11, 5, 9, tzinfo=UTC), datetime(2026, 11, 5, 12, tzinfo=UTC))
TEN = ("DTSTART:20261105T100000Z", "DTEND:20261105T110000Z")


@pytest.fixture(autouse=True)
def _filled(feed: Feed) -> None:
    feed.put("a", *TEN)
    feed.put("b", "DTSTART:20261106T100000Z", "DTEND:20261106T110000Z")


def ask(provider: IcsProvider, cursor: str | None = None, known: dict[str, str] | None = None) -> Page:
    [page] = provider.changes(FEED_ID, cursor=cursor, known=known or {}, window=WINDOW)
    return page


def cursor_of(page: Page) -> str:
    assert page.cursor is not None
    return page.cursor


# What changed


@pytest.mark.promise("C5", "C12")
@pytest.mark.parametrize("marks", ["etag", "modified"])
def test_second_question_is_conditional_and_an_unchanged_feed_has_no_body(
    feed: Feed, connect: Connect, marks: str
) -> None:
    feed.marks = marks
    first = ask(connect(feed.url))
    second = ask(connect(feed.url), first.cursor)
    assert feed.statuses() == [False, True]
    assert second == Page(cursor=first.cursor)


@pytest.mark.promise("C5")
def test_feed_that_only_restamps_is_unchanged_and_starts_no_process(feed: Feed, connect: Connect) -> None:
    feed.marks, feed.stamps = "", True
    first = ask(connect(feed.url))
    provider = connect(feed.url)
    second = ask(provider, first.cursor)
    assert (second.items, second.complete, second.present) == ((), False, None)
    assert provider._reader._process is None


def test_new_marks_of_the_same_content_are_taken_over(feed: Feed, connect: Connect) -> None:
    body = feed.body()
    feed.fail(Answer(200, body, {"ETag": '"one"'}), Answer(200, body, {"ETag": '"two"'}))
    first = ask(connect(feed.url))
    second = ask(connect(feed.url), first.cursor)
    told = [json.loads(cursor_of(page)) for page in (first, second)]
    assert [one["etag"] for one in told] == ['"one"', '"two"']
    assert (second.items, told[0]["digest"] == told[1]["digest"]) == ((), True)


def test_changed_feed_tells_everything_that_is_in_it_and_sends_what_is_new(
    feed: Feed, connect: Connect
) -> None:
    first = ask(connect(feed.url))
    feed.put("a", *TEN, "LOCATION:elsewhere")
    known = {item.key: item.etag for item in first.items}
    second = ask(connect(feed.url), first.cursor, known)
    assert ([item.key for item in second.items], second.complete, second.present) == (
        ["a"],
        True,
        frozenset("ab"),
    )


@pytest.mark.promise("C19")
def test_span_is_told_only_when_the_copy_is_old(feed: Feed, connect: Connect) -> None:
    cursor = cursor_of(ask(connect(feed.url)))
    same = connect(feed.url).read_span_if_changed(FEED_ID, SPAN, cursor=cursor)
    feed.put("c", *TEN)
    changed = connect(feed.url).read_span_if_changed(FEED_ID, SPAN, cursor=cursor)
    assert (same, [item.key for item in changed or []]) == (None, ["a", "b", "c"])


def test_unchanged_without_having_asked_for_it_is_a_failure_of_the_server(
    feed: Feed, connect: Connect
) -> None:
    feed.fail(Answer(304))
    with pytest.raises(errors.ServerFailed):
        ask(connect(feed.url))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry-After": "120"}, 120), ({}, None), ({"Retry-After": "soon"}, None)],
)
def test_too_many_requests_obeys_the_server(
    feed: Feed, connect: Connect, headers: dict[str, str], wait: float | None
) -> None:
    feed.fail(Answer(429, headers=headers))
    with pytest.raises(errors.RateLimited) as caught:
        ask(connect(feed.url))
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("cursor", ["", "x", "[1]", "null", '{"etag": 5}', "[" * 100_000, '{"digest": "0"}'])
def test_cursor_of_another_making_reads_everything(feed: Feed, connect: Connect, cursor: str) -> None:
    assert ask(connect(feed.url), cursor).present == frozenset("ab")


def test_marks_that_are_too_long_to_send_back_are_none(feed: Feed, connect: Connect) -> None:
    feed.fail(Answer(200, feed.body(), {"ETag": f'"{"x" * 600}"'}))
    assert marks_in(ask(connect(feed.url)).cursor).conditions == {}


def test_digest_leaves_out_stamps_and_line_ends() -> None:
    one = b"BEGIN:VEVENT\r\nDTSTAMP:1\r\nSUMMARY:a\r\ncreated:2\r\nLAST-MODIFIED;X=1:3\r\nSEQUENCE:4\r\nEND:VEVENT"
    same = b"BEGIN:VEVENT\n\nDTSTAMP:9\nSUMMARY:a\nEND:VEVENT\n"
    other = same.replace(b"SUMMARY:a", b"SUMMARY:b")
    assert [digest(body) == digest(one) for body in (same, other)] == [True, False]


# The one calendar


@pytest.mark.promise("C5")
def test_feed_is_one_calendar_for_reading(feed: Feed, connect: Connect) -> None:
    feed.name, feed.zone = "Flat 2", "W. Europe Standard Time"
    assert connect(feed.url).calendars() == [
        CalendarInfo(
            FEED_ID,
            "Flat 2",
            zone="Europe/Berlin",
            writable=False,
            why_read_only="feed",
            kind="feed",
            primary=True,
        )
    ]


def test_listing_after_a_reading_asks_nothing_more(feed: Feed, connect: Connect) -> None:
    provider = connect(feed.url)
    list(provider.reconcile(FEED_ID, known={}, window=WINDOW))
    provider.calendars()
    assert len(feed.seen) == 1


def test_events_with_one_uid_or_none_stay_apart(feed: Feed, connect: Connect) -> None:
    parts = [
        f"BEGIN:VEVENT\r\n{uid}DTSTART:202611{day:02}T100000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
        for day, uid in enumerate(["UID:same\r\n", "UID:same\r\n", "", ""], start=10)
    ]
    feed.fail(calendar(f"BEGIN:VCALENDAR\r\n{''.join(parts)}END:VCALENDAR\r\n"))
    provider = connect(feed.url)
    readings = provider.readings(ask(provider).items, window=WINDOW, rules=ReadingRules())
    assert sorted(one.start.day for reading in readings for one in reading.occurrences) == [10, 11, 12, 13]


# The address


@pytest.mark.promise("C5")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("webcal://Example.org/A.ics?t=S3", "https://example.org/A.ics?t=S3"),
        ("webcals://example.org/a.ics", "https://example.org/a.ics"),
        ("feed:https://example.org/a.ics", "https://example.org/a.ics"),
        ("feed://example.org/a.ics", "https://example.org/a.ics"),
        ("HTTP://example.org/a.ics", "http://example.org/a.ics"),
        ("  example.org/a.ics#top\n", "https://example.org/a.ics"),
        ("http://nas/a.ics", "http://nas/a.ics"),
        ("https://user:pass@example.org:8443/a.ics", "https://user:pass@example.org:8443/a.ics"),
    ],
)
def test_address_is_what_was_meant(typed: str, meant: str) -> None:
    assert feed_address(typed).url == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://",
        "ftp://a.example/",
        "https://a b/",
        "https://a:99999/",
        "https://[::1",
        "nonsense",
        "nonsense.",
    ],
)
def test_address_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(NotAFeedAddress):
        feed_address(typed)


def test_address_shows_its_server_and_nothing_else() -> None:
    address = feed_address("https://user:pass@example.org:8443/s3cr3t.ics")
    assert (address.shown, address.host, address.is_encrypted) == (
        "https://example.org:8443",
        "example.org",
        True,
    )
    assert "s3cr3t" not in repr(address)
    assert "pass" not in repr(address)
    assert address.name != feed_address("https://example.org:8443/s3cr3t.ics").name


def test_private_address_is_refused_at_once(feed: Feed, connect: Connect) -> None:
    with pytest.raises(errors.AddressRefused):
        ask(connect(feed.url, GuardPolicy()))
    assert feed.seen == []


def test_limits_are_those_of_feeds_whatever_the_caller_allows(connect: Connect) -> None:
    policy = connect("https://example.org/", replace(POLICY, max_bytes=100_000_000))._session.policy
    assert (policy.max_bytes, policy.deadline, policy.timeout) == (20_000_000, 30.0, 30.0)


def test_marks_are_asked_with_only_where_there_are_some() -> None:
    assert Marks(etag='"1"', digest="d").conditions == {"If-None-Match": '"1"'}
