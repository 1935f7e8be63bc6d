"""A real Chromium for the browser tests (`-m browser`)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from bookingsite.models import User
from tests.e2e.guest_steps import NOW, GuestSite
from tests.factories.bookings import event_type_of

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# Playwright's loop runs in the test's thread; Django would take its own calls there for async ones.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or the one that CHROMIUM names."""
    expect.set_options(timeout=30_000)  # the machine may be busy
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where photographs of the steps go: SHOTS, or a folder that pytest keeps for a while."""
    folder = Path(os.environ.get("SHOTS") or tmp_path / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def guest_site(
    live_server: LiveServer, transactional_db: None, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> GuestSite:
    """Anna in Berlin offers half an hour, Monday to Friday 9 to 17; it is Monday 2027-03-01, nine o'clock."""
    monkeypatch.setattr("bookingsite.lib.clock.now", lambda: NOW)
    monkeypatch.setattr(settings, "GUEST_TRIES_PER_HOUR", 0)  # every test is Gina, in the same hour
    host = User.objects.create_user(
        "anna@example.org", "correct horse battery", name="Anna Berg", slug="anna", zone="Europe/Berlin"
    )
    talk = event_type_of(host, slug="talk", title="First talk", description="Bring your questions.")
    return GuestSite(live_server.url, chromium, host, talk)
