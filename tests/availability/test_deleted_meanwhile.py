"""A schedule deleted in another tab, between this tab's look-up and its save."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from availability import queries
from availability.models import Schedule
from bookingsite.models import User
from tests.factories.availability import make_schedule

pytestmark = pytest.mark.usefixtures("at_now")
HOURS = {"date": "2027-03-02", "is_closed": "on"}
SCHEDULE = {"name": "Evenings", "zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("name", "data"),
    [("schedule", SCHEDULE), ("make_default", {}), ("delete_schedule", {}), ("new_date", HOURS)],
)
def test_schedule_deleted_before_the_save_is_not_found(
    as_host: Client, host: User, monkeypatch: pytest.MonkeyPatch, name: str, data: dict[str, str]
) -> None:
    schedule = make_schedule(host, {1: "09:00-12:00"})
    look_up = queries.own_schedule

    def deleted_after(owner: User, pk: int) -> Schedule:
        found = look_up(owner, pk)
        Schedule.objects.filter(pk=pk).delete()
        return found

    monkeypatch.setattr(queries, "own_schedule", deleted_after)

    answer = as_host.post(reverse(f"availability:{name}", args=[schedule.pk]), data)

    assert answer.status_code == 404
