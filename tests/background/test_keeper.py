"""Hard limits, renewed leases, and processes that die with their parent. Real processes where they die."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bookingsite import heartbeat, leases, work
from bookingsite.keeper import Keeper
from bookingsite.lib.processes import hard_limit
from bookingsite.models import Heartbeat, Tick

HANGING = """
import re
from bookingsite.lib.processes import hard_limit
with hard_limit(0.3):
    re.match("(a+)+$", "a" * 60 + "b")  # C code that does not come back
"""
FORKING = """
import os, sys, time
from bookingsite.lib.processes import forks_die_with_parent
forks_die_with_parent()
middle = os.fork()
if middle == 0:
    inner = os.fork()
    if inner == 0:
        time.sleep(60)
    print(inner, flush=True)
    time.sleep(60)
os.waitpid(middle, 0)
"""


def test_a_job_past_its_limit_dies_even_in_c_code() -> None:
    done = subprocess.run([sys.executable, "-c", HANGING], check=False, timeout=60)
    assert done.returncode == -signal.SIGALRM


def test_a_job_within_its_limit_leaves_an_outer_alarm_as_it_was() -> None:
    def outer(number: int, frame: object) -> None: ...

    before = signal.signal(signal.SIGALRM, outer)
    signal.setitimer(signal.ITIMER_REAL, 300)
    try:
        with hard_limit(5):
            assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGALRM) is outer
        assert 200 < signal.getitimer(signal.ITIMER_REAL)[0] <= 300
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_forks_die_with_the_process_that_made_them() -> None:
    import psutil

    outer = subprocess.Popen([sys.executable, "-c", FORKING], stdout=subprocess.PIPE)
    assert outer.stdout is not None
    inner = psutil.Process(int(outer.stdout.readline()))
    outer.kill()
    outer.wait()
    outer.stdout.close()
    gone, _alive = psutil.wait_procs([inner], timeout=60)
    assert gone == [inner] or inner.status() == psutil.STATUS_ZOMBIE


@pytest.mark.django_db(transaction=True)
def test_a_long_job_keeps_its_lease_and_shows_that_it_is_busy(
    now: datetime, wait: Callable[..., None]
) -> None:
    row = Tick.objects.create(name="long", run_at=now)
    kind = work.Kind("long", Tick.objects.all, lambda row, at: None, limit_seconds=20)
    [mine] = leases.claim(Tick.objects.all(), now=now, lease_for=kind.lease)
    later = now + timedelta(seconds=30)

    with Keeper(lambda: later, every=0.05) as keeper:
        with keeper.on(mine, kind):
            wait(lambda: Tick.objects.get().run_at == later + kind.lease)
            assert Heartbeat.objects.get().detail == "long"
        leases.finish(mine)

    row.refresh_from_db()
    assert (row.state, Heartbeat.objects.count()) == (Tick.State.DONE, 0)


@pytest.mark.django_db(transaction=True)
def test_the_keeper_beats_no_more_often_than_asked(now: datetime) -> None:
    times = iter([now, now + timedelta(seconds=1)])
    with Keeper(lambda: next(times)) as keeper:
        keeper.beat(every=60)
        keeper.beat(every=60)
    assert heartbeat.last_beat() == now


@pytest.mark.django_db(transaction=True)
def test_long_jobs_leave_one_process_free(now: datetime) -> None:
    quick = work.Kind("quick", Tick.objects.all, lambda row, at: None, limit_seconds=60)
    long = work.Kind("long", Tick.objects.all, lambda row, at: None, limit_seconds=300)
    row = Tick.objects.create(name="long", run_at=now)
    with Keeper(lambda: now) as keeper:
        assert keeper.may_start(long)
        with keeper.on(row, long):
            assert heartbeat.busy_count("solo", now) == 1
            assert keeper.may_start(long)  # this process itself does not count
        assert heartbeat.busy_count("solo", now) == 0
        Heartbeat.objects.create(name="busy:solo:1", beat_at=now)  # the other one of two
        assert keeper.may_start(quick)
        assert not keeper.may_start(long)


@pytest.fixture
def wait() -> Callable[..., None]:
    def until(condition: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return until
