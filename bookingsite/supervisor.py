"""Runs the site's processes as groups, restarts what dies, and leaves nothing behind.

Each part (web, worker, …) is a process group of its own: a Ctrl-C in the terminal reaches only the
supervisor, and a group can be killed whole. Every child dies with its parent, so that even a SIGKILL
of the supervisor ends all of it. One thread, no shared state: nothing here can hang on a queue.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from bookingsite.lib.processes import die_with_parent

log = logging.getLogger(__name__)

LOOP = 0.25  # seconds
GRACE = 7.0  # seconds from the wish to stop until SIGKILL
LIVED = 30.0  # seconds after which a death counts as the first again
LONGEST_PAUSE = 30.0


@dataclass
class Group:
    """One part of the site: a command that runs as a process group and is started again when it ends."""

    name: str
    command: Sequence[str]
    environment: Callable[[], Mapping[str, str]] = dict
    """Extra environment, asked anew at each start."""
    pass_fds: Sequence[int] = ()
    log: Path | None = None
    """Where its output goes; None is the terminal."""
    before_stop: signal.Signals | None = None
    """Sent to the whole group before its leader is asked to end."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    deaths: int = field(default=0, init=False)
    start_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start the command in a group of its own."""
        supervisor = os.getpid()
        with self.log.open("ab") if self.log else nullcontext() as output:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=tuple(self.pass_fds),
                process_group=0,
                preexec_fn=lambda: die_with_parent(supervisor),  # noqa: PLW1509 - one thread here
            )
        self.started = time.monotonic()

    @property
    def is_running(self) -> bool:
        """Whether the group's leader lives."""
        return self.process is not None and self.process.poll() is None

    def bury(self) -> None:
        """The leader has ended: end the rest of its group and plan the next start."""
        code = self.process.returncode if self.process else None
        self.kill()
        self.process = None
        lived = time.monotonic() - self.started
        self.deaths = 1 if lived > LIVED else self.deaths + 1
        pause = min(2.0 ** (self.deaths - 1), LONGEST_PAUSE) if self.deaths > 1 else 0.5
        self.start_at = time.monotonic() + pause
        log.warning("%s ended (%s); starting it again in %.1f s.", self.name, code, pause)

    def ask_to_stop(self) -> None:
        """SIGTERM to the leader alone: it ends its children in order."""
        if self.process is None:
            return
        if self.before_stop:
            self._signal_group(self.before_stop)
        if self.is_running:
            self.process.terminate()

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        self._signal_group(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):  # macOS: "not permitted" for a group of zombies
            os.killpg(self.process.pid, number)


class Watcher(Protocol):
    """Looks after a running group; called at each turn of the supervisor's loop."""

    def look(self, group: Group) -> bool:
        """Whether all is well; False has the group replaced."""

    def started(self, group: Group) -> None:
        """The group was started."""


class Supervisor:
    """Keeps groups running until it is told to stop."""

    def __init__(self, groups: Sequence[Group], *, watchers: Mapping[str, Watcher] | None = None) -> None:
        self.groups = list(groups)
        self.watchers = dict(watchers or {})
        self._signals = 0

    def listen(self) -> None:
        """From now on SIGINT, SIGTERM and SIGHUP mean: stop everything. A second one: at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._signals > 0

    def start(self, group: Group) -> None:
        """Start one group and tell its watcher."""
        group.start()
        if group.name in self.watchers:
            self.watchers[group.name].started(group)

    def run(self, *, ready: Callable[[], bool] = lambda: True) -> None:
        """Start what does not run yet and keep it running until told to stop; then stop everything.

        `ready` is asked at each turn until it says yes (it announces the address).
        """
        announced = False
        try:
            while not self.is_stopping:
                self.turn()
                announced = announced or ready()
                time.sleep(LOOP)
        finally:
            self.stop()

    def turn(self) -> None:
        """One look at everything."""
        for group in self.groups:
            if group.process is None:
                if time.monotonic() >= group.start_at:
                    self.start(group)
            elif not group.is_running:
                group.bury()
            elif group.name in self.watchers and not self.watchers[group.name].look(group):
                log.error("%s does not answer; replacing all of its processes.", group.name)
                group.kill()
        self._reap_strangers()

    def stop(self) -> None:
        """Stop all groups: asked first, killed after `GRACE` seconds or at a second signal."""
        asked = self._signals
        deadline = time.monotonic() + GRACE
        for group in reversed(self.groups):
            group.ask_to_stop()
        while any(group.is_running for group in self.groups):
            if time.monotonic() > deadline or self._signals > max(asked, 1):
                break
            time.sleep(0.05)
        for group in self.groups:
            group.kill()

    def _reap_strangers(self) -> None:
        """As first process of a container: bury orphans that were handed to us."""
        if os.getpid() != 1:
            return
        ours = {group.process.pid for group in self.groups if group.process}
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in ours:
                return
            os.waitpid(ended.si_pid, 0)
