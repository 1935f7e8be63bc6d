"""Why a start is not offered, as codes. Sentences for people are made where people are, not here."""

from dataclasses import dataclass
from enum import StrEnum

from availability.engine.spans import Span


class Code(StrEnum):
    """The closed set of reasons."""

    PAST = "past"
    TOO_SOON = "too_soon"
    RANGE = "range"
    HOURS = "hours"
    TIME_OFF = "time_off"
    DAY_LIMIT = "day_limit"
    CALENDAR = "calendar"
    BOOKING = "booking"
    BUFFER = "buffer"
    GRID = "grid"


class Source(StrEnum):
    """Which sequence of the question ``Reason.index`` points into."""

    BUSY = "busy"
    CLAIMS = "claims"
    CLOSED = "closed"


@dataclass(frozen=True)
class Reason:
    """One thing that closes a start.

    ``span`` is the stretch of time to name to a person where there is one: the event, the time off, the full
    day,
    ``[now, now + notice)``, the bookable range. With ``source`` and ``index`` the caller finds its own row
    again.
    """

    code: Code
    span: Span | None = None
    source: Source | None = None
    index: int | None = None
