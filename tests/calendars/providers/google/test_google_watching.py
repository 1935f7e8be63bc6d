"""Channels: ordered, told of changes, replaced and ended."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from calendars.providers import errors
from calendars.providers.base import Watch
from calendars.providers.google import GoogleProvider
from tests.calendars.providers.google.conftest import EMAIL
from tests.calendars.providers.worlds import wish
from tests.fakes.caldav_faults import Answer, FaultServer, fault_server
from tests.fakes.google import Fault, GoogleFake

UNTIL = timedelta(days=6)


@pytest.fixture
def site() -> Iterator[FaultServer]:
    """Where notices arrive."""
    with fault_server() as server:
        server.on("POST", "/notices", Answer(204))
        yield server


def ordered(
    provider: GoogleProvider, site: FaultServer, name: str = "one", current: Watch | None = None
) -> Watch:
    return provider.watch(
        EMAIL,
        address=f"{site.url}notices",
        channel_id=name,
        secret="s3cret",
        until=datetime.now(UTC) + UNTIL,
        current=current,
    )


def arrived(site: FaultServer) -> list[tuple[str, str, str]]:
    """State, channel and number of each notice."""
    names = ("X-Goog-Resource-State", "X-Goog-Channel-ID", "X-Goog-Message-Number")
    return [tuple(seen.headers[name] for name in names) for seen in site.seen]  # type: ignore[misc]


@pytest.mark.promise("C12")
def test_change_is_told_to_the_address_with_the_secret(
    fake: GoogleFake, provider: GoogleProvider, site: FaultServer
) -> None:
    order = ordered(provider, site)
    provider.put(EMAIL, wish(), None)
    fake.channels.wait()

    assert arrived(site) == [("sync", "one", "1"), ("exists", "one", "2")]
    assert {seen.headers["X-Goog-Channel-Token"] for seen in site.seen} == {"s3cret"}
    assert {seen.headers["X-Goog-Resource-ID"] for seen in site.seen} == {order.resource_id}
    assert [seen.body for seen in site.seen] == [b"", b""]


def test_end_is_what_was_granted_not_what_was_asked(
    fake: GoogleFake, provider: GoogleProvider, site: FaultServer
) -> None:
    fake.api.longest_watch = timedelta(days=1)

    order = ordered(provider, site)

    assert order.expires_at < datetime.now(UTC) + timedelta(days=1, minutes=1)


def test_new_order_comes_before_the_old_one_goes(
    fake: GoogleFake, provider: GoogleProvider, site: FaultServer
) -> None:
    old = ordered(provider, site)

    ordered(provider, site, "two", current=old)

    assert list(fake.channels.open) == ["two"]
    assert [one.split("/v3/")[1] for one in fake.asked("^POST")] == [
        "calendars/ada%40host.example/events/watch?alt=json",
        "calendars/ada%40host.example/events/watch?alt=json",
        "channels/stop",
    ]


@pytest.mark.parametrize("current", [Watch("gone", "r", datetime(2026, 1, 1, tzinfo=UTC))])
def test_old_order_that_ran_out_does_not_matter(
    fake: GoogleFake, provider: GoogleProvider, site: FaultServer, current: Watch
) -> None:
    ordered(provider, site, current=current)
    fake.fail_next(Fault.error(500), match="channels/stop")
    ordered(provider, site, "two", current=current)

    assert list(fake.channels.open) == ["one", "two"]


def test_order_with_a_lost_answer_may_be_repeated_under_the_same_name(
    fake: GoogleFake, provider: GoogleProvider, site: FaultServer
) -> None:
    fake.fail_next(Fault(drop=True), match="events/watch", after=True)
    with pytest.raises(errors.Unreachable):
        ordered(provider, site)

    again = ordered(provider, site)

    assert again.channel_id != "one"
    assert again.channel_id in fake.channels.open


def test_ended_order_tells_no_more_and_may_be_ended_again(
    fake: GoogleFake, provider: GoogleProvider, site: FaultServer
) -> None:
    order = ordered(provider, site)

    for _ in range(2):
        provider.unwatch(order)

    provider.put(EMAIL, wish(), None)
    fake.channels.wait()
    assert arrived(site) == [("sync", "one", "1")]


def test_calendar_that_is_gone_cannot_be_watched(
    fake: GoogleFake, provider: GoogleProvider, site: FaultServer
) -> None:
    fake.remove_calendar(EMAIL)

    with pytest.raises(errors.NotFound):
        ordered(provider, site)


def test_fake_repeats_holds_and_reorders_notices(
    fake: GoogleFake, provider: GoogleProvider, site: FaultServer
) -> None:
    ordered(provider, site)
    fake.channels.wait()
    fake.channels.copies, fake.channels.held = 2, []
    provider.put(EMAIL, wish(), None)
    provider.put(EMAIL, wish("bk-2"), None)

    fake.channels.release(list(reversed(fake.channels.held)))
    fake.channels.wait()

    assert [number for _, _, number in arrived(site)] == ["1", "3", "3", "2", "2"]
