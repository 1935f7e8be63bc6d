"""Every address of the availability pages for every kind of visitor."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from availability.models import ClosingRule, DateHours, Schedule, TimeOff, WeeklyHours
from availability.urls import urlpatterns
from bookingsite.models import User
from tests.factories.availability import make_closing_rule, make_date_hours, make_schedule, make_time_off

ASKS = {
    "index": (), "new_schedule": (), "schedule": ("schedule",), "delete_schedule": ("schedule",),
    "new_date": ("schedule",), "date": ("schedule", "day"), "delete_date": ("schedule", "day"),
    "new_time_off": (), "time_off": ("time_off",), "delete_time_off": ("time_off",),
    "new_rule": (), "rule": ("rule",), "delete_rule": ("rule",),
}  # fmt: skip
"""Pages, with what their address names."""
ACTS = {"start": (), "make_default": ("schedule",), "close_weekends": ()}
"""Addresses that only take a POST."""
OWNED = [name for name, parts in {**ASKS, **ACTS}.items() if parts]


@pytest.fixture
def annas(host: User) -> dict[str, object]:
    """One of everything that belongs to Anna."""
    make_schedule(host, {0: "09:00-10:00"}, is_default=True)
    schedule = make_schedule(host, {0: "09:00-10:00"}, name="Second")
    make_date_hours(schedule, date(2027, 3, 2), "10:00-11:00")
    return {
        "schedule": schedule.pk,
        "day": "2027-03-02",
        "time_off": make_time_off(host, date(2027, 3, 3)).pk,
        "rule": make_closing_rule(host, 5).pk,
    }


def url_of(name: str, annas: dict[str, object]) -> str:
    return reverse(f"availability:{name}", args=[annas[part] for part in {**ASKS, **ACTS}[name]])


def everything() -> list[list[dict[str, object]]]:
    """All rows, to see that nothing changed."""
    models = (Schedule, WeeklyHours, DateHours, TimeOff, ClosingRule)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_the_tables_name_every_address() -> None:
    assert sorted({**ASKS, **ACTS}) == sorted(pattern.name or "" for pattern in urlpatterns)


@pytest.mark.parametrize("name", ASKS)
def test_the_owner_sees_the_page(name: str, as_host: Client, annas: dict[str, object]) -> None:
    before = everything()

    assert as_host.get(url_of(name, annas)).status_code == 200
    assert as_host.head(url_of(name, annas)).status_code == 200
    assert everything() == before


@pytest.mark.parametrize("name", ACTS)
def test_an_address_that_acts_does_nothing_on_get(
    name: str, as_host: Client, annas: dict[str, object]
) -> None:
    before = everything()

    assert as_host.get(url_of(name, annas)).status_code == 405
    assert everything() == before


@pytest.mark.parametrize("name", OWNED)
@pytest.mark.parametrize("visitor", ["other_host", "operator"])
def test_somebody_elses_rows_are_not_found(
    name: str, visitor: str, client: Client, annas: dict[str, object], request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(visitor))
    before = everything()

    if name in ASKS:
        assert client.get(url_of(name, annas)).status_code == 404
    assert client.post(url_of(name, annas), {"name": "Stolen", "zone": "UTC"}).status_code == 404
    assert everything() == before


@pytest.mark.parametrize("name", [*ASKS, *ACTS])
def test_a_guest_is_sent_to_sign_in(name: str, client: Client, annas: dict[str, object]) -> None:
    url = url_of(name, annas)
    before = everything()

    for response in (client.get(url), client.post(url)):
        assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={url}")
    assert everything() == before


@pytest.mark.parametrize("name", [*ASKS, *ACTS])
def test_a_post_without_the_csrf_token_is_refused(name: str, host: User, annas: dict[str, object]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(host)
    before = everything()

    assert browser.post(url_of(name, annas)).status_code == 403
    assert everything() == before


def test_a_number_too_big_for_the_database_is_not_found(as_host: Client) -> None:
    assert as_host.get(f"/availability/schedules/{10**30}/").status_code == 404
    assert as_host.get(f"/availability/time-off/{10**30}/").status_code == 404


def test_another_hosts_schedule_cannot_be_previewed(as_host: Client, host: User, other_host: User) -> None:
    theirs = make_schedule(other_host, {0: "03:00-04:00"}, name="Secret plans", is_default=True)

    response = as_host.get("/availability/", {"schedule": theirs.pk})

    assert response.context["shown"] is None
    assert "Secret plans" not in response.content.decode()
