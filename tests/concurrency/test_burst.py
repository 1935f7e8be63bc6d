"""The burst in small, on the database of this test run. The full one: `python -m tests.concurrency.burst`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.faults.site import ROOT

CLIENTS, SLOTS = 10, 20


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Any]:
    """What the three runs came to, by name."""
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.concurrency.burst", "--json",
            "--database", os.environ.get("TEST_DATABASE_URL", "sqlite"),
            "--clients", str(CLIENTS), "--slots", str(SLOTS), "--workers", "3",
        ],
        cwd=ROOT, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip
    assert done.stdout, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["run"]: line for line in lines}


@pytest.mark.servers
@pytest.mark.promise("B5")
@pytest.mark.parametrize("run", ["guarded", "lock alone"])
def test_a_burst_on_the_same_times_ends_in_one_booking_each(verdicts, run):
    found = verdicts[run]

    assert found["faults"] == dict.fromkeys(found["faults"], 0)
    assert (found["attempts"], found["worst"]) == (CLIENTS * SLOTS, 1)


@pytest.mark.servers
def test_the_same_burst_without_the_guard_books_times_twice(verdicts):
    assert verdicts["control"]["oversold"] > 0
