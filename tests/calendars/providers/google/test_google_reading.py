"""Reading changes: pages, sync tokens, and what becomes of series."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from calendars.providers import errors
from calendars.providers.base import Page, ReadingRules
from calendars.providers.google import GoogleProvider
from calendars.providers.google.reading import MOST_TOUCHED
from tests.calendars.providers.google.conftest import EMAIL, WINDOW, FakeTokens
from tests.calendars.providers.worlds import START
from tests.fakes.google import Fault, GoogleFake

RULES = ReadingRules(default_zone="Europe/Berlin")
LISTS = r"^GET /calendar/v3/calendars/[^/]+/events\?"


def side(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.isoformat(), "timeZone": "UTC"}


def hour(start: datetime = START, **changes: Any) -> dict[str, Any]:
    return {"summary": "Busy", "start": side(start), "end": side(start + timedelta(hours=1)), **changes}


def weekly(count: int = 4, **changes: Any) -> dict[str, Any]:
    return hour(id="weekly0", recurrence=[f"RRULE:FREQ=WEEKLY;COUNT={count}"], **changes)


class Mirror:
    """Our copy of the calendar."""

    def __init__(self, provider: GoogleProvider) -> None:
        self.provider = provider
        self.cursor: str | None = None
        self.known: dict[str, str] = {}
        self.items: dict[str, Any] = {}

    def pull(self) -> list[Page]:
        pages = list(self.provider.changes(EMAIL, cursor=self.cursor, known=self.known, window=WINDOW))
        for page in pages:
            for key in page.deleted:
                self.items.pop(key, None)
            self.items |= {one.key: one for one in page.items}
        self.known = {key: one.etag for key, one in self.items.items()}
        self.cursor = pages[-1].cursor
        return pages

    def starts(self) -> list[datetime]:
        found = (
            self.provider.occurrences(one, window=WINDOW, rules=RULES).occurrences
            for one in self.items.values()
        )
        return sorted(one.start for several in found for one in several)


@pytest.fixture
def mirror(provider: GoogleProvider) -> Mirror:
    return Mirror(provider)


def weeks(*numbers: int) -> list[datetime]:
    return [START + timedelta(weeks=number) for number in numbers]


# Pages and tokens


def test_first_read_follows_every_page(fake: GoogleFake, mirror: Mirror) -> None:
    fake.api.page_size = 2
    for number in range(5):
        fake.put_event(EMAIL, hour(START + timedelta(days=number)))

    pages = mirror.pull()

    assert len(fake.asked(LISTS)) == 3
    assert [page.cursor for page in pages[:-1]] == [None, None, None]
    assert (pages[-1].complete, pages[-1].present) == (True, frozenset(mirror.items))
    assert len(mirror.items) == 5


@pytest.mark.promise("C12")
def test_no_news_is_one_request(fake: GoogleFake, mirror: Mirror) -> None:
    fake.put_event(EMAIL, hour())
    mirror.pull()
    before = len(fake.seen)

    assert mirror.pull() == [Page(cursor=mirror.cursor)]
    assert len(fake.seen) - before == 1


def test_known_versions_are_not_sent_again_but_present(fake: GoogleFake, mirror: Mirror) -> None:
    fake.put_event(EMAIL, hour())
    fake.put_event(EMAIL, weekly())
    mirror.pull()

    pages = list(mirror.provider.reconcile(EMAIL, known=mirror.known, window=WINDOW))

    assert [page.items for page in pages if page.items] == []
    assert pages[-1].present == frozenset(mirror.items)


def test_event_made_while_the_pages_are_read_comes_with_the_next_run(
    fake: GoogleFake, mirror: Mirror
) -> None:
    fake.api.page_size = 1
    fake.put_event(EMAIL, hour())
    fake.put_event(EMAIL, hour(START + timedelta(days=1)))
    pages = mirror.provider.changes(EMAIL, cursor=None, known={}, window=WINDOW)
    next(pages)
    first = fake.events(EMAIL)[0]["id"]
    fake.patch_event(EMAIL, first, summary="Changed meanwhile")
    mirror.cursor = list(pages)[-1].cursor

    mirror.pull()

    assert list(mirror.items) == [first]


def test_expired_token_is_told(fake: GoogleFake, mirror: Mirror) -> None:
    mirror.pull()
    fake.expire_sync(EMAIL)

    with pytest.raises(errors.CursorInvalid):
        mirror.pull()


def test_token_that_is_none_is_told(mirror: Mirror) -> None:
    mirror.cursor = "nonsense"

    with pytest.raises(errors.CursorInvalid):
        mirror.pull()


@pytest.mark.parametrize("cursor", [None, "s-0"])
def test_page_tokens_in_a_loop_end(fake: GoogleFake, mirror: Mirror, cursor: str | None) -> None:
    body = b'{"items": [], "nextPageToken": "again"}'
    fake.fail_next(Fault.text(body), match=LISTS, times=5)
    mirror.cursor = cursor

    with pytest.raises(errors.ServerFailed):
        mirror.pull()

    assert len(fake.seen) == 2


@pytest.mark.parametrize(
    "body",
    [b'{"items": []}', b"{}", b'{"items": {}}', b'{"items": [1]}', b'{"items": [{"id": 7}]}', b"[]", b"null"],
)
def test_list_without_a_token_or_events_is_no_list(fake: GoogleFake, mirror: Mirror, body: bytes) -> None:
    fake.fail_next(Fault.text(body), match=LISTS)

    with pytest.raises(errors.ServerFailed):
        mirror.pull()


def test_token_that_runs_out_between_pages_is_renewed(
    fake: GoogleFake, mirror: Mirror, tokens: FakeTokens
) -> None:
    fake.api.page_size = 1
    for number in range(3):
        fake.put_event(EMAIL, hour(START + timedelta(days=number)))
    first = tokens.current
    pages = mirror.provider.changes(EMAIL, cursor=None, known={}, window=WINDOW)
    found = [next(pages)]
    fake.expire_access()
    found += pages

    assert [len(page.items) for page in found] == [1, 1, 1, 0]
    assert tokens.rejected == [first]


def test_failure_of_the_second_page_ends_without_a_cursor(fake: GoogleFake, mirror: Mirror) -> None:
    fake.api.page_size = 1
    for number in range(3):
        fake.put_event(EMAIL, hour(START + timedelta(days=number)))
    pages = mirror.provider.changes(EMAIL, cursor=None, known={}, window=WINDOW)
    first = next(pages)
    fake.fail_next(Fault.error(500))

    with pytest.raises(errors.ServerFailed):
        next(pages)

    assert first.cursor is None


def test_description_and_other_guests_are_not_asked_for(fake: GoogleFake, mirror: Mirror) -> None:
    guests = [{"email": f"g{number}@x.example"} for number in range(3)]
    own = {"email": EMAIL, "self": True, "responseStatus": "accepted"}
    fake.put_event(EMAIL, hour(description="secret", attendees=[*guests, own]))

    mirror.pull()

    [data] = [one.data for one in mirror.items.values()]
    assert (b"secret" in data, b"x.example" in data, b'"self":true' in data) == (False, False, True)


@pytest.mark.parametrize("role", ["reader", "freeBusyReader"])
def test_calendars_of_others_are_read(fake: GoogleFake, mirror: Mirror, role: str) -> None:
    fake.put_event(EMAIL, hour())
    fake.change_calendar(EMAIL, role=role)

    mirror.pull()

    assert mirror.starts() == [START]


# Series


@pytest.mark.promise("C15")
def test_series_is_one_item_with_its_exceptions(fake: GoogleFake, mirror: Mirror) -> None:
    fake.api.page_size = 1
    fake.put_event(EMAIL, weekly())
    fake.patch_event(EMAIL, "weekly0_20261102T090000Z", **hour(START + timedelta(days=8)))
    fake.delete_event(EMAIL, "weekly0_20261109T090000Z")

    mirror.pull()

    assert list(mirror.items) == ["weekly0"]
    assert mirror.starts() == [START, START + timedelta(days=8), START + timedelta(weeks=3)]


@pytest.mark.promise("C15")
def test_moved_instance_brings_the_whole_series_again(fake: GoogleFake, mirror: Mirror) -> None:
    fake.put_event(EMAIL, weekly())
    fake.delete_event(EMAIL, "weekly0_20261109T090000Z")
    mirror.pull()
    fake.patch_event(EMAIL, "weekly0_20261102T090000Z", **hour(START + timedelta(days=8)))
    before = len(fake.seen)

    mirror.pull()

    assert mirror.starts() == [START, START + timedelta(days=8), START + timedelta(weeks=3)]
    assert len(fake.seen) - before == 2


@pytest.mark.promise("C15")
def test_cancelled_instance_takes_its_time_away(fake: GoogleFake, mirror: Mirror) -> None:
    fake.put_event(EMAIL, weekly())
    mirror.pull()
    fake.delete_event(EMAIL, "weekly0_20261102T090000Z")
    before = len(fake.seen)

    mirror.pull()

    assert mirror.starts() == weeks(0, 2, 3)
    assert len(fake.seen) - before == 3


def test_changed_master_keeps_its_exceptions(fake: GoogleFake, mirror: Mirror) -> None:
    fake.put_event(EMAIL, weekly())
    fake.delete_event(EMAIL, "weekly0_20261102T090000Z")
    mirror.pull()
    fake.patch_event(EMAIL, "weekly0", recurrence=["RRULE:FREQ=WEEKLY;COUNT=5"])

    mirror.pull()

    assert mirror.starts() == weeks(0, 2, 3, 4)


def test_this_and_following_is_an_end_and_a_new_series(fake: GoogleFake, mirror: Mirror) -> None:
    fake.put_event(EMAIL, weekly())
    mirror.pull()
    fake.patch_event(EMAIL, "weekly0", recurrence=["RRULE:FREQ=WEEKLY;UNTIL=20261108T085959Z"])
    later = START + timedelta(weeks=2, hours=3)
    split = hour(later, id="weekly0_R20261109T090000", recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
    fake.put_event(EMAIL, split)

    mirror.pull()

    assert mirror.starts() == [*weeks(0, 1), later, later + timedelta(weeks=1)]


def test_deleted_series_goes_with_all_its_instances(fake: GoogleFake, mirror: Mirror) -> None:
    fake.put_event(EMAIL, weekly())
    fake.patch_event(EMAIL, "weekly0_20261102T090000Z", summary="Moved")
    mirror.pull()
    fake.delete_event(EMAIL, "weekly0")

    pages = mirror.pull()

    assert [key for page in pages for key in page.deleted] == ["weekly0"]
    assert mirror.items == {}


def test_instance_one_was_invited_to_alone_stands_under_the_series_id(
    fake: GoogleFake, mirror: Mirror
) -> None:
    alone = hour(id="other1_20261026T090000Z", recurringEventId="other1", originalStartTime=side(START))
    fake.put_event(EMAIL, alone)
    mirror.pull()
    assert (list(mirror.items), mirror.starts()) == (["other1"], [START])
    fake.patch_event(EMAIL, alone["id"], **hour(START + timedelta(days=1)))

    mirror.pull()

    assert mirror.starts() == [START + timedelta(days=1)]


def test_instance_of_an_unknown_series_that_was_cancelled_makes_everything_be_read_again(
    fake: GoogleFake, mirror: Mirror
) -> None:
    """Which other instances of a series whose master may not be read are left, only a whole list tells."""
    for number in (0, 1):
        start = START + timedelta(weeks=number)
        name = f"other1_{start:%Y%m%dT%H%M%SZ}"
        fake.put_event(EMAIL, hour(start, id=name, recurringEventId="other1", originalStartTime=side(start)))
    mirror.pull()
    fake.delete_event(EMAIL, "other1_20261026T090000Z")

    with pytest.raises(errors.CursorInvalid):
        mirror.pull()

    mirror.cursor, mirror.items = None, {}
    mirror.pull()
    assert mirror.starts() == weeks(1)


def test_very_many_changed_series_are_read_all_at_once(fake: GoogleFake, mirror: Mirror) -> None:
    mirror.pull()
    for number in range(MOST_TOUCHED + 1):
        fake.put_event(EMAIL, hour(recurrence=["RRULE:FREQ=DAILY;COUNT=2"], id=f"many{number:03}"))

    with pytest.raises(errors.CursorInvalid):
        mirror.pull()


def test_instance_moved_to_before_the_window_does_not_leave_its_old_place(
    fake: GoogleFake, mirror: Mirror
) -> None:
    fake.put_event(EMAIL, weekly(count=1))
    fake.patch_event(EMAIL, "weekly0_20261026T090000Z", **hour(WINDOW[0] - timedelta(days=5)))

    mirror.pull()

    assert mirror.starts() == []


# The last look before a booking


@pytest.mark.promise("C19")
def test_read_span_tells_instances_as_they_are_now(fake: GoogleFake, provider: GoogleProvider) -> None:
    fake.put_event(EMAIL, weekly())
    fake.delete_event(EMAIL, "weekly0_20261026T090000Z")
    fake.patch_event(EMAIL, "weekly0_20261102T090000Z", **hour(START + timedelta(hours=2)))
    fake.put_event(EMAIL, hour(START + timedelta(hours=4)))
    fake.put_event(EMAIL, hour(START + timedelta(days=40)))

    items = provider.read_span(EMAIL, (START, START + timedelta(days=1)))

    readings = [provider.occurrences(one, window=WINDOW, rules=RULES) for one in items]
    assert sorted(one.start for reading in readings for one in reading.occurrences) == [
        START + timedelta(hours=2),
        START + timedelta(hours=4),
    ]
    assert [one.key for one in items if one.key == "weekly0"] == ["weekly0"]
    assert len(fake.seen) == 1


def test_read_span_of_a_missing_calendar_is_not_found(provider: GoogleProvider) -> None:
    with pytest.raises(errors.NotFound):
        provider.read_span("gone@group.calendar.google.com", (START, START + timedelta(hours=1)))
