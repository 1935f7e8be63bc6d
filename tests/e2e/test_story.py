"""The main job, end to end: a host connects a real calendar, a guest books, moves and cancels by the mails alone.

Nothing is replaced: the site's own processes, a Radicale server, Chromium, mails as they are sent. The
guest has scripts switched off. Times are real, so the story plays on a Wednesday in the coming fortnight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.caldav_servers import PASSWORD, USERNAME, CalDavServer, radicale
from tests.e2e.running import Site, links_in, running_site, text_of, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.servers]

HOST, GUEST = "anna@example.org", "gina@example.net"
HOST_PASSWORD = "ein guter langer Satz"
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
HALF_HOUR = timedelta(minutes=30)


def story_day(today: date) -> date:
    """A Wednesday, three to nine days ahead."""
    ahead = today + timedelta(days=3)
    return ahead + timedelta(days=(2 - ahead.weekday()) % 7)


class Calendar:
    """The host's calendar, as another calendar program sees it."""

    def __init__(self, server: CalDavServer) -> None:
        self.server = server
        self.url = server.make_calendar("work")
        server.make_calendar("family")

    def add(self, name: str, start: datetime, minutes: int = 60) -> None:
        end = start + timedelta(minutes=minutes)
        lines = (
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Other//Program//EN", "BEGIN:VEVENT",
            f"UID:{name}@other.example", "DTSTAMP:20260101T000000Z", f"DTSTART:{start.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTEND:{end.astimezone(UTC):%Y%m%dT%H%M%SZ}", f"SUMMARY:{name}", "END:VEVENT", "END:VCALENDAR", "",
        )  # fmt: skip
        self.server.write(self.url, f"{name}.ics", "\r\n".join(lines))

    def ours(self) -> list[tuple[str, datetime, datetime]]:
        """What the site wrote: UID, start and end of every event that no other program made."""
        found = []
        for url in self.server.list(self.url):
            calendar = icalendar.Calendar.from_ical(self.server.read(url) or "")
            found += [
                (str(event["UID"]), event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))
                for event in calendar.walk("VEVENT")
                if not str(event["UID"]).endswith("@other.example")
            ]
        return found

    def wait_for_times(self, *starts: datetime) -> str:
        """Wait until there is one event at each of these starts and no other; the UID of the first."""
        wanted = [(start.astimezone(UTC), start.astimezone(UTC) + HALF_HOUR) for start in starts]
        wait_for(
            f"events at {starts}, there is {self.ours()}",
            lambda: [(start, end) for _uid, start, end in self.ours()] == wanted,
            patience=60,
        )
        return self.ours()[0][0] if starts else ""


