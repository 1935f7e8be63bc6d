"""The calendars' background work: reading what changed, writing what is wanted, keeping push channels,
finishing disconnects."""

from __future__ import annotations

from datetime import datetime

from bookingsite import work
from calendars import closing
from calendars.log import keeping
from calendars.sync import channels, pull, push, trouble

READ = "calendars.read"
WRITE = "calendars.write"
WATCH = "calendars.watch"


def finish_closing(now: datetime) -> None:
    """Delete accounts whose events are gone, or that have waited long enough."""
    closing.finish_all(now)


work.register(
    work.Kind(
        READ,
        pull.due_calendars,
        pull.read,
        limit_seconds=pull.LIMIT_SECONDS,
        give_up_after=None,
        is_awaited=pull.is_awaited,
    )
)
work.register(
    work.Kind(WRITE, push.due_writes, push.write, limit_seconds=push.LIMIT_SECONDS, give_up_after=None)
)
work.register(
    work.Kind(
        WATCH, channels.due_channels, channels.keep, limit_seconds=channels.LIMIT_SECONDS, give_up_after=None
    )
)
work.register_tick("calendars.channels", 300, channels.ensure)
work.register_tick("calendars.withheld", 60, trouble.tell_withheld)
work.register_tick("calendars.closing", 300, finish_closing)
work.register_tick("calendars.log", 600, keeping.prune)
