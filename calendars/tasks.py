"""The calendars' background work: reading what changed, writing what is wanted, finishing disconnects."""

from __future__ import annotations

from datetime import datetime

from bookingsite import work
from calendars import closing
from calendars.sync import pull, push, trouble

READ = "calendars.read"
WRITE = "calendars.write"


def finish_closing(now: datetime) -> None:
    """Delete accounts whose events are gone, or that have waited long enough."""
    closing.finish_all(now)


work.register(
    work.Kind(READ, pull.due_calendars, pull.read, limit_seconds=pull.LIMIT_SECONDS, give_up_after=None)
)
work.register(
    work.Kind(WRITE, push.due_writes, push.write, limit_seconds=push.LIMIT_SECONDS, give_up_after=None)
)
work.register_tick("calendars.withheld", 60, trouble.tell_withheld)
work.register_tick("calendars.closing", 300, finish_closing)