class Story:
    """The site, the host's browser, the guest's browser, and the day on which they meet."""

    def __init__(self, browser: Browser, site: Site, calendar: Calendar, shots: Path) -> None:
        self.browser, self.site, self.calendar, self.shots = browser, site, calendar, shots
        self.day = story_day(datetime.now(BERLIN).date())
        self.host = self._context(java_script_enabled=True, timezone_id="Europe/Berlin").new_page()
        self.guest_context = self._context(java_script_enabled=False, timezone_id="America/New_York")
        self.guest = self.guest_context.new_page()
        self.count = 0

    def _context(self, **options: object) -> BrowserContext:
        context = self.browser.new_context(locale="en-US", base_url=self.site.url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        return context

    def at(self, hour: int, minute: int = 0) -> datetime:
        """A time of the story's day on the host's clock."""
        return datetime.combine(self.day, time(hour, minute), BERLIN)

    def shoot(self, page: Page, name: str) -> None:
        self.count += 1
        page.screenshot(path=self.shots / f"{self.count:02}-{name}.png", full_page=True)

    # --- the host ------------------------------------------------------------------------

    def sign_up(self) -> None:
        page = self.host
        page.goto("/accounts/signup/")
        page.get_by_label("Your name").fill("Anna Berg")
        page.locator("[name=email]").fill(HOST)
        page.locator("[name=password1]").fill(HOST_PASSWORD)
        self.shoot(page, "sign-up")
        follow(page, page.get_by_role("button", name="Create account"))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        self.shoot(page, "mail-sent")

    def verify(self) -> None:
        page = self.host
        page.goto("/dev/mail/")
        self.shoot(page, "dev-mails")
        follow(page, page.locator("td a").first)
        link = page.locator("a[href*='confirm-email']").first.get_attribute("href") or ""
        page.goto(link)
        assert self.verified() == [0], "showing the link must not confirm anything"
        self.shoot(page, "confirm")
        follow(page, page.get_by_role("main").get_by_role("button").first)
        wait_for("the confirmed address", lambda: self.verified() == [1])
        if "login" in page.url:
            page.locator("[name=login]").fill(HOST)
            page.locator("[name=password]").fill(HOST_PASSWORD)
            follow(page, page.get_by_role("main").get_by_role("button", name="Sign in").first)
        page.wait_for_url("**/home/")
        self.shoot(page, "home-new")

    def verified(self) -> list[object]:
        return [row[1] for row in self.site.rows("account_emailaddress")]

    def fill_profile(self) -> None:
        page = self.host
        page.goto("/settings/profile/")
        page.locator("[name=slug]").fill("anna-berg")
        page.locator("[name=about]").fill("Gardens, terraces and balconies.")
        self.shoot(page, "profile")
        follow(page, page.get_by_role("button", name="Save"))
        expect(page.locator("[name=slug]")).to_have_value("anna-berg")

    def connect_with(self, password: str) -> None:
        page = self.host
        page.goto("/settings/integrations/")
        if not page.url.endswith("/connect/caldav/"):
            page.goto("/settings/integrations/connect/caldav/")
        page.get_by_label("Server address").fill(self.calendar.server.url)
        page.get_by_label("User name").fill(USERNAME)
        page.get_by_label("Password", exact=True).fill(password)
        follow(page, page.get_by_role("main").get_by_role("button", name="Connect"))

    def connect(self) -> None:
        page = self.host
        self.connect_with("not-the-password")
        expect(page.get_by_text("The server did not accept this user name and password.").first).to_be_visible()
        assert self.site.rows("calendars_account") == [], "a refused sign-in leaves nothing behind"
        self.shoot(page, "connect-refused")
        self.connect_with(PASSWORD)
        expect(page.get_by_role("heading", name="What your calendars are for")).to_be_visible()
        self.shoot(page, "connected")

    def choose_calendars(self) -> None:
        page = self.host
        row = page.get_by_role("row").filter(has_text="work")
        row.get_by_role("checkbox").check()
        row.get_by_role("radio").check()
        follow(page, page.get_by_role("button", name="Save choice"))
        wait_for("the calendar to be read", lambda: self._is_read(page))
        self.shoot(page, "integrations")

    def _is_read(self, page: Page) -> bool:
        page.goto("/settings/integrations/")
        return not page.get_by_text("Being read for the first time.").count()

    def set_hours(self) -> None:
        page = self.host
        page.goto("/availability/")
        self.shoot(page, "availability")
        follow(page, page.get_by_role("button", name="Set my hours"))
        page.get_by_label("Wednesday, from").first.fill("10:00")
        self.shoot(page, "hours")
        follow(page, page.get_by_role("button", name="Save", exact=True).last)
        page.goto("/availability/")
        expect(page.get_by_text("10:00 AM–5:00 PM").first).to_be_visible()

    def make_event_type(self) -> None:
        page = self.host
        page.goto("/event-types/new/")
        page.locator("[name=title]").fill("First talk")
        page.locator("[name=description]").fill("We get to know each other.")
        page.locator("[name=duration]").fill("30")
        page.locator("[name=place]").fill("https://meet.example.org/anna")
        page.locator("[name=increment]").fill("30")
        page.locator("[name=notice_0]").fill("0")
        self.shoot(page, "event-type")
        follow(page, page.get_by_role("button", name="Save"))
        page.goto("/event-types/")
        expect(page.get_by_text("First talk").first).to_be_visible()
        self.shoot(page, "event-types")

    def refresh_now(self) -> None:
        page = self.host
        page.goto("/settings/integrations/")
        follow(page, page.get_by_role("button", name="Refresh now"))

    # --- the guest -----------------------------------------------------------------------

    def open_day(self, page: Page, address: str) -> None:
        """The story's day on a page with a month, in the guest's zone."""
        page.goto(address)
        if page.locator("#zone").input_value() != "America/New_York":
            page.locator("#zone").select_option("America/New_York")
            follow(page, page.get_by_role("button", name="Apply"))
        self.turn_to_day(page)

    def turn_to_day(self, page: Page) -> None:
        self.turn_to_month(page)
        follow(page, page.locator(f"[data-date='{self.day}'] a"))
        expect(page.locator(f"[data-date='{self.day}'] a")).to_have_attribute("aria-current", "date")

    def turn_to_month(self, page: Page) -> None:
        for _ in range(2):
            if page.locator(f"[data-date='{self.day}']").count():
                return
            follow(page, page.locator("a[data-month=next]"))

    def offered(self, page: Page) -> list[str]:
        """The free times that the page shows."""
        return page.locator(".slot > span[aria-hidden]").all_inner_texts()

    def free_times(self) -> list[str]:
        """What a new visitor is offered on the story's day, on the host's clock."""
        context = self._context(java_script_enabled=False)
        try:
            page = context.new_page()
            page.goto("/anna-berg/first-talk/")
            self.turn_to_day(page)
            return self.offered(page)
        finally:
            context.close()

    def pick(self, page: Page, start: datetime) -> None:
        local = start.astimezone(NEW_YORK)
        shown = re.compile(rf"^\s*({local:%-I:%M %p}|{local:%H:%M})\s*$")
        follow(page, page.locator(".slot").filter(has=page.locator("span[aria-hidden]", has_text=shown)).first)

    def book(self, start: datetime) -> None:
        page = self.guest
        page.goto("/anna-berg/")
        self.shoot(page, "host-page")
        follow(page, page.get_by_role("link", name="First talk"))
        self.shoot(page, "month")
        self.open_day(page, page.url)
        self.shoot(page, "times")
        self.pick(page, start)
        page.get_by_label("Your name").fill("Gina Guest")
        page.get_by_label("Your e-mail address").fill(GUEST)
        page.get_by_label("Anything the host should know?").fill("It is about the terrace.")
        self.shoot(page, "form")
        follow(page, page.get_by_role("button", name="Book this time"))
        expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
        self.shoot(page, "booked")

    def reschedule(self, link: str, start: datetime) -> None:
        page = self.guest
        self.open_day(page, link)
        self.shoot(page, "reschedule")
        self.pick(page, start)
        self.shoot(page, "reschedule-confirm")
        follow(page, page.locator("main form[method=post] button.button-primary"))
        expect(page.get_by_role("heading", name="Your appointment has been moved")).to_be_visible()
        self.shoot(page, "rescheduled")

    def cancel(self, link: str) -> None:
        page = self.guest
        page.goto(link)
        self.shoot(page, "cancel")
        follow(page, page.get_by_role("button", name="Cancel the appointment"))
        expect(page.get_by_role("heading", name="This appointment is cancelled")).to_be_visible()
        self.shoot(page, "cancelled")

    def follow_all_links(self, mails: list[EmailMessage]) -> None:
        """GET every address of the mails that leads to the site, as a mail scanner does: nothing changes."""
        links = [link for mail in mails for link in links_in(mail) if link.startswith(self.site.url)]
        assert len(links) >= 4
        before = self.state()
        context = self._context(java_script_enabled=True)
        page = context.new_page()
        for link in dict.fromkeys(links):
            if page.request.get(link).headers.get("content-type", "").startswith("text/html"):
                page.goto(link)
        context.close()
        assert self.state() == before

    def state(self) -> list[object]:
        tables = ("bookings_booking", "bookings_claim", "bookings_guest", "bookings_historyentry")
        return [*map(self.site.rows, tables), len(self.site.rows("bookings_message")), self.calendar.ours()]


def follow(page: Page, link_or_button: Locator) -> None:
    """Press it and wait until the page it leads to is there; a click alone does not wait that long."""
    with page.expect_navigation():
        link_or_button.click()


def calendar_part(mail: EmailMessage) -> tuple[str, str, datetime]:
    """Method, UID and start of the invitation in a mail."""
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), str(event["UID"]), event["DTSTART"].dt.astimezone(UTC)


