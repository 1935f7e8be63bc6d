"""Connecting iCal feeds through the pages (C5), against a feed over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from bookingsite.lib import clock
from bookingsite.models import User
from calendars.models import Account, Calendar, LogEntry
from calendars.wording import ICS, PROBLEMS, UNENCRYPTED
from tests.calendars.pages.test_connect import shown
from tests.factories import calendars as make
from tests.fakes.feed import LOGIN_PAGE, Answer, Feed, calendar, cut_body, feed_server, hang_up

pytestmark = pytest.mark.django_db
PAGE = "/settings/integrations/connect/feed/"
CARDS = "/settings/integrations/"
NINE = ("DTSTART:20270302T080000Z", "DTEND:20270302T090000Z")


@pytest.fixture
def feed() -> Iterator[Feed]:
    with feed_server() as running:
        running.put("a@example.org", *NINE)
        yield running


@pytest.fixture
def connected(page: Client, feed: Feed) -> Account:
    """The feed, connected on the page."""
    assert page.post(PAGE, {"url": feed.url, "name": "Flat 2"}).status_code == 302
    return Account.objects.get()


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def errors_of(answer: HttpResponse) -> dict[str, list[str]]:
    """What the form says, by field."""
    form = answer.context["form"]  # type: ignore[attr-defined]
    return {name: [str(error) for error in found] for name, found in form.errors.items()}


def sentence(code: str) -> str:
    found = ICS.get(code) or PROBLEMS[code]
    return f"{found.text} {found.remedy}"


@pytest.mark.promise("C5")
def test_page_says_where_well_known_sites_show_the_address(page: Client) -> None:
    text = text_of(page.get(PAGE))
    names = ["Airbnb", "Booking.com", "Expedia, Vrbo", "Google", "Outlook"]
    assert [name for name in names if f"<li><strong>{name}</strong>" in text] == names
    assert f'href="{PAGE}"' in text_of(page.get("/settings/integrations/connect/"))


def test_word_that_is_no_address_is_refused_before_anything_is_asked(page: Client, host: User) -> None:
    answer = page.post(PAGE, {"url": "nonsense", "name": ""})

    assert errors_of(answer) == {
        "url": ["This is not a web address such as https://www.example.com/calendar.ics."]
    }
    assert LogEntry.objects.count() == 0


@pytest.mark.promise("C5")
def test_feed_is_connected_by_its_address_alone(page: Client, feed: Feed, host: User) -> None:
    feed.name, feed.zone = "Flat 2 (Airbnb)", "Europe/Lisbon"
    answer = page.post(PAGE, {"url": feed.url, "name": ""}, follow=True)
    account = Account.objects.get()
    held = account.calendars.get()
    assert (account.owner, account.provider, account.label) == (host, "ics", "Flat 2 (Airbnb)")
    assert (held.name, held.zone, held.blocks, held.receives, held.writable, held.interval_minutes) == (
        "Flat 2 (Airbnb)", "Europe/Lisbon", True, False, False, 10,
    )  # fmt: skip
    assert "Flat 2 (Airbnb) is connected; 1 calendar was found" in text_of(answer)


def test_name_that_was_typed_wins_and_follows_the_card(page: Client, feed: Feed, connected: Account) -> None:
    feed.name = "Listing 4711"
    form = {"label": "Flat two", "trust_hours": "24", "unread": "trust", "moved_outside": "ask"}
    page.post(f"{CARDS}{connected.pk}/", form)
    page.post(f"{CARDS}{connected.pk}/refresh/")
    connected.refresh_from_db()
    assert (connected.label, connected.calendars.get().name) == ("Flat two", "Flat two")


@pytest.mark.promise("C5")
def test_address_is_sealed_and_only_its_server_is_shown(
    page: Client, feed: Feed, connected: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    make.read_now(connected.calendars.get(), clock.now())
    pages = [
        CARDS,
        f"{CARDS}{connected.pk}/",
        f"{CARDS}{connected.pk}/reconnect/",
        f"{CARDS}{connected.pk}/disconnect/",
    ]
    assert connected.open_secret() == feed.url
    assert connected.base_url == f"http://127.0.0.1:{feed.port}"
    told = [str(vars(connected)), caplog.text, *(text_of(page.get(address)) for address in pages)]
    assert [found for found in told if "s3cr3t" in found] == []
    assert f"http://127.0.0.1:{feed.port};" in text_of(page.get(pages[2]))


@pytest.mark.promise("C5", "C10")
def test_debug_log_names_the_server_and_not_the_address(feed: Feed, connected: Account) -> None:
    connected.logging_until = clock.now() + timedelta(days=1)
    connected.save()
    feed.fail(Answer(403), Answer(302, headers={"Location": f"{feed.path}?key=s3cr3t"}))
    for _ in range(2):
        make.read_now(connected.calendars.get(), clock.now())
    told = [" ".join(map(str, vars(entry).values())) for entry in LogEntry.objects.all()]
    targets = {entry.target.split("/")[0] for entry in LogEntry.objects.exclude(target="")}
    assert (targets, [text for text in told if "s3cr3t" in text]) == ({f"127.0.0.1:{feed.port}"}, [])


def test_refused_address_stays_in_the_field(page: Client, feed: Feed) -> None:
    feed.fail(Answer(404))
    answer = page.post(PAGE, {"url": feed.url, "name": "Flat 2"})
    assert answer.status_code == 422
    assert f'value="{feed.url}"' in text_of(answer)
    assert 'value="Flat 2"' in text_of(answer)


@pytest.mark.promise("C5")
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401), "wrong_password"),
        (Answer(403), "permission_denied"),
        (Answer(404), "not_found"),
        (Answer(410), "not_found"),
        (Answer(429, headers={"Retry-After": "60"}), "rate_limited"),
        (Answer(500), "server_failed"),
        (calendar(LOGIN_PAGE), "web_page"),
        (calendar('{"error": "no"}'), "not_a_calendar"),
        (calendar(""), "cut_short"),
        (calendar("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n"), "cut_short"),
        (cut_body(b"BEGIN:VCALENDAR\r\n" * 100), "cut_short"),
        (hang_up, "unreachable"),
        (Answer(302, headers={"Location": "http://169.254.169.254/"}), "address_refused"),
        (Answer(302, headers={"Location": "/calendar/export/s3cr3t-t0ken.ics"}), "not_a_calendar"),
        (calendar("BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 25_001 + "END:VCALENDAR"), "too_large"),
        (calendar("BEGIN:VCALENDAR\r\nX:" + "x" * 20_000_000 + "\r\nEND:VCALENDAR"), "too_large"),
    ],
    ids=["401", "403", "404", "410", "429", "500", "login-page", "json", "empty", "truncated", "cut-body", "hang-up",
         "private-redirect", "redirect-loop", "events", "bytes"],
)  # fmt: skip
def test_every_failure_has_its_own_sentence_at_the_address(
    page: Client, feed: Feed, answer: Answer | Callable[..., None], code: str
) -> None:
    feed.fail(answer, for_ever=True)
    found = page.post(PAGE, {"url": feed.url})
    assert errors_of(found) == {"url": [sentence(code)]}
    assert Account.objects.count() == 0


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "not an address",
        "ftp://example.org/a.ics",
        "file:///etc/passwd",
        "https://",
        "https://[::1",
        "x" * 2001,
    ],
)
def test_what_is_no_web_address_is_said_without_asking_anybody(page: Client, typed: str) -> None:
    answer = page.post(PAGE, {"url": typed})
    assert list(errors_of(answer)) == ["url"]
    assert Account.objects.count() == 0


def test_same_feed_twice_is_refused(page: Client, feed: Feed, connected: Account) -> None:
    again = page.post(PAGE, {"url": f"  {feed.url}#top ", "name": "Another name"})
    assert errors_of(again) == {"url": [sentence("already_connected")]}
    assert Account.objects.count() == 1


@pytest.mark.promise("C5", "C6")
def test_any_number_of_feeds_of_one_server(page: Client, feed: Feed) -> None:
    for number in range(3):
        feed.path = f"/calendar/{number}.ics"
        page.post(PAGE, {"url": feed.url, "name": f"Room {number}"})
    assert [one.label for one in Account.objects.all()] == ["Room 0", "Room 1", "Room 2"]
    assert Calendar.objects.filter(blocks=True).count() == 3


def test_other_host_may_connect_the_same_feed(
    page: Client, feed: Feed, connected: Account, other_host: User
) -> None:
    client = Client()
    client.force_login(other_host)
    client.post(PAGE, {"url": feed.url})
    assert Account.objects.filter(owner=other_host).count() == 1


def test_unencrypted_feed_is_told_on_its_card(page: Client, connected: Account) -> None:
    assert shown(UNENCRYPTED.text) in text_of(page.get(CARDS))


@pytest.mark.promise("C5")
def test_reconnecting_replaces_the_address_and_keeps_every_choice(
    page: Client, feed: Feed, connected: Account
) -> None:
    held = connected.calendars.get()
    held.interval_minutes, held.all_day = 30, Calendar.AllDay.NEVER
    held.save()
    make.read_now(held, clock.now())
    feed.path = "/new/address.ics"
    answer = page.post(f"{CARDS}{connected.pk}/reconnect/", {"url": feed.url}, follow=True)
    connected.refresh_from_db()
    held.refresh_from_db()
    assert "Flat 2 is connected again." in text_of(answer)
    assert (connected.open_secret(), connected.label, connected.status) == (feed.url, "Flat 2", "connected")
    assert (held.blocks, held.interval_minutes, held.all_day, held.cursor) == (True, 30, "never", "")


def test_reconnecting_with_what_does_not_work_changes_nothing(
    page: Client, feed: Feed, connected: Account
) -> None:
    answer = page.post(f"{CARDS}{connected.pk}/reconnect/", {"url": f"{feed.url}-gone"})
    connected.refresh_from_db()
    assert errors_of(answer) == {"url": [sentence("not_found")]}
    assert connected.open_secret() == feed.url


def test_reconnecting_to_a_feed_that_is_another_account_is_refused(
    page: Client, feed: Feed, connected: Account
) -> None:
    first, feed.path = feed.url, "/other.ics"
    page.post(PAGE, {"url": feed.url, "name": "Other"})
    feed.path = "/calendar/export/s3cr3t-t0ken.ics"
    other = Account.objects.get(label="Other")
    answer = page.post(f"{CARDS}{other.pk}/reconnect/", {"url": first})
    assert errors_of(answer) == {"url": [sentence("already_connected")]}


def test_somebody_elses_feed_is_not_found(feed: Feed, connected: Account, other_host: User) -> None:
    client = Client()
    client.force_login(other_host)
    assert client.post(f"{CARDS}{connected.pk}/reconnect/", {"url": feed.url}).status_code == 404


def test_disconnecting_asks_nothing_about_events_that_cannot_be_there(
    page: Client, feed: Feed, connected: Account
) -> None:
    asked = text_of(page.get(f"{CARDS}{connected.pk}/disconnect/"))
    page.post(f"{CARDS}{connected.pk}/disconnect/")
    assert ('name="events"' in asked, Account.objects.count(), Calendar.objects.count()) == (False, 0, 0)


def test_card_tells_where_a_feed_is_read_from_and_when_it_last_changed(
    page: Client, feed: Feed, connected: Account
) -> None:
    make.read_now(connected.calendars.get(), clock.now())
    card = " ".join(text_of(page.get(CARDS)).split())
    assert f"Read from http://127.0.0.1:{feed.port}; the rest of the address is secret." in card
    assert "Its content last changed 1 minute ago" in card
