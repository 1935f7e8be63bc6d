"""Everything the engine needs to know to offer times for one host and one kind of appointment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from availability.engine.hours import Hours, open_spans
from availability.engine.local_time import EARLIEST, LATEST
from availability.engine.spans import Span

Claim = tuple[int, int, int, int]
"""A booking of ours: (start, end, padded start, padded end), padded by the buffers it was booked with."""


class BadQuestion(ValueError):
    """A question without an answer: a duration or step that is not positive, a time off the calendar."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, complete: the answer depends on nothing else (no clock, no database, no server zone).

    Instants are epoch seconds, lengths are seconds, spans are half-open. Raises ``BadQuestion``.

    ``window``     starts are wanted in it; appointments may end after it
    ``duration``, ``step``     length of the appointment; distance between starts (A8)
    ``before``, ``after``      buffers of the new appointment (A10)
    ``hours``      opening hours; their zone's clock is the grid's clock
    ``busy``       outside events, in any order, overlapping or not; load them for ``reach(...)``
    ``claims``     bookings of ours with their own buffers
    ``closed``     time off and closing rules (A3, A4): no buffer is kept from them
    ``notice``     a start is at least so far after ``now`` (A7)
    ``bookable``   span the start has to lie in (A6), see ``rules.window``; None for no limit
    ``daily_limit``, ``per_day``, ``zone``   at most so many a day (A9), and what dates of ``zone`` have
    """

    now: int
    window: Span
    duration: int
    step: int
    hours: Hours
    zone: str
    before: int = 0
    after: int = 0
    busy: Sequence[Span] = ()
    claims: Sequence[Claim] = ()
    closed: Sequence[Span] = ()
    notice: int = 0
    bookable: Span | None = None
    daily_limit: int | None = None
    per_day: Mapping[date, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.duration <= 0 or self.step <= 0:
            raise BadQuestion("duration and step must be positive")
        if min(self.before, self.after, self.notice) < 0:
            raise BadQuestion("buffers and notice cannot be negative")
        start, end = self.window
        if not EARLIEST <= start < end <= LATEST:
            raise BadQuestion("the window must be a span of the calendar")

    @cached_property
    def open(self) -> list[Span]:
        """Open spans where an appointment asked for could lie, one for each range (see ``open_spans``)."""
        start, end = self.window
        return open_spans(self.hours, start, end + self.duration)


def reach(window: Span, *, duration: int, before: int, after: int) -> Span:
    """What to load: ``busy`` and ``closed`` that overlap this span, and claims whose padded span does."""
    return (window[0] - before, window[1] + duration + after)
