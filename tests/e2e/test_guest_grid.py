"""The month as a grid for keyboards and screen readers (A-1 … A-6; WAI-ARIA Authoring Practices, date grid)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.guest_steps import GuestSite, focused, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@contextmanager
def on_day(site: GuestSite, day: str, **options: str) -> Iterator[Page]:
    """The month page with the focus in the grid, on this day."""
    with site.visitor(**options) as page:
        page.goto(f"{site.event}?month={day[:7]}&h=24")
        page.wait_for_selector("table[role=grid]")
        page.locator(f"td[data-date='{day}']").focus()
        yield page


@pytest.mark.promise("B1")
@pytest.mark.parametrize(
    ("start", "key", "lands"),
    [
        ("2027-03-10", "ArrowRight", "2027-03-11"),
        ("2027-03-10", "ArrowLeft", "2027-03-09"),
        ("2027-03-10", "ArrowDown", "2027-03-17"),
        ("2027-03-10", "ArrowUp", "2027-03-03"),
        ("2027-03-10", "Home", "2027-03-07"),  # weeks begin on Sunday in English
        ("2027-03-10", "End", "2027-03-13"),
        ("2027-03-31", "ArrowRight", "2027-04-01"),
        ("2027-04-01", "ArrowLeft", "2027-03-31"),
        ("2027-03-29", "ArrowDown", "2027-04-05"),
        ("2027-03-01", "Home", "2027-02-28"),
        ("2027-03-31", "PageDown", "2027-04-30"),
        ("2027-03-31", "PageUp", "2027-02-28"),
        ("2027-03-10", "PageDown", "2027-04-10"),
        ("2027-03-10", "Shift+PageDown", "2028-03-10"),
        ("2028-02-29", "Shift+PageUp", "2027-02-28"),
    ],
)
def test_keys_move_the_focus(guest_site: GuestSite, start: str, key: str, lands: str):
    with on_day(guest_site, start) as page:
        page.keyboard.press(key)
        page.wait_for_function("day => document.activeElement.dataset.date === day", arg=lands)

        assert focused(page) == lands
        assert page.locator("td[tabindex='0']").evaluate_all(
            "cells => cells.map(cell => cell.dataset.date)"
        ) == [lands]


def test_the_table_is_a_named_grid_with_whole_weekdays(guest_site: GuestSite):
    with on_day(guest_site, "2027-03-10") as page:
        grid = page.get_by_role("grid", name="March 2027")

        expect(grid).to_have_count(1)
        expect(grid.get_by_role("columnheader", name="Wednesday")).to_have_attribute("abbr", "Wednesday")
        expect(page.locator("#month-heading")).to_have_attribute("aria-live", "polite")


def test_one_day_is_in_the_tab_order_and_only_the_chosen_one_is_selected(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(f"{guest_site.event}?day=2027-03-03")
        page.wait_for_selector("table[role=grid]")

        assert page.locator("table [tabindex='0']").count() == 1
        assert page.locator("table a:not([tabindex='-1'])").count() == 0
        selected = page.locator("[aria-selected='true']").evaluate_all(
            "cells => cells.map(cell => cell.dataset.date)"
        )
        assert selected == ["2027-03-03"]


@pytest.mark.promise("B1")
@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_choosing_a_day_moves_on_to_its_times_and_says_how_many(guest_site: GuestSite, key: str):
    with on_day(guest_site, "2027-03-10") as page:
        page.keyboard.press(key)
        expect(page.locator("#slots-heading")).to_be_focused()

        assert page.locator("#slots-heading").inner_text() == "Wednesday 10 March 2027"
        expect(page.get_by_role("status")).to_have_text("Wednesday 10 March 2027: 16 free times")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent").startswith("09:00")


def test_days_without_times_can_be_explored_and_not_chosen(guest_site: GuestSite):
    with on_day(guest_site, "2027-03-06") as page:
        cell = page.locator("td[data-date='2027-03-06']")
        before = page.url
        page.keyboard.press("Enter")
        settled(page)

        expect(cell).to_have_attribute("aria-disabled", "true")
        expect(cell).to_have_attribute("aria-label", "Saturday 6 March 2027, no times")
        assert (page.url, focused(page)) == (before, "2027-03-06")


def test_other_months_come_before_the_grid_in_the_tab_order_and_keep_the_focus(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(f"{guest_site.event}?month=2027-04")
        page.wait_for_selector("table[role=grid]")
        page.get_by_role("link", name="Previous month, March 2027").focus()
        page.keyboard.press("Tab")
        following = page.get_by_role("link", name="Next month, May 2027")
        expect(following).to_be_focused()
        page.keyboard.press("Tab")
        assert focused(page) == "2027-04-01"

        following.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#month-heading")).to_have_text("May 2027")
        expect(page.get_by_role("link", name="Next month, June 2027")).to_be_focused()
        expect(page.get_by_role("status")).to_have_text("May 2027")


@pytest.mark.promise("B1")
def test_a_whole_booking_by_keyboard_alone(guest_site: GuestSite):
    with on_day(guest_site, "2027-03-10") as page:
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator("#slots-heading")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#id_name")
        page.locator("#id_name").focus()
        page.keyboard.type("Gina Guest")
        page.keyboard.press("Tab")
        page.keyboard.type("gina@example.com")
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is booked")
        expect(page.locator(".fact-when")).to_contain_text("Thursday 11 March 2027, 09:00 – 09:30")


def test_the_hidden_trap_for_programs_is_no_stop_for_people(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(f"{guest_site.event}book/?start=2027-03-02T09:00Z")
        page.locator("#id_notes").focus()
        page.keyboard.press("Tab")

        assert page.evaluate("document.activeElement.textContent") == "Book this time"
        assert page.get_by_label("Leave this empty").evaluate(
            "field => field.closest('[aria-hidden]') !== null"
        )
