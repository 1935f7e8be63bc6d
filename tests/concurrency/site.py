"""The site that is raced: migrated, with hosts, served by gunicorn with several workers and threads.

Imports of Django are late: client processes import this package and should start fast.
"""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.site import ROOT, free_port, wait_for

PLAIN = "bookingsite.wsgi:application"
GUARDED, UNGUARDED = "tests.concurrency.paused:application", "tests.concurrency.unguarded:application"


def prepare(database_url: str, folder: Path) -> None:
    """Make this process, and what it starts, use the database; bring it to the product's schema."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="tests.settings",
        TEST_DATABASE_URL=database_url,
        TEST_VAR_DIR=str(folder),
        GUEST_TRIES_PER_HOUR="0",  # all clients come from one address
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


@contextmanager
def served(folder: Path, *, entry: str = PLAIN, workers: int = 4, threads: int = 4) -> Iterator[int]:
    """The port on which gunicorn serves. Its log is `gunicorn.log` in the folder."""
    port = free_port()
    with (folder / "gunicorn.log").open("ab") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "-c", "python:bookingsite.gunicorn_settings",
                "--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(threads), entry,
            ],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(lambda: _answers(port, process))
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError("gunicorn did not start; see gunicorn.log")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
