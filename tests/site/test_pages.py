"""Which page answers whom, and what guests' pages must not need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

TITLE = re.compile(r"{% block title %}(.*?){% endblock title %}", re.DOTALL)
ENDS = (
    "{{ site_name }}",
    "{% if site_name %} · {{ site_name }}{% endif %}",
    " · {{ event_type.host.get_full_name }}",
    " · {{ booking.host.get_full_name }}",
)
PUBLIC = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
OWN = [
    "/home/",
    "/settings/",
    "/settings/profile/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/logout/",
    "/accounts/3rdparty/",
]
DEVELOPMENT = [
    "/dev/mail/",
    "/dev/style/",
    "/dev/mail/a.log~0/",
    "/dev/mail/a.log~0/html/",
    "/dev/mail/a.log~0/0/",
]


@pytest.mark.parametrize("path", PUBLIC)
def test_public_page_for_a_guest(guest: Client, path: str) -> None:
    assert guest.get(path).status_code == 200


@pytest.mark.parametrize("path", [path for path in OWN if path != "/accounts/logout/"])
def test_own_page_sends_a_guest_to_sign_in(guest: Client, path: str) -> None:
    response = guest.get(path)

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("path", OWN)
def test_own_page_for_a_host(signed_in: Client, path: str) -> None:
    response = signed_in.get(path)

    assert response.status_code == 200
    assert 'class="host-nav"' in response.content.decode()


@pytest.mark.parametrize("path", DEVELOPMENT)
def test_development_page_does_not_exist_in_production(operator_client: Client, path: str) -> None:
    assert operator_client.get(path).status_code == 404


@pytest.mark.promise("B1")
def test_front_page_sets_no_cookie_and_asks_the_database_nothing(guest: Client) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = guest.get("/")

    assert response.cookies == {}
    assert response["Vary"] == "Accept-Language"
    assert len(queries) == 0


def test_missing_page_says_so_without_a_cookie(guest: Client) -> None:
    response = guest.get("/no/such/page/at/all/")

    assert response.status_code == 404
    assert response.cookies == {}
    assert "<h1>There is nothing at this address</h1>" in response.content.decode()


def test_old_form_is_answered_in_words(guest: Client) -> None:
    response = guest.post("/accounts/login/", {"login": "a@example.org", "password": "x"})

    assert response.status_code == 403
    assert "<h1>This form is too old</h1>" in response.content.decode()


def test_server_error_page_needs_nothing() -> None:
    from django.template.loader import render_to_string

    assert "<h1>Something went wrong on our side</h1>" in render_to_string("500.html")


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/signup/"])
def test_page_keeps_within_the_content_policy(guest: Client, path: str) -> None:
    html = guest.get(path).content.decode()

    assert re.findall(r'\s(?:style|on\w+)="', html) == []
    assert re.findall(r"<style|<script(?![^>]*(?:\ssrc=|application/json))", html) == []


@pytest.mark.parametrize(
    ("asked", "lang", "heading"),
    [("de-DE,de;q=0.9", "de", None), ("xx", "en", "Sign in"), ("en-GB", "en", "Sign in")],
)
def test_page_speaks_the_language_of_the_browser(
    guest: Client, asked: str, lang: str, heading: str | None
) -> None:
    html = guest.get("/accounts/login/", headers={"accept-language": asked}).content.decode()

    assert f'<html lang="{lang}" dir="ltr">' in html
    assert heading is None or f"<h1>{heading}</h1>" in html


def test_chosen_language_is_remembered_and_leads_back(guest: Client) -> None:
    response = guest.post("/language/", {"language": "nb", "next": "/anna/?month=2027-03"})

    assert (response.status_code, response["Location"]) == (302, "/anna/?month=2027-03")
    assert '<html lang="nb"' in guest.get("/").content.decode()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert()"]
)
def test_language_choice_never_leads_to_another_site(guest: Client, target: str) -> None:
    response = guest.post("/language/", {"language": "xx", "next": target})

    assert response["Location"] == "/"
    assert response.cookies == {}


def test_language_is_not_chosen_by_a_get(guest: Client) -> None:
    assert guest.get("/language/?language=de").status_code == 405


def test_home_counts_first_steps_in_few_queries(signed_in: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        html = signed_in.get("/home/").content.decode()

    assert "0 of 4 done" in html
    # Session, person, banners, questions (two), first steps (account, hours, event type), days ahead.
    assert len(queries) <= 11


def test_home_shows_the_public_link(signed_in: Client) -> None:
    assert '<span class="code">http://testserver/anna/</span>' in signed_in.get("/home/").content.decode()


def test_home_leaves_out_first_steps_when_all_are_done(signed_in: Client, host: object) -> None:
    from availability.models import Schedule, WeeklyHours
    from bookings.models import EventType
    from calendars.models import Account

    Account.objects.create(owner=host, provider="caldav", label="Work")
    schedule = Schedule.objects.create(owner=host, name="Work", zone="Europe/Berlin")
    WeeklyHours.objects.create(schedule=schedule, weekday=0, start=540, end=600)
    EventType.objects.create(host=host, title="Talk", slug="talk")
    type(host).objects.update(about="Hello")  # type: ignore[attr-defined]

    assert "First steps" not in signed_in.get("/home/").content.decode()


def test_admin_is_offered_to_staff_alone(signed_in: Client, operator_client: Client) -> None:
    link = f'href="{reverse("admin:index")}"'

    offered = [link in client.get("/settings/").content.decode() for client in (signed_in, operator_client)]
    assert offered == [False, True]


@pytest.mark.parametrize(
    ("path", "page", "above"),
    [
        ("/home/", "Home", []),
        ("/settings/", "Settings", []),
        ("/settings/profile/", "Profile", ["Settings"]),
        ("/settings/integrations/", "Integrations", ["Settings"]),
        ("/accounts/2fa/", "Settings", []),
        ("/event-types/", "Event types", []),
    ],
)
def test_navigation_marks_where_one_is(signed_in: Client, path: str, page: str, above: list[str]) -> None:
    html = signed_in.get(path).content.decode()

    marked = re.findall(
        r'aria-current="(page|true)"><svg.*?</svg>\s*<span>([^<]+)</span>', html, flags=re.DOTALL
    )
    assert {name for kind, name in marked if kind == "page"} == {page}
    assert [name for kind, name in marked if kind == "true"] == above


def test_search_engines_are_kept_from_what_belongs_to_one_person(guest: Client) -> None:
    response = guest.get("/robots.txt")

    lines = response.content.decode().splitlines()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert lines[:3] == ["User-agent: *", "Allow: /", "Disallow: /b/"]


def test_the_icon_is_found_by_its_old_name(guest: Client) -> None:
    response = guest.get("/favicon.ico")

    assert (response.status_code, response["Location"]) == (302, "/static/img/icon-192.png")


def test_titles_end_with_the_site_or_for_guests_with_the_host() -> None:
    texts = {path: path.read_text() for path in Path(settings.BASE_DIR, "templates").rglob("*.html")}
    titles = {
        path: found[1]
        for path, text in texts.items()
        if (found := TITLE.search(text)) and "admin" not in path.parts
    }

    assert len(titles) > 40
    assert [path.name for path, title in titles.items() if not title.endswith(ENDS) or " – " in title] == []
