"""Process groups: started again, stopped in order, gone to the last process. Real processes, no Django."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bookingsite import supervisor as supervisor_module
from bookingsite.supervisor import Group, Supervisor

PATIENCE = 60.0  # seconds; far more than a busy machine needs
FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "a").write(f"{child.pid}\\n")
time.sleep(600)
"""
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "a").write("0\\n")
time.sleep(600)
"""
SHORT = """
import sys
open(sys.argv[1], "a").write("0\\n")
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    file = tmp_path / "notes"
    file.touch()
    return file


@pytest.fixture
def made(notes: Path) -> Iterator[Callable[[str], Group]]:
    groups: list[Group] = []

    def make(program: str) -> Group:
        groups.append(Group("part", [sys.executable, "-c", program, str(notes)]))
        return groups[-1]

    yield make
    for group in groups:
        group.kill()


def lines(notes: Path, count: int, within: float = PATIENCE) -> list[int]:
    """The numbers written so far, once there are that many."""
    deadline = time.monotonic() + within
    while len(found := notes.read_text().split()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(number) for number in found]


def is_gone(pid: int, within: float = PATIENCE) -> bool:
    deadline = time.monotonic() + within
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def turn_until_started(keeper: Supervisor, group: Group) -> None:
    """Let the supervisor look again and again, as its loop does, until the pause is over."""
    deadline = time.monotonic() + PATIENCE
    while not group.is_running:
        assert time.monotonic() < deadline
        time.sleep(0.02)
        keeper.turn()


def test_killing_a_group_ends_its_grandchildren(made: Callable[[str], Group], notes: Path) -> None:
    group = made(FAMILY)
    group.start()
    [grandchild] = lines(notes, 1)
    group.kill()
    assert is_gone(grandchild)
    assert not group.is_running


def test_a_group_that_ends_is_started_again_and_its_leftovers_are_killed(
    made: Callable[[str], Group], notes: Path
) -> None:
    group = made(FAMILY)
    keeper = Supervisor([group])
    keeper.turn()
    [first] = lines(notes, 1)
    assert group.process is not None
    group.process.kill()
    group.process.wait()

    keeper.turn()
    assert is_gone(first)
    turn_until_started(keeper, group)

    assert len(lines(notes, 2)) == 2


def test_pauses_between_starts_grow(
    made: Callable[[str], Group], notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = made(SHORT)
    pauses = []
    for count in range(1, 5):
        group.start()
        lines(notes, count)
        assert group.process is not None
        group.process.wait()
        with monkeypatch.context() as patch:
            moment = time.monotonic()
            patch.setattr(supervisor_module.time, "monotonic", lambda moment=moment: moment)
            group.bury()
        pauses.append(group.start_at - moment)
    assert pauses == pytest.approx([0.5, 2.0, 4.0, 8.0])


def test_stop_kills_what_does_not_listen(
    made: Callable[[str], Group], notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "GRACE", 0.5)
    group = made(STUBBORN)
    group.start()
    lines(notes, 1)
    began = time.monotonic()
    Supervisor([group]).stop()
    assert not group.is_running
    assert 0.5 <= time.monotonic() - began < PATIENCE


def test_a_group_its_watcher_calls_hung_is_replaced(made: Callable[[str], Group], notes: Path) -> None:
    group = made(FAMILY)
    verdicts = [True, False]
    started: list[str] = []

    class Watch:
        def look(self, group: Group) -> bool:
            return verdicts.pop(0) if verdicts else True

        def started(self, group: Group) -> None:
            started.append(group.name)

    keeper = Supervisor([group], watchers={"part": Watch()})
    keeper.turn()  # starts it
    lines(notes, 1)
    keeper.turn()  # well
    assert group.is_running
    keeper.turn()  # hung
    assert not group.is_running
    keeper.turn()  # buried
    turn_until_started(keeper, group)
    assert (started, len(lines(notes, 2))) == (["part", "part"], 2)


LONELY = """
import sys, time
from bookingsite.supervisor import Group
group = Group("part", [sys.executable, "-c", sys.argv[1], sys.argv[2]])
group.start()
print(group.process.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_supervisor_takes_its_children_along(notes: Path) -> None:
    lonely = subprocess.Popen([sys.executable, "-c", LONELY, STUBBORN, str(notes)], stdout=subprocess.PIPE)
    assert lonely.stdout is not None
    child = int(lonely.stdout.readline())
    lines(notes, 1)
    os.kill(lonely.pid, signal.SIGKILL)
    lonely.wait()
    lonely.stdout.close()
    assert is_gone(child)
