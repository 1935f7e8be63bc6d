"""What the queue calls: one function, which says "drain" (invariant 4)."""

from __future__ import annotations

from bookingsite import work


def drain() -> int:
    """Do what is due, in a worker process; returns how many rows. Rings again when time was short."""
    drained = work.drain(guarded=True)
    if drained.more:
        work.ring()
    return drained.rows