def action(mail: EmailMessage, ending: str) -> str:
    """The address in a mail that ends so."""
    return next(link for link in links_in(mail) if link.endswith(ending))


@pytest.fixture
def story(chromium: Browser, shots: Path, tmp_path: Path) -> Iterator[Story]:
    """A new site, a new calendar server, two browsers."""
    (tmp_path / "caldav").mkdir()
    (tmp_path / "var").mkdir()
    with radicale(tmp_path / "caldav") as server:
        port = server.url.rsplit(":", 1)[1].strip("/")
        with running_site(tmp_path / "var", OUTBOUND_PORTS=port) as site:
            yield Story(chromium, site, Calendar(server), shots)


@pytest.mark.promise("C4", "C7", "C9", "C18", "A1", "A12", "E1", "E3", "E5", "B1", "B2", "B4")
def test_host_connects_and_guest_books_moves_and_cancels(story: Story) -> None:
    first, second = story.at(10), story.at(15, 30)
    story.calendar.add("dentist", story.at(12))

    story.sign_up()
    story.verify()
    story.fill_profile()
    story.connect()
    story.choose_calendars()
    story.set_hours()
    story.make_event_type()

    free = ["10:00", "10:30", "11:00", "11:30", "13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30"]
    assert on_24_hours(story.free_times()) == free, "Wednesday's hours without the dentist"

    story.book(first)
    confirmation = story.site.mail(GUEST, "Your appointment is confirmed.")
    to_host = story.site.mail(HOST, "You have a new booking.")
    uid = story.calendar.wait_for_times(first)
    assert calendar_part(confirmation) == ("REQUEST", uid, first.astimezone(UTC))
    assert "Gina Guest" in text_of(to_host)
    assert "10:00" not in on_24_hours(story.free_times())
    story.follow_all_links([confirmation, to_host])

    story.calendar.add("school", story.at(14))
    story.refresh_now()
    wait_for("the school's hour to close", lambda: "14:00" not in on_24_hours(story.free_times()))
    assert on_24_hours(story.free_times()) == [time for time in free if time not in {"10:00", "14:00", "14:30"}]

    story.reschedule(action(confirmation, "/reschedule/"), second)
    moved = story.site.mail(GUEST, "You moved your appointment.")
    story.site.mail(HOST, "Your guest chose another time.")
    assert story.calendar.wait_for_times(second) == uid
    assert calendar_part(moved) == ("REQUEST", uid, second.astimezone(UTC))
    assert on_24_hours(story.free_times()) == [time for time in free if time not in {"14:00", "14:30", "15:30"}]

    story.cancel(action(moved, "/cancel/"))
    cancelled = story.site.mail(GUEST, "You cancelled your appointment.")
    story.site.mail(HOST, "Your guest cancelled.")
    story.calendar.wait_for_times()
    assert calendar_part(cancelled) == ("CANCEL", uid, second.astimezone(UTC))
    assert on_24_hours(story.free_times()) == [time for time in free if time not in {"14:00", "14:30"}]
    story.follow_all_links(story.site.mails(GUEST) + story.site.mails(HOST)[1:])
    assert story.guest_context.cookies() == []


def on_24_hours(shown: list[str]) -> list[str]:
    """Times as the page shows them, whatever its clock, as 14:30."""
    return [
        datetime.strptime(text, "%I:%M %p").strftime("%H:%M") if text.endswith("M") else text for text in shown
    ]
