"""A real site under test: `manage.py start` in a folder of its own, and its processes by their role."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


def free_port() -> int:
    """A loopback port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The whole environment of a site whose data live in `folder`; nothing of this machine's settings."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if key in os.environ}
    return {
        **kept,
        "VAR_DIR": str(folder),
        "BOOKING_READ_ENV_FILES": "false",
        "DEBUG": "true",
        "SECRET_KEY": "proof-" + "k" * 50,
        "BOOKING_SECRETS_KEYS": "proof-secrets-key-0123456789",
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE, *, step: float = 0.1) -> float:
    """Wait until the condition holds; returns how long that took. Raises `TimeoutError`."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:.0f} s: {getattr(condition, '__name__', condition)}")
        time.sleep(step)
    return time.monotonic() - began


class Site:
    """`manage.py start` as a child process."""

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        self.env = env
        self.port = free_port()
        self.arguments = ["--bind", f"127.0.0.1:{self.port}", *arguments]
        self.log = Path(env["VAR_DIR"]) / "site.log"
        self.process: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the site to its end."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.env,
            cwd=ROOT,
            check=check,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )

    def start(self) -> None:
        """Start and wait until web and worker answer."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "start", *self.arguments],
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        wait_for(self.is_ready)

    def is_ready(self) -> bool:
        """Whether the web server answers and a worker gave a sign of life."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def interrupt(self) -> float:
        """One Ctrl-C; returns the seconds until everything has ended."""
        if self.process is None or self.process.poll() is not None:
            return 0.0
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE)
        return time.monotonic() - began

    # --- the processes, by role -------------------------------------------------------------------

    def supervisor(self) -> psutil.Process:
        """The process of `start`."""
        assert self.process is not None
        return psutil.Process(self.process.pid)

    def web(self) -> psutil.Process:
        """gunicorn's own process."""
        return next(child for child in self.supervisor().children() if "gunicorn" in child.cmdline())

    def parent(self) -> psutil.Process:
        """The leader of the worker group."""
        return next(child for child in self.supervisor().children() if child.cmdline()[-1:] == ["worker"])

    def sentinel(self) -> psutil.Process:
        """The queue's guard."""
        [sentinel] = self.parent().children()
        return sentinel

    def crew(self) -> list[psutil.Process]:
        """Workers, then monitor, then pusher: the order in which a fresh sentinel starts them."""
        return sorted(self.sentinel().children(), key=lambda process: process.pid)

    def living(self) -> list[psutil.Process]:
        """Every process of this site, wherever it hangs in the tree."""
        mark = self.env["VAR_DIR"]
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("VAR_DIR") == mark:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
        return [process for process in found if process.pid != os.getpid()]
