"""Bad weather while an event is written: the booking stands, and in the end there is exactly one event."""

from __future__ import annotations

import pytest

from bookingsite import leases
from calendars.models import Write
from calendars.sync import push
from tests.calendars.weather.conftest import WRITERS
from tests.calendars.weather.scene import NOT_WRITABLE, Scene, seconds
from tests.calendars.weather.table import ANSWER_LOST, WRITES, WRITING, Weather

pytestmark = pytest.mark.django_db
ACTS = ["create", "update", "delete"]
RECONNECT = {"access_revoked", "wrong_password"}


def prepare(scene: Scene, act: str) -> list[int]:
    """The event as it stands before the act, written well; returns the hours at which it is to lie after it."""
    if act == "create":
        scene.want(scene.wish(14))
        return [14]
    scene.want(scene.wish(14))
    assert scene.write().is_settled
    scene.want(scene.wish(15) if act == "update" else None)
    return [15] if act == "update" else []


def hours(scene: Scene) -> list[int]:
    """When the events of ours begin that lie in the calendar."""
    return [start.hour for start in scene.world.ours()]


@pytest.mark.promise("C9", "C18")
@pytest.mark.parametrize("provider", WRITERS)
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("weather", WRITING, ids=str)
def test_writing_in_bad_weather(scene: Scene, weather: Weather, act: str) -> None:
    wanted = prepare(scene, act)
    before, known, code = hours(scene), scene.known(), weather.code(scene.world.kind)

    with weather.over(scene.world.line, match=weather.match):
        row = scene.write()

    assert (row.is_settled, row.error) == (False, code)
    assert (hours(scene), scene.known()) == (before, known)
    assert seconds(row, scene.now) >= weather.pause
    assert scene.told() == (
        [scene.named(NOT_WRITABLE)] if code == "permission_denied" else [scene.sentence(code)]
    )
    assert scene.write(due=True).is_settled
    assert hours(scene) == wanted
    scene.read(due=True)
    assert (scene.is_well(), scene.known().busy) == (True, known.busy)


@pytest.mark.promise("C18")
@pytest.mark.parametrize("provider", WRITERS)
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("weather", ANSWER_LOST, ids=str)
def test_done_but_the_answer_was_lost(scene: Scene, weather: Weather, act: str) -> None:
    wanted = prepare(scene, act)

    with weather.over(scene.world.line, match=WRITES):
        row = scene.write()

    assert (row.is_settled, row.error, hours(scene)) == (False, weather.code(scene.world.kind), wanted)
    assert scene.write(due=True).is_settled
    assert hours(scene) == wanted


@pytest.mark.promise("C18")
@pytest.mark.parametrize("provider", WRITERS)
@pytest.mark.parametrize(
    ("act", "change"),
    [("update", "remove"), ("delete", "remove"), ("update", "edit"), ("delete", "edit")],
    ids=["404 on update", "404 on delete", "412 on update", "412 on delete"],
)
def test_event_that_was_changed_by_somebody_meanwhile(scene: Scene, act: str, change: str) -> None:
    wanted = prepare(scene, act)
    getattr(scene.world, change)()

    row = scene.write()

    assert (row.is_settled, row.error, hours(scene)) == (True, "", wanted)


@pytest.mark.promise("C18")
@pytest.mark.parametrize("provider", WRITERS)
@pytest.mark.parametrize("act", ACTS)
def test_two_workers_write_one_event(scene: Scene, act: str) -> None:
    """The first one fell asleep with the row in its hands; it wakes when the second one is done."""
    wanted = prepare(scene, act)
    late = leases.claim(push.due_writes(), now=scene.now, lease_for=push.LEASE)
    asleep = [Write.objects.get(pk=row.pk) for row in late]
    scene.now += 2 * push.LEASE
    assert scene.write().is_settled

    with pytest.raises(leases.LeaseLost):
        push.write(asleep[0], scene.now)

    assert (hours(scene), Write.objects.get().is_settled) == (wanted, True)
