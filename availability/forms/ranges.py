"""Rows of from and to: as many ranges a day as somebody wants, kept as typed until they are right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from availability.editing import RANGES_A_DAY, checked_ranges
from availability.engine.spans import Span
from availability.fields import MinuteOfDayFormField

_START = MinuteOfDayFormField(required=False)
_END = MinuteOfDayFormField(required=False, is_end=True)
_MOST_ROWS = RANGES_A_DAY + 4


@dataclass
class Row:
    """One range as it was typed. `name` is the stem of both inputs' names and ids."""

    name: str
    start: str = ""
    end: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed."""
        return not (self.start.strip() or self.end.strip())


@dataclass
class Problem:
    """A line of the error summary: a sentence and the id of the input it is about."""

    anchor: str
    text: str


class DayRanges:
    """The ranges of one day in a form: inputs `<prefix>-<n>-from` and `<prefix>-<n>-to`.

    Blank rows are no ranges. `cleaned` holds the ranges once `is_valid` said yes.
    """

    def __init__(self, prefix: str, label: str, rows: Iterable[Row]) -> None:
        self.prefix = prefix
        self.label = label
        self.rows = list(rows)
        self.errors: list[str] = []
        self.cleaned: tuple[Span, ...] = ()

    @classmethod
    def of(cls, prefix: str, label: str, ranges: Sequence[Span]) -> DayRanges:
        """The day as stored."""
        day = cls(prefix, label, ())
        for start, end in ranges:
            day.add(str(_START.prepare_value(start)), str(_END.prepare_value(end)))
        return day

    @classmethod
    def typed(cls, prefix: str, label: str, data: Mapping[str, str]) -> DayRanges:
        """The day as posted, blank rows left out, in the order of the page."""
        pattern = re.compile(rf"{re.escape(prefix)}-(\d{{1,4}})-(?:from|to)")
        numbers = sorted({int(found[1]) for found in map(pattern.fullmatch, data) if found})
        day = cls(prefix, label, ())
        for number in numbers[:_MOST_ROWS]:
            stem = f"{prefix}-{number}"
            row = Row(stem, data.get(f"{stem}-from", "")[:20], data.get(f"{stem}-to", "")[:20])
            if not row.is_blank:
                day.rows.append(row)
        return day

    def add(self, start: str = "", end: str = "") -> None:
        """One more row, blank by default."""
        self.rows.append(Row(f"{self.prefix}-{self._next_number()}", start, end))

    @property
    def shown(self) -> list[Row]:
        """The rows to show: a closed day has a blank one to type into."""
        return self.rows or [Row(f"{self.prefix}-0")]

    def copy_from(self, other: DayRanges) -> None:
        """Take over another day's rows as they were typed."""
        self.rows = []
        for row in other.rows:
            self.add(row.start, row.end)

    def is_valid(self) -> bool:
        """Read every row and check them together; errors stand at their row or at the day."""
        spans = [span for span in map(_read, self.rows) if span]
        if any(row.errors for row in self.rows):
            return False
        try:
            self.cleaned = checked_ranges(spans, day=self.label)
        except ValidationError as error:
            self.errors = error.messages
        return not self.errors

    def problems(self) -> list[Problem]:
        """Every error with the input to go to."""
        found = [
            Problem(f"{row.name}-from", f"{self.label}: {error}") for row in self.rows for error in row.errors
        ]
        anchor = f"{self.shown[0].name}-from"
        return found + [Problem(anchor, error) for error in self.errors]

    def _next_number(self) -> int:
        return max((int(row.name.rsplit("-", 1)[1]) for row in self.rows), default=-1) + 1


def _read(row: Row) -> Span | None:
    """The row as minutes; None and an error at the row where that cannot be."""
    if row.is_blank:
        return None
    try:
        start, end = _START.clean(row.start), _END.clean(row.end)
    except ValidationError as error:
        row.errors = error.messages
        return None
    if start is None or end is None:
        row.errors = [_("Give both ends of the range.")]
        return None
    if end <= start:
        row.errors = [_("The end must be later than the start.")]
        return None
    return (start, end)
