"""Google and Microsoft through the whole dance, in a browser: consent, calendars, a booking, its meeting link.

The site's own processes, Chromium, and both providers as servers of ours that keep their rules. Google is
connected with scripts, Microsoft without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.running import running_site, text_of, wait_for
from tests.e2e.test_story import BERLIN, GUEST, Story, action, follow
from tests.fakes.google import CALENDAR_LIST, EVENTS, GoogleFake
from tests.fakes.microsoft import MicrosoftFake

pytestmark = pytest.mark.browser
AT_GOOGLE, AT_MICROSOFT = "anna@gmail.example", "anna@contoso.example"
MISSING = "See and change events in all your calendars"


class Dance(Story):
    """The story's people, with calendars at Google and Microsoft."""

    google: GoogleFake
    microsoft: MicrosoftFake

    def go_to(self, page: Page, provider: str) -> None:
        """From the integrations page to the provider's consent page."""
        page.goto("/settings/integrations/")
        follow(page, page.get_by_role("link", name="Connect a calendar").first)
        self.shoot(page, "connect")
        follow(page, page.get_by_role("link", name=provider, exact=True))
        self.shoot(page, f"connect-{provider}")
        page.get_by_role("button", name=f"Continue to {provider}").click()

    def connect_google(self) -> None:
        page = self.host
        self.go_to(page, "Google")
        expect(page.get_by_role("heading", name="wants access to your Google Account")).to_be_visible()
        page.get_by_label(EVENTS).uncheck()
        page.get_by_role("button", name="Allow").click()
        expect(page.get_by_role("listitem").filter(has_text=MISSING)).to_be_visible()
        assert self.site.rows("calendars_account") == [], "nothing is connected half"
        self.shoot(page, "left-out")
        page.get_by_role("button", name="Grant again at Google").click()
        expect(page.get_by_label(CALENDAR_LIST)).to_be_checked()
        page.get_by_role("button", name="Allow").click()
        expect(page.get_by_text(f"{AT_GOOGLE} is connected; 2 calendars were found")).to_be_visible()
        self.shoot(page, "google-connected")

    def connect_microsoft(self) -> None:
        context = self._context(java_script_enabled=False)
        context.add_cookies(self.host.context.cookies())  # type: ignore[arg-type]
        page = context.new_page()
        self.go_to(page, "Microsoft")
        page.get_by_role("button", name="Needs an administrator").click()
        expect(page.get_by_text("Your organisation lets only its administrator allow")).to_be_visible()
        expect(page.locator(".code").filter(has_text="/v2.0/adminconsent?")).to_be_visible()
        self.shoot(page, "administrator")
        page.get_by_role("button", name="Continue to Microsoft").click()
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_text(f"{AT_MICROSOFT} is connected; 1 calendar was found")).to_be_visible()
        context.close()

    def calendars(self) -> dict[str, tuple[bool, bool]]:
        """What the integrations page shows: whether each calendar blocks and receives."""
        self.host.goto("/settings/integrations/")
        rows = self.host.locator("#calendars tbody tr").filter(has=self.host.get_by_role("checkbox")).all()
        return {
            row.locator("td").first.inner_text().split("\n")[0].strip(): (
                row.get_by_role("checkbox").is_checked(),
                row.get_by_role("radio").is_checked(),
            )
            for row in rows
        }

    def offer(self, title: str, meeting: str, calendar: str) -> None:
        """An event type whose bookings go into this calendar, with this kind of link."""
        page = self.host
        page.goto("/event-types/new/")
        page.locator("[name=title]").fill(title)
        page.locator("[name=duration]").fill("30")
        page.locator("[name=increment]").fill("30")
        page.locator("[name=notice_0]").fill("0")
        option = page.locator("[name=target] option").filter(
            has_text=re.compile(rf"^\s*{re.escape(calendar)}\b")
        )
        page.locator("[name=target]").select_option(option.first.get_attribute("value"))
        page.locator(f"[name=meeting][value={meeting}]").check()
        follow(page, page.get_by_role("button", name="Save"))
        page.goto("/event-types/")
        expect(page.get_by_text(title).first).to_be_visible()

    def book_it(self, slug: str, hour: int) -> None:
        page = self.guest
        page.goto(f"/anna-berg/{slug}/")
        self.open_day(page, page.url)
        self.pick(page, self.at(hour))
        page.get_by_label("Your name").fill("Gina Guest")
        page.get_by_label("Your e-mail address").fill(GUEST)
        follow(page, page.get_by_role("button", name="Book this time"))
        expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()

    def move_and_cancel(self, start: datetime) -> None:
        """The guest's, by the links of the first booking's mails, until the event at Google is gone."""
        page = self.guest
        wait_for("the event", lambda: google_times(self.google) == [self.at(11)])
        confirmed = next(mail for mail in self.site.mails(GUEST) if "meet." in text_of(mail))
        page.goto(action(confirmed, "/reschedule/").removesuffix("reschedule/"))
        expect(page.get_by_role("link", name=meet_links(self.google)[0])).to_be_visible()
        self.shoot(page, "guest-link")
        self.reschedule(action(confirmed, "/reschedule/"), start)
        wait_for("the event to be moved", lambda: google_times(self.google) == [start])
        moved = self.site.mail(GUEST, "You moved your appointment.")
        self.cancel(action(moved, "/cancel/"))
        wait_for("the event to be removed", lambda: google_times(self.google) == [])

    def links_told(self) -> list[str]:
        """The meeting links that the guest's mails hold."""
        texts = [text_of(mail) for mail in self.site.mails(GUEST)]
        return sorted({link for text in texts for link in re.findall(r"https://(?:meet|teams)\.\S+", text)})


