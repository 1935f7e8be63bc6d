"""Where tokens may travel to."""

from __future__ import annotations

import pytest

from calendars.checks import check_provider_addresses

GOOD = [
    "https://login.microsoftonline.us",
    "https://login.partner.microsoftonline.cn/",
    "https://127.0.0.1:8443/x",
]
BAD = [
    "http://login.example",
    "login.example",
    "https://",
    "",
    "https://login.example/?x=1",
    "https://login.example/#x",
    "https://me:word@login.example",
    "https://login.example:port",
    "ftp://login.example",
    "http://localhost.example:8000",
]


@pytest.mark.parametrize("value", GOOD)
def test_https_addresses_are_taken(settings, value: str) -> None:
    settings.DEBUG = False
    settings.MICROSOFT_AUTHORITY = value

    assert check_provider_addresses() == []


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("debug", [True, False])
def test_other_addresses_stop_the_start(settings, value: str, debug: bool) -> None:
    settings.DEBUG = debug
    settings.GOOGLE_TOKEN_URI = value
    [found] = check_provider_addresses()

    assert (found.id, f"GOOGLE_TOKEN_URI must be a whole https address, it is {value!r}.") == (
        "calendars.E001",
        found.msg,
    )


@pytest.mark.parametrize("value", ["http://127.0.0.1:8000", "http://localhost:8000/x/", "http://[::1]:1/"])
@pytest.mark.parametrize(("debug", "count"), [(True, 0), (False, 1)])
def test_plain_http_on_this_machine_is_for_development(settings, value: str, debug: bool, count: int) -> None:
    settings.DEBUG = debug
    settings.GOOGLE_CALENDAR_API = value

    assert len(check_provider_addresses()) == count
