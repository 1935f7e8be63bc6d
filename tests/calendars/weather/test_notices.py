"""Notices of providers, genuine and not: told twice, backwards or forged, they cost little and believe nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from bookingsite import work
from calendars import tasks
from calendars.models import Channel
from calendars.sync import cadence
from tests.calendars.weather.conftest import CONSENTED
from tests.calendars.weather.scene import Scene

pytestmark = pytest.mark.django_db
SECRET = "the-channel's-own"


@pytest.fixture
def channel(scene: Scene) -> Channel:
    """A standing order for the calendar."""
    row = Channel.objects.create(
        calendar=scene.calendar, channel_id="order-1", resource_id="resource-1",
        expires_at=scene.now + timedelta(days=6), run_at=scene.now + timedelta(days=3),
    )  # fmt: skip
    row.seal_secret(SECRET)
    row.save()
    return row


def tell(kind: str, numbers: list[int], *, secret: str = SECRET) -> list[int]:
    """Deliver these notices as the provider does; the statuses of our answers."""
    client, path = Client(enforce_csrf_checks=True), f"/hooks/{kind}/"
    if kind == "google":
        told = {
            "X-Goog-Channel-ID": "order-1", "X-Goog-Channel-Token": secret,
            "X-Goog-Resource-ID": "resource-1", "X-Goog-Resource-State": "exists",
        }  # fmt: skip
        return [
            client.post(path, headers={**told, "X-Goog-Message-Number": str(number)}).status_code
            for number in numbers
        ]
    body = {"value": [{"subscriptionId": "order-1", "clientState": secret, "changeType": "updated"}]}
    return [client.post(path, body, content_type="application/json").status_code for _ in numbers]


@pytest.mark.promise("C12")
@pytest.mark.parametrize("provider", CONSENTED)
@pytest.mark.parametrize("numbers", [[2], [2, 2, 2], [4, 3, 2]], ids=["once", "duplicated", "reordered"])
def test_genuine_notices_lead_to_one_reading_or_two(
    scene: Scene, channel: Channel, numbers: list[int]
) -> None:
    known = scene.known()
    scene.world.put(scene.at(12))
    asked = len(scene.world.line.asked)

    answers = tell(scene.world.kind, numbers)
    scene.now += 2 * cadence.DEBOUNCE
    work.drain(lambda: scene.now, only={tasks.READ})

    assert set(answers) == {200 if scene.world.kind == "google" else 202}
    assert (scene.closed_since(known), len(scene.world.line.asked) - asked) == ([12], 1)
    assert scene.is_well()


@pytest.mark.promise("C12")
@pytest.mark.parametrize("provider", CONSENTED)
def test_forged_notice_is_not_acted_on(scene: Scene, channel: Channel) -> None:
    before = (scene.row().run_at, scene.row().noticed_at)
    scene.world.put(scene.at(12))
    asked = len(scene.world.line.asked)

    answers = tell(scene.world.kind, [2, 3], secret="a guess")
    scene.now += 2 * cadence.DEBOUNCE
    work.drain(lambda: scene.now, only={tasks.READ})

    assert answers == [404, 404] if scene.world.kind == "google" else answers == [202, 202]
    assert (scene.row().run_at, scene.row().noticed_at) == before
    assert len(scene.world.line.asked) == asked
