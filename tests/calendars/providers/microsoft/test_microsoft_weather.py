"""Graph in bad weather: every kind of bad answer, while reading and while writing."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bookingsite.lib.http import GuardPolicy
from calendars.providers import errors
from calendars.providers.microsoft import MicrosoftProvider
from tests.calendars.providers.microsoft.conftest import POLICY, Connect, FakeTokens
from tests.calendars.providers.microsoft.copies import WINDOW
from tests.calendars.providers.worlds import START, wish
from tests.fakes.microsoft import Fault, MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar

Ask = Callable[[MicrosoftProvider, str], object]


def changes(provider: MicrosoftProvider, calendar_id: str) -> object:
    return list(provider.changes(calendar_id, cursor=None, known={}, window=WINDOW))


def span(provider: MicrosoftProvider, calendar_id: str) -> object:
    return provider.read_span(calendar_id, (START, WINDOW[1]))


def listing(provider: MicrosoftProvider, calendar_id: str) -> object:
    return provider.calendars()


def put(provider: MicrosoftProvider, calendar_id: str) -> object:
    return provider.put(calendar_id, wish(), None)


def delete(provider: MicrosoftProvider, calendar_id: str) -> object:
    provider.delete(calendar_id, key="AAk=", uid="x")
    return None


ASKS = (changes, span, listing, put)
FAULTS: dict[str, tuple[Fault, type[errors.ProviderError]]] = {
    "403": (Fault.error(403, "ErrorAccessDenied"), errors.PermissionDenied),
    "404": (Fault.error(404, "ErrorItemNotFound"), errors.NotFound),
    "409": (Fault.error(409, "ErrorIrresolvableConflict"), errors.Conflict),
    "410": (Fault.error(410, "Gone"), errors.NotFound),
    "412": (Fault.error(412, "ErrorIrresolvableConflict"), errors.Conflict),
    "423": (Fault.error(423, "Locked"), errors.Conflict),
    "429": (Fault.error(429, "ApplicationThrottled", Retry_After="17"), errors.RateLimited),
    "500": (Fault.error(500, "InternalServerError"), errors.ServerFailed),
    "503": (Fault.error(503, "ServiceUnavailable"), errors.ServerFailed),
    "503 with a pause": (Fault.error(503, "ServiceUnavailable", Retry_After="17"), errors.RateLimited),
    "504": (Fault.page(504), errors.ServerFailed),
    "truncated body": (Fault.text(b'{"value": [', cut=True), errors.ServerFailed),
    "broken JSON": (Fault.text(b'{"value": ['), errors.ServerFailed),
    "deep JSON": (Fault.text(b"[" * 200_000), errors.ServerFailed),
    "JSON of another shape": (Fault.text(b'"value"'), errors.ServerFailed),
    "a page for people": (Fault.page(), errors.ServerFailed),
    "another content type": (Fault.text(b'{"value": []}', "text/plain"), errors.ServerFailed),
    "redirect to a private address": (Fault.redirect("http://10.0.0.1/"), errors.ServerFailed),
    "no answer": (Fault.hang_up(), errors.Unreachable),
}


@pytest.mark.promise("C3", "C9")
@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("name", FAULTS)
def test_bad_answer_is_a_named_error(
    fake: MicrosoftFake,
    calendar: FakeCalendar,
    provider: MicrosoftProvider,
    ask: Ask,
    name: str,
) -> None:
    fault, error = FAULTS[name]
    fake.fail_next(fault)

    with pytest.raises(errors.ProviderError) as caught:
        ask(provider, calendar.id)
    assert type(caught.value) is error
    assert "10.0.0.1" not in caught.value.detail
    assert calendar.events == {}


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry_After": "17"}, 17.0),
        ({"Retry_After": "Mon, 02 Nov 2026 09:01:00 GMT", "Date": "Mon, 02 Nov 2026 09:00:00 GMT"}, 60.0),
        ({"Retry_After": "later"}, None),
        ({}, None),
    ],
)
def test_pause_is_the_one_that_graph_names(
    fake: MicrosoftFake, provider: MicrosoftProvider, headers: dict[str, str], pause: float | None
) -> None:
    fake.fail_next(Fault.error(429, "ApplicationThrottled", **headers))

    with pytest.raises(errors.RateLimited) as caught:
        provider.calendars()
    assert caught.value.retry_after == pause


@pytest.mark.parametrize("ask", [*ASKS, delete])
def test_expired_token_is_renewed_once(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, tokens: FakeTokens, ask: Ask
) -> None:
    first = tokens.current
    fake.expire_access()

    ask(provider, calendar.id)

    assert tokens.rejected == [first]


@pytest.mark.parametrize("ask", [*ASKS, delete])
def test_token_that_is_refused_twice_is_a_withdrawn_permission(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, ask: Ask
) -> None:
    fake.fail_next(Fault.error(401, "InvalidAuthenticationToken"), times=2)

    with pytest.raises(errors.AccessRevoked):
        ask(provider, calendar.id)
    assert len(fake.log) == 2


def test_withdrawn_permission_is_told(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, tokens: FakeTokens
) -> None:
    fake.expire_access()
    tokens.ended = True

    with pytest.raises(errors.AccessRevoked):
        provider.calendars()


def test_answer_that_never_comes_is_a_timeout(fake: MicrosoftFake, connect: Connect) -> None:
    provider = connect(replace(POLICY, timeout=0.2, deadline=0.4))
    fake.fail_next(Fault.text(b'{"value": []}' + b" " * 100, drip=0.05))
    began = time.monotonic()

    with pytest.raises(errors.Timeout):
        provider.calendars()
    assert time.monotonic() - began < 5


def test_body_beyond_the_limit_is_too_large(fake: MicrosoftFake, connect: Connect) -> None:
    fake.fail_next(Fault.text(b'{"value": [' + b" " * 10_000 + b"]}"))

    with pytest.raises(errors.TooLarge):
        connect(replace(POLICY, max_bytes=5_000)).calendars()


@pytest.mark.promise("C9")
def test_private_address_is_not_asked_without_permission(fake: MicrosoftFake, connect: Connect) -> None:
    with pytest.raises(errors.AddressRefused):
        connect(GuardPolicy()).calendars()
    assert fake.log == []


def test_redirect_takes_no_token_along(fake: MicrosoftFake, provider: MicrosoftProvider) -> None:
    with MicrosoftFake() as other:
        fake.fail_next(Fault.redirect(f"{other.api}me/calendars", 307))

        with pytest.raises(errors.ServerFailed):
            provider.calendars()
        assert other.log == []


@pytest.mark.parametrize(
    "page",
    [
        {"value": [], "@odata.nextLink": "https://evil.example/v1.0/me"},
        {"value": [], "@odata.nextLink": "http://127.0.0.1:1/v1.0/me"},
        {"value": [], "@odata.nextLink": "//evil.example/me"},
        {"value": [], "@odata.nextLink": "http://[/"},
        {"value": "many"},
        {"value": [1]},
        {},
    ],
)
def test_page_that_leads_nowhere_is_a_failure(
    fake: MicrosoftFake, provider: MicrosoftProvider, page: dict[str, Any]
) -> None:
    fake.fail_next(Fault.text(json.dumps(page).encode()))

    with pytest.raises(errors.ServerFailed):
        provider.calendars()
    assert len(fake.log) == 1


def test_link_that_two_readers_take_for_two_hosts_is_not_followed(
    fake: MicrosoftFake, provider: MicrosoftProvider
) -> None:
    """`urlsplit` sees our host behind the @, the library that dials one before the backslash."""
    with MicrosoftFake() as other:
        split = f"{other.api.rpartition('/v1.0')[0]}\\@{fake.api.removeprefix('http://')}me/calendars"
        fake.fail_next(Fault.text(json.dumps({"value": [], "@odata.nextLink": split}).encode()))

        with pytest.raises(errors.ServerFailed):
            provider.calendars()
        assert other.log == []


def test_listing_in_circles_ends(fake: MicrosoftFake, provider: MicrosoftProvider) -> None:
    page = f'{{"value": [], "@odata.nextLink": "{fake.api}me/calendars?$skip=1"}}'
    fake.fail_next(Fault.text(page.encode()), times=10)

    with pytest.raises(errors.ServerFailed):
        provider.calendars()
    assert len(fake.log) == 2


def test_round_that_ends_without_its_link_is_a_failure(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    fake.fail_next(Fault.text(b'{"value": []}'))

    with pytest.raises(errors.ServerFailed):
        changes(provider, calendar.id)


def test_error_tells_graphs_code_and_nothing_else(fake: MicrosoftFake, provider: MicrosoftProvider) -> None:
    body = b'{"error": {"code": "ErrorAccessDenied", "message": "ada@contoso.example may not"}}'
    fake.fail_next(Fault(403, body, {"Content-Type": "application/json"}))

    with pytest.raises(errors.PermissionDenied) as caught:
        provider.calendars()
    assert caught.value.detail == "HTTP 403 ErrorAccessDenied"


def test_bearer_goes_to_graph_alone(
    fake: MicrosoftFake, provider: MicrosoftProvider, tokens: FakeTokens
) -> None:
    provider.calendars()

    assert [seen.headers["Authorization"] for seen in fake.log] == [f"Bearer {tokens.current}"]
