"""When a worker group counts as hung, and what signs of life say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bookingsite import heartbeat
from bookingsite.models import Heartbeat
from bookingsite.watchdog import OWN_SILENCE, SILENCE, Signs, WorkerWatch, is_hung

MOMENT = timedelta(seconds=1)


@pytest.fixture
def signs(now: datetime) -> Signs:
    """A group that started an hour ago and has answered just now."""
    return Signs(started=now - timedelta(hours=1), own_beat=now, any_beat=now, busy=0, workers=2)


def test_a_group_that_answers_is_not_hung(signs: Signs, now: datetime) -> None:
    assert not is_hung(signs, now + SILENCE)


def test_a_silent_group_is_hung(signs: Signs, now: datetime) -> None:
    assert is_hung(signs, now + SILENCE + MOMENT)


def test_a_group_whose_workers_are_all_busy_is_not_hung(signs: Signs, now: datetime) -> None:
    assert not is_hung(replace(signs, busy=2), now + 10 * SILENCE)


def test_a_silent_group_with_one_busy_worker_is_hung(signs: Signs, now: datetime) -> None:
    assert is_hung(replace(signs, busy=1), now + SILENCE + MOMENT)


def test_a_group_has_time_to_start(signs: Signs, now: datetime) -> None:
    young = replace(signs, started=now, own_beat=None, any_beat=None)
    assert not is_hung(young, now + SILENCE)
    assert is_hung(young, now + SILENCE + MOMENT)


def test_answers_of_other_machines_excuse_silence_for_a_while(signs: Signs, now: datetime) -> None:
    later = now + OWN_SILENCE
    assert not is_hung(replace(signs, any_beat=later), later)
    assert is_hung(replace(signs, any_beat=later + MOMENT), later + MOMENT)


def test_a_group_that_acknowledges_nothing_is_hung(signs: Signs, now: datetime) -> None:
    assert not is_hung(replace(signs, unacknowledged=20), now)
    assert is_hung(replace(signs, unacknowledged=21), now)


def test_each_start_has_a_name_of_its_own() -> None:
    watch = WorkerWatch()
    first, second = watch.environment(), watch.environment()
    assert first.keys() == second.keys() == {heartbeat.GROUP_VARIABLE}
    assert first != second


def test_beats_are_kept_by_group(db: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat.beat(now)
    monkeypatch.setenv(heartbeat.GROUP_VARIABLE, "b")
    heartbeat.beat(now - MOMENT)
    heartbeat.beat(now + MOMENT)
    assert (heartbeat.last_beat("solo"), heartbeat.last_beat("b")) == (now, now + MOMENT)
    assert heartbeat.last_beat() == now + MOMENT
    assert heartbeat.last_beat("c") is None


def test_busy_processes_count_while_their_sign_is_fresh(db: None, now: datetime) -> None:
    heartbeat.beat_busy(now, "job")
    Heartbeat.objects.create(name="busy:solo:1", beat_at=now - timedelta(minutes=1))
    assert heartbeat.busy_count("solo", now) == 1
    assert heartbeat.is_alive(now, timedelta(seconds=60))
    heartbeat.clear_busy()
    assert heartbeat.busy_count("solo", now) == 0
    assert not heartbeat.is_alive(now, timedelta(seconds=60))
