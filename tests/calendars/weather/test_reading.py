"""Bad weather while a calendar is read: known times stay closed, the card says what helps, the news come later."""

from __future__ import annotations

import pytest

from tests.calendars.weather.conftest import KINDS, WRITERS
from tests.calendars.weather.scene import GONE, Scene, seconds
from tests.calendars.weather.table import AMID, READING, Weather

pytestmark = pytest.mark.django_db


@pytest.mark.promise("C9", "C12")
@pytest.mark.parametrize("provider", KINDS)
@pytest.mark.parametrize("weather", READING, ids=str)
def test_reading_in_bad_weather(scene: Scene, weather: Weather, caplog: pytest.LogCaptureFixture) -> None:
    known, code = scene.known(), weather.code(scene.world.kind)
    scene.world.put(scene.at(12))

    with weather.over(scene.world.line):
        row = scene.read()

    if code:
        gone = [scene.named(GONE)] if code == "not_found" and scene.world.kind != "ics" else []
        assert (row.error, scene.told()) == (code, [scene.sentence(code), *gone])
        assert scene.known() == known
        assert seconds(row, scene.now) >= weather.pause
        scene.read(due=True)
    assert scene.closed_since(known) == [12]
    assert scene.is_well()
    assert scene.leaks(caplog.text) == []


@pytest.mark.promise("C9", "C12")
@pytest.mark.parametrize("provider", WRITERS)
@pytest.mark.parametrize("weather", AMID, ids=str)
def test_bad_weather_after_the_first_answer_leaves_nothing_half_done(scene: Scene, weather: Weather) -> None:
    known, code = scene.known(), weather.code(scene.world.kind)
    scene.world.short_pages()
    scene.world.put(scene.at(12))
    scene.world.put(scene.at(13))
    before = len(scene.world.line.asked)

    with weather.over(scene.world.line, skip=1):
        row = scene.read()

    assert len(scene.world.line.asked) - before >= 2
    assert (row.error, scene.told()) == (code, [scene.sentence(code)])
    assert scene.known() == known
    scene.read(due=True)
    assert scene.closed_since(known) == [12, 13]
    assert scene.is_well()
