"""From raw items to busy times in the horizon, without tables and without network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from calendars.providers.base import Provider, RawItem, Reading, ReadingRules, Window
from calendars.sync.blocking import Switches
from calendars.sync.plan import digest


class Times(NamedTuple):
    """One busy row without its item, instants in epoch seconds."""

    start: int
    end: int
    status: str
    all_day: bool
    unanswered: bool
    blocks: bool


@dataclass(frozen=True, slots=True)
class Expanded:
    """An item and what it means. `is_partial`: some of it could not be read, so known times must stay."""

    raw: RawItem
    digest: str
    uid: str
    summary: str
    warning: str
    times: frozenset[Times]
    is_partial: bool
    first: tuple[datetime, datetime] | None = None
    marker: str = ""


def horizon(now: datetime) -> Window:
    """The span that is kept expanded: from yesterday to as far as anything can be booked."""
    return now - timedelta(days=1), now + timedelta(days=settings.CALENDAR_HORIZON_DAYS)


def expand(
    provider: Provider, items: Iterable[RawItem], *, window: Window, rules: ReadingRules, switches: Switches
) -> Iterator[Expanded]:
    """What the items mean; broken ones give warnings. Raises what `Provider.readings` raises."""
    items = list(items)
    readings = provider.readings(items, window=window, rules=rules)
    for item, reading in zip(items, readings, strict=True):
        yield _expanded(item, reading, switches)


def _expanded(item: RawItem, reading: Reading, switches: Switches) -> Expanded:
    first = reading.occurrences[0] if reading.occurrences else None
    return Expanded(
        raw=item,
        digest=digest(item.data),
        uid=_storable(reading.uid)[:255],
        summary=_storable(first.summary)[:200] if first else "",
        warning=reading.warnings[0][:40] if reading.warnings else "",
        times=frozenset(_times(reading, switches)),
        is_partial=reading.bad > 0,
        first=(first.start, first.end) if first else None,
        marker=_storable(reading.marker)[:36],
    )


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL in text, and lone surrogates are no UTF-8."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def _times(reading: Reading, switches: Switches) -> Iterator[Times]:
    for one in reading.occurrences:
        yield Times(
            start=int(one.start.timestamp()),
            end=_second_up(one.end),
            status=one.status.value,
            all_day=one.all_day,
            unanswered=one.unanswered,
            blocks=switches.block(one.status, all_day=one.all_day, unanswered=one.unanswered),
        )


def _second_up(instant: datetime) -> int:
    """Whole seconds, never cutting busy time short."""
    return int(instant.timestamp()) + (1 if instant.microsecond else 0)
