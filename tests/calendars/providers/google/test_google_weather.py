"""Bad weather at Google: each kind has its own error, ends in time, and takes no token anywhere."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bookingsite.lib.http import GuardPolicy
from calendars.providers import errors
from calendars.providers.google import GoogleProvider
from tests.calendars.providers.google.conftest import EMAIL, POLICY, WINDOW, Connect, FakeTokens
from tests.calendars.providers.worlds import START, wish
from tests.fakes.caldav_faults import Answer, fault_server
from tests.fakes.google import Fault, GoogleFake

Act = Callable[[GoogleProvider], Any]
LATE = "Mon, 26 Oct 2026 10:00:00 GMT"


def read(provider: GoogleProvider) -> Any:
    return list(provider.changes(EMAIL, cursor=None, known={}, window=WINDOW))


def catch_up(provider: GoogleProvider) -> Any:
    return list(provider.changes(EMAIL, cursor="s-0", known={}, window=WINDOW))


def look(provider: GoogleProvider) -> Any:
    return provider.read_span(EMAIL, (START, WINDOW[1]))


def put(provider: GoogleProvider) -> Any:
    return provider.put(EMAIL, wish(), None)


def delete(provider: GoogleProvider) -> Any:
    return provider.delete(EMAIL, key="bk-1.ics", uid=wish().uid)


def calendars(provider: GoogleProvider) -> Any:
    return provider.calendars()


ACTS: list[Act] = [read, catch_up, look, put, delete, calendars]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.error(403, "forbidden"), errors.PermissionDenied),
        (Fault.error(403, "rateLimitExceeded"), errors.RateLimited),
        (Fault.error(403, "userRateLimitExceeded"), errors.RateLimited),
        (Fault.error(403, "quotaExceeded"), errors.RateLimited),
        (Fault.error(403, "accessNotConfigured"), errors.BadClient),
        (Fault.error(403, "insufficientPermissions"), errors.ConsentPartial),
        (Fault.error(429, "rateLimitExceeded"), errors.RateLimited),
        (Fault.error(500), errors.ServerFailed),
        (Fault.error(502), errors.ServerFailed),
        (Fault.error(503), errors.ServerFailed),
        (Fault.error(503, Retry_After="30"), errors.RateLimited),
        (Fault(503, b"<h1>Sorry</h1>", {"Content-Type": "text/html"}), errors.ServerFailed),
        (Fault.page(), errors.ServerFailed),
        (Fault.page(403), errors.PermissionDenied),
        (Fault.text(b'{"items": [{"id": "a'), errors.ServerFailed),
        (Fault.text(b"\xff\xfe"), errors.ServerFailed),
        (Fault.text(b'"a word"'), errors.ServerFailed),
        (Fault.text(b"[1]"), errors.ServerFailed),
        (Fault.text(b'{"items": []}', cut=True), errors.ServerFailed),
        (Fault.text(b'{"items": []}', "text/plain"), errors.ServerFailed),
        (Fault(200, b"garbage", {"Content-Type": "application/json", "Content-Encoding": "gzip"}), errors.ServerFailed),
        (Fault.redirect("http://169.254.169.254/latest"), errors.ServerFailed),
        (Fault(drop=True), errors.Unreachable),
    ],
)  # fmt: skip
def test_each_fault_has_its_error(
    fake: GoogleFake, provider: GoogleProvider, act: Act, fault: Fault, expected: type[Exception]
) -> None:
    fake.fail_next(fault, times=3)

    with pytest.raises(errors.ProviderError) as caught:
        act(provider)

    assert type(caught.value) is expected
    assert len(fake.seen) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "99999999999999"}, 999999999.0),
        ({"Retry_After": LATE, "Date": "Mon, 26 Oct 2026 09:59:00 GMT"}, 60.0),
        ({"Retry_After": LATE, "Date": "Mon, 26 Oct 2026 11:00:00 GMT"}, 0.0),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        ({}, None),
    ],
)
def test_time_to_wait_is_told_in_seconds(
    fake: GoogleFake, provider: GoogleProvider, headers: dict[str, str], seconds: float | None
) -> None:
    fake.fail_next(Fault.error(429, **headers))

    with pytest.raises(errors.RateLimited) as caught:
        read(provider)

    assert caught.value.retry_after == seconds


def test_refused_token_is_replaced_once_and_the_request_repeated(
    fake: GoogleFake, provider: GoogleProvider, tokens: FakeTokens
) -> None:
    first = tokens.current
    fake.expire_access()

    provider.calendars()

    assert (tokens.rejected, tokens.current == first, len(fake.seen)) == ([first], False, 2)


@pytest.mark.parametrize("act", ACTS)
def test_token_refused_twice_means_that_access_was_revoked(
    fake: GoogleFake, provider: GoogleProvider, act: Act
) -> None:
    fake.fail_next(Fault.error(401, "authError"), times=5)

    with pytest.raises(errors.AccessRevoked):
        act(provider)

    assert len(fake.seen) == 2


def test_access_revoked_while_renewing_reaches_the_caller(fake: GoogleFake, provider: GoogleProvider) -> None:
    class Ended(FakeTokens):
        def access(self, *, rejected: str = "") -> str:
            if rejected:
                raise errors.TestingExpired
            return self.current

    one = GoogleProvider(tokens=Ended(fake), policy=POLICY, api=fake.addresses()["api"])
    fake.expire_access()

    with pytest.raises(errors.TestingExpired):
        one.calendars()
    one.close()


def test_dripping_answer_ends_with_the_deadline(fake: GoogleFake, connect: Connect) -> None:
    provider = connect(replace(POLICY, timeout=0.3, deadline=0.4))
    fake.fail_next(Fault.text(b"{" + b" " * 50, drip=0.05))
    began = time.monotonic()

    with pytest.raises(errors.Timeout):
        read(provider)

    assert time.monotonic() - began < 5


def test_answer_that_is_too_large_is_not_taken(fake: GoogleFake, connect: Connect) -> None:
    provider = connect(replace(POLICY, max_bytes=1000))
    fake.fail_next(Fault.text(b'{"items": [' + b" " * 2000 + b"]}"))

    with pytest.raises(errors.TooLarge):
        read(provider)


def test_token_does_not_follow_a_redirect(fake: GoogleFake, provider: GoogleProvider) -> None:
    with fault_server() as elsewhere:
        elsewhere.on("GET", "/", Answer(200))
        fake.fail_next(Fault.redirect(elsewhere.url))
        with pytest.raises(errors.ServerFailed):
            provider.calendars()

        assert elsewhere.seen == []


def test_guard_stays_in_place_for_the_endpoint(fake: GoogleFake, connect: Connect) -> None:
    with pytest.raises(errors.AddressRefused):
        connect(GuardPolicy()).calendars()

    assert fake.seen == []


def test_calendar_deleted_or_made_unreadable(fake: GoogleFake, provider: GoogleProvider) -> None:
    fake.remove_calendar(EMAIL)

    for act in (read, catch_up, look, put):
        with pytest.raises(errors.NotFound):
            act(provider)


def test_detail_names_status_and_reason_and_no_address(fake: GoogleFake, provider: GoogleProvider) -> None:
    fake.fail_next(Fault.error(403, "forbidden"))

    with pytest.raises(errors.PermissionDenied) as caught:
        read(provider)

    assert str(caught.value) == "HTTP 403 forbidden"
