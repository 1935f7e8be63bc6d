"""What a process can be told by the system: die with its parent, die when a job takes too long."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """From now on the kernel kills this process when its parent, of this id, dies. Linux; elsewhere nothing.

    The parent may have died before the call: then the process ends here. A fork forgets the wish, an
    exec keeps it.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def forks_die_with_parent() -> None:
    """Every process that is forked from here on, at any depth, dies with the one that forked it."""
    forking: dict[str, int] = {}

    def remember() -> None:
        forking["parent"] = os.getpid()

    def bind() -> None:
        die_with_parent(forking["parent"])

    os.register_at_fork(before=remember, after_in_child=bind)


@contextmanager
def hard_limit(seconds: float) -> Iterator[None]:
    """The process dies (SIGALRM, default action) when the block takes longer, even inside C code.

    An alarm that was set before goes on afterwards. Only the main thread can be limited; elsewhere
    nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    remaining, _interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    began = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if remaining:
            signal.setitimer(signal.ITIMER_REAL, max(remaining - (time.monotonic() - began), 0.001))
