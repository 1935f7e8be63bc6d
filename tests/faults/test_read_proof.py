"""The proof of reading in small: two sites at once, because each kill costs a lease of 45 seconds."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.site import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.servers]


def prove(first: str, again: str) -> tuple[int, str]:
    """Run the proof in a process of its own; its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.read_proof", "--first", first, "--again", again],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout


def test_reading_that_is_killed_leaves_times_unknown_frees_nothing_and_ends_as_if_undisturbed() -> None:
    with ThreadPoolExecutor() as pool:
        first = pool.submit(prove, "workers:0,group:500", "")
        again = pool.submit(prove, "", "group:500")
        outcomes = [first.result(), again.result()]

    assert [code for code, _said in outcomes] == [0, 0], outcomes
    assert "1500 events known; wrong: none" in outcomes[0][1]
    assert "1400 events known; wrong: none" in outcomes[1][1]
