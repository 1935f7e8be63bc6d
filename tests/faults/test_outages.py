"""The queue's server and the database go away and come back while the site runs."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.site import Site, environment, free_port, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.servers]

WITHIN = 90.0


class Redis:
    """A Redis server of the test's own that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()

    def start(self) -> None:
        """Start and wait until it answers."""
        self.process = subprocess.Popen(
            [
                "redis-server",
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(self.folder),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        wait_for(
            lambda: (
                b"PONG"
                in subprocess.run(
                    ["redis-cli", "-p", str(self.port), "ping"], capture_output=True, check=False
                ).stdout
            )
        )

    def kill(self) -> None:
        """SIGKILL: everything that was queued is lost."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def site(redis: Redis, tmp_path: Path) -> Iterator[Site]:
    env = environment(
        tmp_path, DJANGO_SETTINGS_MODULE="bookingsite.settings", REDIS_URL=f"redis://127.0.0.1:{redis.port}/0"
    )
    site = Site(env, "--web-workers", "1")
    site.manage("migrate", "-v", "0")
    site.start()
    yield site
    site.interrupt()
    for process in site.living():
        process.kill()


def has_worked_lately(site: Site) -> bool:
    return site.manage("worker_alive", "--within", "10", check=False).returncode == 0


def test_work_goes_on_after_redis_was_away(site: Site, redis: Redis) -> None:
    redis.kill()
    wait_for(lambda: not has_worked_lately(site), WITHIN)
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/healthz", timeout=60) as answer:
        assert answer.status == 200

    redis.start()

    assert wait_for(lambda: has_worked_lately(site), WITHIN, step=1) < WITHIN
    assert site.interrupt() < 30
    wait_for(lambda: site.living() == [])
