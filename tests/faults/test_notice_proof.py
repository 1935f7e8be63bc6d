"""The proof of push: real HTTP from the provider to a running site, and what its public page shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.site import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.servers]


@pytest.mark.promise("C12")
@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_change_at_the_provider_shows_on_the_public_page_within_seconds(provider: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.notice_proof", provider],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout
    assert "quiet afterwards: True" in done.stdout
