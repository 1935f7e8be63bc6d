"""The log as a file: a table for spreadsheets, or plain lines; written row by row, however long it is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC

from calendars.models import LogEntry

COLUMNS = ("when", "work", "calendar", "verb", "target", "result", "milliseconds", "bytes", "request")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cells(entry: LogEntry) -> list[str]:
    """One entry in the order of `COLUMNS`; the instant in UTC. Names are those of machines, not translated."""
    return [
        f"{entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        entry.job,
        entry.calendar,
        entry.verb,
        entry.target,
        entry.result,
        str(entry.duration),
        str(entry.size),
        entry.request_id,
    ]


def csv_rows(entries: Iterable[LogEntry]) -> Iterator[str]:
    """Lines of a CSV file (RFC 4180) in which no cell is a formula."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for entry in entries:
        yield writer.writerow([_as_text(cell) for cell in cells(entry)])


def text_rows(entries: Iterable[LogEntry]) -> Iterator[str]:
    """One line an entry, fields apart by tabs."""
    yield "\t".join(COLUMNS) + "\n"
    for entry in entries:
        yield "\t".join(" ".join(cell.split()) or "-" for cell in cells(entry)) + "\n"


def _as_text(cell: str) -> str:
    """Calendars are named by people, maybe others: a spreadsheet must not take a name for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


class _Echo:
    """Hands each written line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line
