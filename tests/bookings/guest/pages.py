"""Reading pages and filling in forms as a guest does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.test import Client
from lxml import html

from bookings.domain import links
from bookings.models import Booking, EventType

DETAILS = {"name": "Gina Guest", "email": "gina@example.com", "notes": "", "website": ""}


class Page:
    """One answer, parsed."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.tree = html.fromstring(response.content or b"<html></html>")

    def text(self, path: str = "//body") -> str:
        """The visible words of the first element found, with single blanks."""
        found = self.tree.xpath(path)
        return _words(found[0]) if found else ""

    def texts(self, path: str) -> list[str]:
        """The words of every element found."""
        return [_words(part) for part in self.tree.xpath(path)]

    def values(self, path: str) -> list[str]:
        """Attributes found."""
        return [str(value) for value in self.tree.xpath(path)]

    @property
    def times(self) -> list[str]:
        """The times offered, as shown."""
        return self.texts("//a[contains(@class,'slot')]/span[@aria-hidden]")

    @property
    def free_days(self) -> list[str]:
        """The dates that can be chosen."""
        return self.values("//td[contains(@class,'day-free')]/@data-date")

    @property
    def month(self) -> str:
        """The heading of the month."""
        return self.text("//*[@id='month-heading']")

    def link(self, text: str) -> str:
        """The address of the one link whose words begin like this."""
        [address] = self.values(f"//a[starts-with(normalize-space(.), '{text}')]/@href")
        return address

    def form(self, **changes: str) -> dict[str, str]:
        """The fields of the page's own form as it stands, with changes."""
        fields = self.tree.xpath("//main//form[@method='post']//*[@name]")
        found = {field.get("name"): _value(field) for field in fields if _is_sent(field)}
        return {**found, **changes}


def _words(part: Any) -> str:
    return " ".join(" ".join(part.itertext()).split())


def _value(field: Any) -> str:
    return (field.text or "") if field.tag == "textarea" else field.get("value", "")


def _is_sent(field: Any) -> bool:
    return field.get("type") != "radio" or field.get("checked") is not None


@dataclass
class Guest:
    """A browser that keeps no cookies between requests."""

    client: Client

    def get(self, path: str, **headers: str) -> Page:
        """Open a page."""
        self.client.cookies.clear()
        return Page(self.client.get(path, headers=headers))

    def post(self, path: str, data: dict[str, str], **headers: str) -> Page:
        """Send a form."""
        self.client.cookies.clear()
        return Page(self.client.post(path, data, headers=headers))

    def open_form(self, event_type: EventType, start: str, query: str = "") -> Page:
        """The form for a start such as `2027-03-02T09:00Z`."""
        return self.get(f"{event_path(event_type)}book/?start={start}{query}")

    def book(self, event_type: EventType, start: str, **details: str) -> Page:
        """Fill in the form for a start and send it."""
        page = self.open_form(event_type, start)
        return self.post(f"{event_path(event_type)}book/", page.form(**{**DETAILS, **details}))


def event_path(event_type: EventType) -> str:
    """The public page of an event type."""
    return f"/{event_type.host.slug}/{event_type.slug}/"


def booking_path(booking: Booking, page: str = "") -> str:
    """The guest's page of a booking."""
    return f"/b/{links.manage_token(booking)}/{page}"


def own_links(page: Page) -> list[str]:
    """Every address on this site that the page links to."""
    found = (
        page.values("//a/@href") + page.values("//link/@href") + page.values("//form[@method='get']/@action")
    )
    return sorted({link for link in found if not urlsplit(link).netloc and link.startswith("/")})
