"""Whatever a server does, the host reads a plain sentence of its own with its remedy, on card and in mail (C9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client
from lxml import html

from bookings.models import Notice
from bookings.notices import noting
from bookings.notices.letter import letter_for
from bookingsite.models import User
from calendars import wording
from calendars.models import Account
from calendars.providers import errors, registry
from calendars.sync import trouble
from calendars.wording import Problem
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
PAGE = "/settings/integrations/"


def all_errors(
    kind: type[errors.ProviderError] = errors.ProviderError,
) -> Iterator[type[errors.ProviderError]]:
    """Every error that a provider can raise."""
    yield kind
    for each in kind.__subclasses__():
        yield from all_errors(each)


CODES = sorted({each.code for each in all_errors()} | {trouble.SECRET_LOST, trouble.INTERNAL})
RECONNECT = {each.code for each in all_errors() if each.reconnect} | {trouble.SECRET_LOST}
KINDS = sorted(registry.KINDS)

WEATHER = {
    "401, wrong password": "wrong_password",
    "expired or revoked token": "access_revoked",
    "token of a client in testing": "testing_expired",
    "403": "permission_denied",
    "404, calendar deleted": "not_found",
    "409 and 412, changed by others": "conflict",
    "410, expired sync token": "cursor_invalid",
    "429": "rate_limited",
    "500, 503, truncation, invalid JSON, wrong content type": "server_failed",
    "timeout, dripping body": "timeout",
    "HTML instead of a calendar": "web_page",
    "broken off": "cut_short",
    "redirect to a private address": "address_refused",
    "made read-only": "became_read_only",
    "gone from the account": "vanished",
}
"""What servers do on bad days, and the code that stands for it."""


@pytest.fixture(autouse=True)
def frozen(now: datetime) -> Iterator[None]:
    """Pages and mails at a standing clock."""
    with time_machine.travel(now, tick=False):
        yield


def sentence(problem: Problem) -> str:
    return f"{problem.text} {problem.remedy}"


@pytest.mark.promise("C9")
@pytest.mark.parametrize("kind", KINDS)
def test_every_code_has_a_sentence_of_its_own(kind: str) -> None:
    codes = sorted({*CODES, *WEATHER.values()})
    said = {code: sentence(wording.problem(code, kind)) for code in codes}
    assert [code for code, text in said.items() if text == sentence(wording.OTHER)] == []
    assert len(set(said.values())) == len(codes)
    assert [code for code in codes if not str(wording.problem(code, kind).remedy).strip()] == []


@pytest.mark.promise("C9")
@pytest.mark.parametrize("code", CODES)
def test_card_and_mail_say_what_is_wrong_and_what_helps(
    page: Client, host: User, now: datetime, code: str
) -> None:
    status = Account.Status.RECONNECT if code in RECONNECT else Account.Status.RETRYING
    accounts = [
        make.make_account(
            host, provider=kind, label=f"Account {kind}", status=status, error=code, failing_since=now
        )
        for kind in KINDS
    ]
    for account in accounts:
        make.make_calendar(account, failing_since=now)
        noting.note_account(account, code, now=now)
    tree = html.fromstring(page.get(PAGE).content.decode())
    notices = Notice.objects.select_related("owner", "account", "calendar")
    for account in accounts:
        problem = wording.problem(code, account.provider)
        [notice] = tree.xpath(f"//*[@id='account-{account.pk}']//*[contains(@class,'stack-s')]/p[1]")
        letter = letter_for(notices.get(account=account), now=now)
        assert letter is not None
        told = {detail.label: detail.lines for detail in letter.details}
        assert (" ".join(notice.text_content().split()), told["What is wrong"], told["What you can do"]) == (
            sentence(problem), (str(problem.text),), (str(problem.remedy),),
        )  # fmt: skip
