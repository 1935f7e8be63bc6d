"""Browsers in which somebody is signed in; signing in once is enough for many of them."""

from __future__ import annotations

from django.conf import settings
from django.test import Client

from bookingsite.models import User


def session_of(person: User) -> str:
    """The key of a new session of this person."""
    browser = Client()
    browser.force_login(person)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def browser_with(session: str | None, *, enforce_csrf_checks: bool = False) -> Client:
    """A fresh browser that has only the cookie of this session, or none."""
    browser = Client(enforce_csrf_checks=enforce_csrf_checks)
    if session is not None:
        browser.cookies[settings.SESSION_COOKIE_NAME] = session
    return browser
