"""The one place that reads the clock (invariant 6). Everywhere else `now` is an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