def meet_links(fake: GoogleFake) -> list[str]:
    """Of the events in the person's main calendar."""
    events = fake.events(fake.calendar(AT_GOOGLE))
    return [str(event["hangoutLink"]) for event in events if "hangoutLink" in event]


def google_times(fake: GoogleFake) -> list[datetime]:
    """When the events of the person's main calendar begin."""
    events = fake.events(fake.calendar(AT_GOOGLE))
    return [datetime.fromisoformat(str(event["start"]["dateTime"])).astimezone(BERLIN) for event in events]


def teams_links(fake: MicrosoftFake) -> list[str]:
    """Of the events in the person's main calendar."""
    events = fake.calendar(AT_MICROSOFT).events.values()
    meetings = [event.fields["onlineMeeting"] or {} for event in events]
    return [str(meeting["joinUrl"]) for meeting in meetings if "joinUrl" in meeting]


@pytest.fixture
def dance(chromium: Browser, shots: Path, tmp_path: Path) -> Iterator[Dance]:
    """A new site that is led to both providers."""
    with GoogleFake() as google, MicrosoftFake() as microsoft:
        google.add_account(AT_GOOGLE)
        google.add_calendar(AT_GOOGLE, "team@group.calendar.google.com", name="Team")
        microsoft.add_account(AT_MICROSOFT)
        addresses = {**google.settings(), **microsoft.settings()}
        for key, client in (("GOOGLE", google.client), ("MICROSOFT", microsoft.client)):
            addresses |= {f"{key}_CLIENT_ID": client["client_id"], f"{key}_CLIENT_SECRET": client["secret"]}
        with running_site(tmp_path, **addresses) as site:
            found = Dance(chromium, site, None, shots)  # type: ignore[arg-type]
            found.google, found.microsoft = google, microsoft
            yield found


@pytest.mark.promise("C2", "C3")
def test_host_consents_at_both_and_bookings_have_their_links(dance: Dance) -> None:
    dance.sign_up()
    dance.verify()
    dance.fill_profile()
    dance.connect_google()
    dance.connect_microsoft()
    assert dance.calendars() == {
        AT_GOOGLE: (True, True),
        "Team": (False, False),
        "Calendar": (True, False),
    }
    dance.shoot(dance.host, "both")
    wait_for("both calendars to be read", lambda: dance._is_read(dance.host))

    dance.set_hours()
    dance.offer("With Meet", "google_meet", AT_GOOGLE)
    dance.offer("With Teams", "teams", "Calendar")
    dance.book_it("with-meet", 11)
    dance.book_it("with-teams", 12)

    links = wait_for("a Meet link and a Teams link", lambda: _both(dance))
    wait_for("the guest to be told of both links", lambda: dance.links_told() == links)
    dance.shoot(dance.host, "booked")

    dance.move_and_cancel(dance.at(14))
    assert len(teams_links(dance.microsoft)) == 1, "the other booking stands"


def _both(dance: Dance) -> list[str]:
    found = [meet_links(dance.google), teams_links(dance.microsoft)]
    return (
        sorted(link for links in found for link in links) if all(len(links) == 1 for links in found) else []
    )
