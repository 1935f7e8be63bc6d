"""A whole site for a browser: the real processes in a folder of their own, with the mails they sent."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar
from urllib.error import URLError
from urllib.request import urlopen

from tests.caldav_servers import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0  # seconds; the machine may be busy
T = TypeVar("T")


def wait_for(what: str, look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """What `look` finds, as soon as it finds something true. Fails by name when it never does."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {patience:.0f} s in vain for: {what}")


@dataclass
class Site:
    """A running site; what it says to people is read through its pages and its mails."""

    url: str
    folder: Path

    def mails(self, to: str) -> list[EmailMessage]:
        """Every mail to this address, oldest first."""
        files = sorted((self.folder / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime)
        parts = [part for path in files for part in re.split(rb"(?m)^-{79}\n", path.read_bytes())]
        mails = [message_from_bytes(part.strip(b"\n"), policy=policy.default) for part in parts if part.strip()]
        return [mail for mail in mails if mail["To"] == to and isinstance(mail, EmailMessage)]

    def mail(self, to: str, opening: str) -> EmailMessage:
        """The mail to this address that begins with this sentence; waits until it has arrived."""

        def look() -> EmailMessage | None:
            return next((mail for mail in self.mails(to) if text_of(mail).startswith(opening)), None)

        return wait_for(f"the mail “{opening}” to {to}", look)

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """A table as it is, for comparing before and after; read-only."""
        database = sqlite3.connect(f"file:{self.folder / 'bookingsite.sqlite3'}?mode=ro", uri=True)
        try:
            return database.execute(f'SELECT * FROM "{table}" ORDER BY 1').fetchall()
        finally:
            database.close()


def text_of(mail: EmailMessage) -> str:
    """The plain text."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


def links_in(mail: EmailMessage) -> list[str]:
    """Every address in the text and the HTML."""
    html = mail.get_body(("html",))
    found = re.findall(r"https?://[^\s\"<>]+", text_of(mail) + (str(html.get_content()) if html else ""))
    return list(dict.fromkeys(found))


def environment(folder: Path, url: str, **more: str) -> dict[str, str]:
    """A development site in `folder`, whatever this process runs with."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return {
        **kept,
        "BOOKING_READ_ENV_FILES": "false",
        "DEBUG": "true",
        "SITE_URL": url,
        "VAR_DIR": str(folder),
        "WORKERS": "1",
        "LOG_LEVEL": "WARNING",
        **more,
    }


@contextmanager
def running_site(folder: Path, **more: str) -> Iterator[Site]:
    """`manage.py start` on a free port, until it answers; stopped as by Ctrl-C."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "manage.py", "start", "--bind", f"127.0.0.1:{port}", "--migrate", "--web-workers", "1"]
    with (folder / "start.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(folder, url, **more), stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(f"the site to answer ({folder / 'start.log'})", lambda: _answers(process, f"{url}/healthz"))
            yield Site(url, folder)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    if process.poll() is not None:
        raise AssertionError(f"the site ended with {process.returncode}")
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
