"""How often one address or person may do something: a counter in the cache, per fixed window."""

from __future__ import annotations

from typing import Protocol


class Counter(Protocol):
    """The part of Django's cache that is needed."""

    def add(self, key: str, value: int, timeout: int) -> bool: ...
    def incr(self, key: str) -> int: ...


def exceeded(cache: Counter, *, name: str, who: str, limit: int, seconds: int, now: float) -> bool:
    """Count one more use and say whether it is over `limit` in this window of `seconds`.

    Two requests at the same moment may be counted as one by caches without an atomic `incr`; for a
    limit of this kind that is good enough.
    """
    slot = int(now) // seconds
    key = f"rate:{name}:{who}:{slot}"
    if cache.add(key, 1, timeout=seconds):
        return limit < 1
    try:
        return cache.incr(key) > limit
    except ValueError:  # it expired between the two calls
        return False
