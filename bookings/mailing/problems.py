"""Why a mail did not reach somebody: codes in the rows, sentences on the pages (EM-10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Message


class Problem(models.TextChoices):
    """What `Message.error` may hold; the labels are for people."""

    SUPERSEDED = "superseded", gettext_lazy("A newer mail tells it all, so this one was not sent.")
    BAD_ADDRESS = "bad_address", gettext_lazy("This is not an e-mail address.")
    REFUSED = "refused", gettext_lazy("The mail server of this address refused the mail.")
    CONTENT_REFUSED = "content_refused", gettext_lazy("The mail server refused what the mail says.")
    DEFERRED = "deferred", gettext_lazy("The mail server asks to try again later.")
    SENDER_REFUSED = "sender_refused", gettext_lazy("The mail server refused the sender of this site.")
    LOGIN_REFUSED = "login_refused", gettext_lazy("The mail server refused the password of this site.")
    UNREACHABLE = "unreachable", gettext_lazy("The mail server cannot be reached.")
    SERVER_FAILED = "server_failed", gettext_lazy("The mail server answered with an error.")


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """A mail that has not reached its receiver, although it was tried."""

    message: Message
    why: str
    is_final: bool


def undelivered(messages: Iterable[Message]) -> list[Undelivered]:
    """Which of these mails failed so far, and why in words; mails that wait or were sent are left out.

    Takes rows rather than a booking, so that lists can fetch those of many bookings at once.
    """
    return [
        Undelivered(message=mail, why=in_words(mail.error), is_final=mail.state == Message.State.DEAD)
        for mail in messages
        if mail.state == Message.State.DEAD or (mail.state == Message.State.READY and mail.error)
    ]


def in_words(code: str) -> str:
    """The sentence for a code; a general one for codes of the background work itself."""
    try:
        return str(Problem(code).label)
    except ValueError:
        return _("The mail could not be sent.")
