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
@pytest.mark.database
@pytest.mark.promise("B5")
def test_a_burst_books_each_time_once_and_without_the_guard_more_often():
    found = verdicts()

    for run in ("guarded", "lock alone"):
        assert found[run]["faults"] == dict.fromkeys(found[run]["faults"], 0), run
        assert (found[run]["attempts"], found[run]["worst"]) == (CLIENTS * SLOTS, 1)
    assert found["control"]["oversold"] > 0
