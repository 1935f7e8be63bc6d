"""Every page that tells of calendars, with accounts of every kind and their troubles: accessible, narrow, tappable."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.calendar_scene import make_scene, pages_of
from tests.e2e.guest_steps import NOW, GuestSite
from tests.e2e.test_guest_accessibility import TOO_SMALL
from tests.e2e.test_host_pages import RULES, TOO_WIDE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.promise("C9")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_narrow(guest_site: GuestSite, shots: Path, scheme: str) -> None:
    scene = make_scene(guest_site.talk, NOW)
    context = signed_in(guest_site, scheme=scheme)
    page, found = context.new_page(), []
    for name, path in pages_of(scene).items():
        page.goto(f"{guest_site.url}/{path}")
        assert page.url == f"{guest_site.url}/{path}"  # and not the sign-in page
        page.screenshot(path=shots / f"{name.replace(' ', '-')}-{scheme}.png", full_page=True)
        found += [(name, one["id"]) for one in Axe().run(page, options=RULES).response["violations"]]
        small = [
            part for part in page.evaluate(TOO_SMALL) if not part.startswith("<a")
        ]  # these are among words
        found += [(name, f"too small: {part}") for part in small]
        if page.evaluate(TOO_WIDE) > 0:
            found.append((name, "too wide"))
    context.close()

    assert found == []


def test_answers_and_switches_work_without_scripts(guest_site: GuestSite) -> None:
    scene = make_scene(guest_site.talk, NOW)
    pages = pages_of(scene)
    context = signed_in(guest_site, scripts=False, width=1280)
    page = context.new_page()

    page.goto(f"{guest_site.url}/{pages['moved']}")
    page.get_by_role("button", name="Put the event back").click()
    page.goto(f"{guest_site.url}/{pages['collided']}")
    page.get_by_role("button", name="Leave both as they are").click()
    page.goto(f"{guest_site.url}/{pages['log empty']}")
    page.get_by_role("button", name="Switch on for a week").click()
    page.get_by_role("button", name="Switch off").wait_for()
    page.goto(f"{guest_site.url}/{pages['google calendar']}")
    page.get_by_label("Tentative").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Integrations").wait_for()
    page.goto(f"{guest_site.url}/{pages['home']}")
    asked = page.locator("section:has(#questions-title) li a").all_inner_texts()
    context.close()

    scene.caldav.refresh_from_db()
    assert scene.caldav.logging_until is not None
    assert scene.google.calendars.get(blocks=True).tentative_blocks
    assert [text.split(",")[0] for text in asked] == ["First talk · Bartholomäus von Hohenstein-Lichtenberg"]
