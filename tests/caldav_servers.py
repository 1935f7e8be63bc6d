"""Real CalDAV servers on free loopback ports, for the contract suite and the browser tests.

with radicale(folder) as server:
    url = server.make_calendar("work")
"""

import base64
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen
from xml.etree import ElementTree

USERNAME, PASSWORD = "host", "correct-horse"
MAKE_CALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:i="http://apple.com/ns/ical/">
<d:set><d:prop><d:displayname>{name}</d:displayname><i:calendar-color>#CB30E0FF</i:calendar-color>
<c:supported-calendar-component-set>{components}</c:supported-calendar-component-set>
</d:prop></d:set></c:mkcalendar>"""


@dataclass(frozen=True)
class CalDavServer:
    """A running server and what a person at another client would do with it (no code of ours involved)."""

    name: str
    url: str
    home: str
    username: str = USERNAME
    password: str = PASSWORD

    def request(
        self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One plain request as the owner; status and body."""
        token = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        request = Request(url, data=body or None, method=method, headers=headers or {})
        request.add_header("Authorization", f"Basic {token}")
        try:
            with urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except HTTPError as refused:
            return refused.code, refused.read()

    def make_calendar(self, name: str, components: str = "VEVENT") -> str:
        """Make a calendar and return its address."""
        url = f"{self.home}{name}/"
        parts = "".join(f'<c:comp name="{part}"/>' for part in components.split())
        body = MAKE_CALENDAR.format(name=name, components=parts).encode()
        status, text = self.request("MKCALENDAR", url, body, {"Content-Type": "application/xml"})
        if status not in (200, 201):
            raise RuntimeError(f"{self.name}: MKCALENDAR {status} {text[:300]!r}")
        return url

    def write(self, calendar: str, name: str, data: str) -> None:
        """Put an event into a calendar, as another client would."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        status, text = self.request("PUT", calendar + name, data.encode(), headers)
        if status not in (200, 201, 204):
            raise RuntimeError(f"{self.name}: PUT {status} {text[:300]!r}")

    def remove(self, calendar: str, name: str = "") -> None:
        """Delete an event, or the whole calendar."""
        self.request("DELETE", calendar + name)

    def list(self, calendar: str) -> list[str]:
        """The addresses of everything in a calendar."""
        status, body = self.request("PROPFIND", calendar, b"", {"Depth": "1"})
        if status != 207:
            raise RuntimeError(f"{self.name}: PROPFIND {status}")
        hrefs = [element.text or "" for element in ElementTree.fromstring(body).iter("{DAV:}href")]  # noqa: S314
        return [urljoin(calendar, href) for href in hrefs if href.endswith(".ics")]

    def read(self, url: str) -> str | None:
        """The text of a resource, None when there is none."""
        status, body = self.request("GET", url)
        return body.decode() if status == 200 else None


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


RIGHTS = """[locked]
user: .+
collection: {user}/locked(/.*)?
permissions: Rr
[own]
user: .+
collection: {user}(/.*)?
permissions: RrWw
[root]
user: .*
collection:
permissions: R
"""


@contextmanager
def radicale(folder: Path, *, locked: Mapping[str, str] | None = None) -> Iterator[CalDavServer]:
    """Radicale with one person and a password.

    `locked` (names and data) adds a calendar `locked` with these events that may only be read.
    """
    port = free_port()
    users = folder / "users"
    users.write_text(f"{USERNAME}:{PASSWORD}\n")
    config = folder / "radicale.ini"
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\nhtpasswd_encryption = plain\ndelay = 0\n"
        f"[storage]\nfilesystem_folder = {folder / 'collections'}\n"
        f"[rights]\ntype = from_file\nfile = {folder / 'rights'}\n"
        "[logging]\nlevel = critical\n"
    )
    (folder / "rights").write_text(RIGHTS)
    if locked is not None:
        calendar = folder / "collections" / "collection-root" / USERNAME / "locked"
        calendar.mkdir(parents=True)
        (calendar / ".Radicale.props").write_text('{"tag": "VCALENDAR", "D:displayname": "locked"}')
        for name, data in locked.items():
            (calendar / name).write_text(data, newline="")
    command = [sys.executable, "-m", "radicale", "--config", str(config)]
    root = f"http://127.0.0.1:{port}/"
    with _running(command, port):
        yield CalDavServer(name="radicale", url=root, home=f"{root}{USERNAME}/")


@contextmanager
def xandikos(folder: Path) -> Iterator[CalDavServer]:
    """Xandikos for one person (it asks for no password without TLS)."""
    port = free_port()
    command = [
        sys.executable, "-m", "xandikos", "serve", "-d", str(folder / "dav"), "--defaults",
        "--no-detect-systemd", "--current-user-principal", f"/{USERNAME}/", "-l", "127.0.0.1",
        "-p", str(port), "--state-dir", str(folder / "state"),
    ]  # fmt: skip
    root = f"http://127.0.0.1:{port}/"
    with _running(command, port):
        yield CalDavServer(name="xandikos", url=root, home=f"{root}{USERNAME}/calendars/")


@contextmanager
def _running(command: list[str], port: int, patience: float = 60.0) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(process, port, patience)
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait_for(process: subprocess.Popen[bytes], port: int, patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("server did not start in time")
