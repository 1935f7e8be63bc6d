"""When to try next. Pure; chance comes in as an argument (`jitter` in [0, 1))."""

from datetime import timedelta

LONGEST_PAUSE = timedelta(hours=1)
RECONNECT_PAUSE = timedelta(hours=6)
"""A refused password is tried again this rarely: servers lock people out, and some refuse while ill."""
DAILY = timedelta(hours=24)
DEBOUNCE = timedelta(seconds=2)
"""Notices of a change that come so soon after another one are answered together."""
SECOND_LOOK = timedelta(minutes=5)
UNSEEN = timedelta(seconds=20)
"""When an event that we wrote is not to be seen in the calendar: everything is compared so soon after."""
GIVE_UP_WRITING = timedelta(days=3)
_WRITE_PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
_SHORTEST_RENEWAL = timedelta(minutes=5)
_LINK_PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))


def next_read(interval_minutes: int, jitter: float) -> timedelta:
    """The pause after a good read: the interval, ten per cent more or less, so that calendars spread out."""
    return timedelta(minutes=max(interval_minutes, 1)) * (0.9 + 0.2 * jitter)


def comparison_age(spread: float) -> timedelta:
    """How old a whole comparison may be: 20 to 24 hours, by the calendar's own `spread` in [0, 1).

    Each calendar keeps its own period, so that those which were compared at the same time, as after an outage,
    drift apart from day to day.
    """
    return DAILY * (1 - spread / 6)


def read_pause(attempts: int, retry_after: float | None, jitter: float) -> timedelta:
    """The pause after `attempts` (at least 1) bad reads in a row: 1, 2, 4 … 60 minutes, ± 10 %.

    A server's own wish (`retry_after`, seconds) is obeyed up to an hour.
    """
    doubled = timedelta(minutes=2 ** min(max(attempts, 1) - 1, 6))
    return _obeying(min(doubled, LONGEST_PAUSE) * (0.9 + 0.2 * jitter), retry_after)


def write_pause(attempts: int, retry_after: float | None, jitter: float) -> timedelta:
    """The pause after `attempts` (at least 1) failed writes: 30 s, 2, 10, 30 min, 2 h, then 6 h."""
    pause = _WRITE_PAUSES[min(max(attempts, 1), len(_WRITE_PAUSES)) - 1]
    return _obeying(pause * (0.9 + 0.2 * jitter), retry_after)


def link_pause(looks: int) -> timedelta | None:
    """The pause after so many writings (at least 1) that brought no meeting link; None: it will not come."""
    return _LINK_PAUSES[looks - 1] if looks <= len(_LINK_PAUSES) else None


def renewal_pause(granted: timedelta) -> timedelta:
    """When to renew an order that stands for so long: half-way, so that a day without us costs nothing."""
    return max(granted / 2, _SHORTEST_RENEWAL)


def _obeying(pause: timedelta, retry_after: float | None) -> timedelta:
    if retry_after is None or not retry_after > 0:
        return pause
    return max(pause, min(timedelta(seconds=min(retry_after, 1e6)), LONGEST_PAUSE))
