"""The slot engine a second time, slow and obvious: one cell for each minute of real time.

It shares no code with the engine. Everything in the question has to lie on whole minutes.
"""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from availability.engine import Question

MINUTE = 60


class Oracle:
    """Answers one question by looking at single minutes."""

    def __init__(self, question: Question) -> None:
        self.q = question
        self.clock = ZoneInfo(question.hours.zone)
        self.busy = {m for start, end in question.busy for m in range(start, end, MINUTE)}
        self.closed = {m for start, end in question.closed for m in range(start, end, MINUTE)}
        self.cores = {m for start, end, _, _ in question.claims for m in range(start, end, MINUTE)}
        self.padded = {m for _, _, start, end in question.claims for m in range(start, end, MINUTE)}
        self.ranges: dict[int, tuple[date, int] | None] = {}

    def slots(self) -> list[int]:
        """Every minute of the window that is a start."""
        return [start for start in range(*self.q.window, MINUTE) if self.offers(start)]

    def offers(self, start: int) -> bool:
        """Whether an appointment may start at this minute."""
        q = self.q
        itself = range(start, start + q.duration, MINUTE)
        with_buffers = range(start - q.before, start + q.duration + q.after, MINUTE)
        return (
            self.range_at(start) is not None
            and self.fits_grid(start)
            and start >= q.now
            and start - q.now >= q.notice
            and (q.bookable is None or (q.bookable[0] <= start < q.bookable[1]))
            and not self.day_is_full(start)
            and all(self.range_at(minute) is not None for minute in itself)
            and self.closed.isdisjoint(itself)
            and self.padded.isdisjoint(itself)
            and self.busy.isdisjoint(with_buffers)
            and self.cores.isdisjoint(with_buffers)
        )

    def range_at(self, minute: int) -> tuple[date, int] | None:
        """Date and first minute of the range the wall clock is in; None where it is closed."""
        if minute not in self.ranges:
            self.ranges[minute] = self._range_at(minute)
        return self.ranges[minute]

    def _range_at(self, minute: int) -> tuple[date, int] | None:
        shown = datetime.fromtimestamp(minute, self.clock)
        ranges = self.q.hours.weekly[shown.weekday()]
        if shown.date() in self.q.hours.dates:
            ranges = self.q.hours.dates[shown.date()]
        open_minutes = _minutes(ranges)
        of_day = shown.hour * 60 + shown.minute
        if of_day not in open_minutes:
            return None
        while of_day - 1 in open_minutes:
            of_day -= 1
        return shown.date(), of_day

    def fits_grid(self, start: int) -> bool:
        step = self.q.step // MINUTE
        if 60 % step == 0:
            return datetime.fromtimestamp(start, self.clock).minute % step == 0
        here = self.range_at(start)
        elapsed = 0
        while self.range_at(start - (elapsed + 1) * MINUTE) == here:
            elapsed += 1
        return elapsed % step == 0

    def day_is_full(self, start: int) -> bool:
        if self.q.daily_limit is None:
            return False
        local = datetime(1970, 1, 1) + timedelta(seconds=start)
        local += datetime.fromtimestamp(start, ZoneInfo(self.q.zone)).utcoffset() or timedelta()
        return self.q.per_day.get(local.date(), 0) >= self.q.daily_limit


@cache
def _minutes(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    return {minute for start, end in ranges for minute in range(start, end)}
