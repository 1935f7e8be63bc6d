"""The calendar server of the demo: Radicale, a development dependency, on a fixed loopback port."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from django.conf import settings

USERNAME = "demo"
PASSWORD = "demo-calendar"  # noqa: S105 - listens on the loopback address of a developer's machine only

_CONFIG = """[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""


def port() -> int:
    """Where it listens: `DEMO_CALDAV_PORT`, the same at each run, because accounts remember it."""
    return int(settings.DEMO_CALDAV_PORT)


def url() -> str:
    """Its address, as a host would type it."""
    return f"http://127.0.0.1:{port()}/"


def command() -> list[str]:
    """Write its configuration under `var/radicale` and return the command that runs it."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "users").write_text(f"{USERNAME}:{PASSWORD}\n", encoding="utf-8")
    (folder / "config").write_text(_CONFIG.format(port=port(), folder=folder), encoding="utf-8")
    return [sys.executable, "-m", "radicale", "--config", str(folder / "config")]


def log_file() -> Path:
    """Where its output goes."""
    return _folder() / "log"


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "radicale"


def is_answering() -> bool:
    """Whether something listens at its port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port())) == 0
