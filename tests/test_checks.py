"""The site's system checks: each speaks up exactly when its setting is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage

from bookingsite import checks


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_the_product_passes_its_own_checks() -> None:
    assert checks.check_queue() + checks.check_time() + checks.check_transactions() + checks.check_urllib3() == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"retry": 600}, ["bookingsite.E001"]),
        ({"timeout": None}, ["bookingsite.E001"]),
        ({"timeout": 100}, ["bookingsite.E002"]),
    ],
)
def test_a_queue_that_would_cut_drains_short(settings: Any, changes: dict[str, Any], found: list[str]) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, **changes}
    assert ids(checks.check_queue()) == found


@pytest.mark.parametrize(("name", "value"), [("TIME_ZONE", "Europe/Berlin"), ("USE_TZ", False)])
def test_a_site_whose_own_time_is_not_utc(settings: Any, name: str, value: object) -> None:
    setattr(settings, name, value)
    assert ids(checks.check_time()) == ["bookingsite.E003"]


def test_a_transaction_around_every_request(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    assert ids(checks.check_transactions()) == ["bookingsite.E004"]


def test_sqlite_without_immediate_transactions(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {})
    assert ids(checks.check_transactions()) == ["bookingsite.E005"]


def test_a_replaced_urllib3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "urllib3_is_real", lambda: False)
    assert ids(checks.check_urllib3()) == ["bookingsite.E010"]


def test_one_key_for_everything(settings: Any) -> None:
    settings.HTTPS = True
    settings.BOOKING_SECRETS_KEYS = [settings.SECRET_KEY]
    assert ids(checks.check_production()) == ["bookingsite.W004"]
