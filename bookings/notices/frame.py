"""What all notices share: the frame of the letter, and codes said in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.domain import links
from bookings.mailing.letter import Action, Detail, Letter
from calendars import wording

SHOWN = 10
"""So many bookings or event types are named in one mail."""


def letter(*, subject: str, opening: str, details: Sequence[Detail], closing: str) -> Letter:
    """A letter in the active language that leads to the Integrations page."""
    page = links.absolute(reverse("calendars:integrations"))
    sender = {"site": settings.SITE_NAME, "address": settings.SITE_URL}
    return Letter(
        language=translation.get_language() or settings.LANGUAGE_CODE,
        subject=subject,
        opening=opening,
        details=tuple(details),
        actions=(Action(_("Open your integrations"), page),),
        closing=(closing, _("Sent by %(site)s, %(address)s") % sender),
    )


def what_is_wrong(code: str, provider: str) -> Iterator[Detail]:
    """The trouble and its remedy."""
    problem = wording.problem(code, provider)
    yield Detail(_("What is wrong"), (str(problem.text),))
    yield Detail(_("What you can do"), (str(problem.remedy),))


def first_few(lines: Sequence[str]) -> tuple[str, ...]:
    """As many lines as one mail shows, and how many more there are."""
    if len(lines) <= SHOWN:
        return tuple(lines)
    return (*lines[:SHOWN], _("and %(count)s more") % {"count": len(lines) - SHOWN})
