"""The kill proof in small; `make kill-proof` runs all of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.faults.site import ROOT


def prove(*arguments: str) -> list[dict[str, object]]:
    """Run the proof in a process of its own (it sets Django up for the site under test)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kill_proof", "--json", *arguments],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.promise("C18")
@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.parametrize(("target", "when"), [("worker", "idle"), ("group", "busy"), ("monitor", "idle")])
def test_work_goes_on_after_a_kill_and_nothing_happens_twice(target: str, when: str) -> None:
    [outcome] = prove("--only", target, "--when", when)
    assert outcome["good"] is True, outcome


@pytest.mark.promise("C18")
@pytest.mark.slow
@pytest.mark.servers
def test_each_booking_has_one_event_whatever_is_killed_while_writing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.push_proof", "--waves", "group,worker"],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    assert "30 events wanted; wrong: none" in done.stdout
