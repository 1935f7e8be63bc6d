"""The session cookie, and what browsers keep of a signed-in person's pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory

from bookingsite.middleware import SessionCookieMiddleware

NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [("abc123", "abc123"), ('"abc\\000zz"', None), ("abc/../x", None), ("A b", None), ("", None)],
)
def test_session_cookie_that_is_none_of_ours_is_dropped(cookie: str, kept: str | None) -> None:
    seen: list[Any] = []

    def page(request: Any) -> HttpResponse:
        seen.append(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        return HttpResponse()

    request = RequestFactory().get("/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"})

    SessionCookieMiddleware(page)(request)

    assert seen == [kept]


def test_broken_session_cookie_is_dropped_before_the_session_is_opened(db: None) -> None:
    name = SessionCookieMiddleware.__name__
    order = [path.rsplit(".", 1)[1] for path in settings.MIDDLEWARE]

    answer = Client().get("/home/", headers={"cookie": f'{settings.SESSION_COOKIE_NAME}="abc\\000zz"'})

    assert answer.status_code == 302
    assert order.index("SessionMiddleware") == order.index(name) + 1


@pytest.mark.parametrize("path", ["/home/", "/settings/profile/"])
def test_private_page_stays_in_no_cache(signed_in: Client, path: str) -> None:
    assert signed_in.get(path)["Cache-Control"] == NEVER


def test_public_page_of_a_guest_says_nothing_about_caches(guest: Client, db: None) -> None:
    assert not guest.get("/").has_header("Cache-Control")


def test_signing_out_leaves_no_page_behind(signed_in: Client) -> None:
    during, after = signed_in.get("/home/"), signed_in.post("/accounts/logout/")

    assert [during.get("Clear-Site-Data"), after.get("Clear-Site-Data")] == [None, '"cache"']
