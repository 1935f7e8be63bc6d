"""What a calendar resource means in a window: the occurrences of its events.

Nothing in here raises for broken content. An event that cannot be read is counted as bad and warned about, a
recurrence that cannot be read keeps its first instance, and the events beside it are read all the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from calendars.providers.base import Occurrence, Reading, Window
from calendars.providers.errors import NotACalendar, TooLarge
from calendars.providers.ical.events import Event, Unplaced, read_event
from calendars.providers.ical.series import Dates, Slot, expand
from calendars.providers.ical.split import Document, split
from calendars.providers.ical.values import EARLIEST, LATEST, Moment, shifted, wall
from calendars.providers.ical.walking import Budget
from calendars.providers.ical.zones import Zones, first_known_zone

EVENT_UNREADABLE = "event_unreadable"
NO_START = "no_start"
MAX_SHIFT = timedelta(days=400)


def occurrences(
    data: bytes,
    *,
    window: Window,
    default_zone: str = "UTC",
    owner_emails: frozenset[str] = frozenset(),
    budget: Budget | None = None,
) -> Reading:
    """Read iCalendar bytes: every occurrence that touches ``window``, ordered by start.

    ``default_zone`` (IANA) is where floating times and whole days belong when the document names no zone
    itself. ``owner_emails`` (lower case) find the owner's own answer to an invitation. A shared ``budget``
    bounds the work over many resources of one source.

    Warnings: ``not_a_calendar``, ``too_large``, ``event_unreadable``, ``no_start``, ``end_unreadable``,
    ``rule_unreadable``, ``rule_dense``, ``rule_cut``, ``count_ignored``, ``date_unreadable``,
    ``zone_unknown``, ``zone_guessed``.
    """
    try:
        document = split(data)
    except (NotACalendar, TooLarge) as error:
        return Reading(warnings=(error.code,), bad=1)
    budget = budget or Budget()
    zones = Zones(document.zones, first_known_zone(document.zone_name, default_zone), budget)
    return _Reader(zones, window, owner_emails, budget).read(document)


def assembled(events: Iterable[Event], *, zones: Zones, window: Window) -> Reading:
    """What events that share a UID mean together, for providers whose events are no iCalendar: a series with
    its exceptions, expanded under the same limits as everything else. Warnings as for `occurrences`."""
    events = list(events)
    reader = _Reader(zones, window, frozenset(), Budget())
    reader.warnings.update(*(event.warnings for event in events))
    return reader.assembled([events])


class _Reader:
    """Reads one document; holds what every event in it shares."""

    def __init__(self, zones: Zones, window: Window, owner_emails: frozenset[str], budget: Budget) -> None:
        self.zones = zones
        self.window = window
        self.owner_emails = owner_emails
        self.budget = budget
        self.warnings: set[str] = set()
        self.bad = 0

    def read(self, document: Document) -> Reading:
        uids = document.by_uid().values()
        reading = self.assembled([event for one in lines if (event := self._event(one))] for lines in uids)
        if document.method == "CANCEL":
            return replace(reading, occurrences=(), cancelled=True)
        return reading

    def assembled(self, groups: Iterable[list[Event]]) -> Reading:
        """What the events of each UID mean together."""
        found: list[Occurrence] = []
        main: Event | None = None
        for events in groups:
            found += self._group(events)
            if main is None and events:
                main = next((event for event in events if event.recurrence_id is None), events[0])
        found.sort(key=lambda one: one.start)
        return Reading(
            occurrences=tuple(found),
            warnings=tuple(sorted(self.warnings | self.zones.warnings)),
            uid=main.uid if main else "",
            private_id=main.private_id if main else "",
            sequence=main.sequence if main else 0,
            cancelled=bool(main and main.standing.cancelled),
            bad=self.bad,
        )

    def _event(self, lines: tuple[str, ...]) -> Event | None:
        try:
            event = read_event(lines, self.zones, self.owner_emails)
        except Unplaced:
            self.warnings.add(NO_START)
        except (ValueError, OverflowError, LookupError):
            self.warnings.add(EVENT_UNREADABLE)
        else:
            self.warnings |= event.warnings
            return event
        self.bad += 1
        return None

    def _group(self, events: list[Event]) -> list[Occurrence]:
        """Put together what shares a UID: masters are independent of each other, exceptions change their
        masters."""
        if len(events) == 1 and not events[0].repeats:
            return list(self._single(events[0]))
        exceptions = _latest(event for event in events if event.recurrence_id is not None)
        found: list[Occurrence] = []
        for master in _latest(event for event in events if event.recurrence_id is None):
            try:
                found += self._series(master, exceptions)
            except (ValueError, OverflowError, LookupError):
                self.warnings.add(EVENT_UNREADABLE)
                found += self._single(master)
        for exception in exceptions:
            found += self._single(exception)
        return found

    def _single(self, event: Event) -> Iterator[Occurrence]:
        name = _instance_name(event.recurrence_id) if event.recurrence_id else ""
        yield from self._occurrence(event, Slot(event.start), name)

    def _series(self, master: Event, exceptions: list[Event]) -> Iterator[Occurrence]:
        replaced = Dates(master.start)
        onwards = []
        for exception in exceptions:
            if exception.recurrence_id is not None:
                replaced.add(exception.recurrence_id)
                if exception.onwards:
                    onwards.append(exception)
        margin = max((abs(_shift(exception)) for exception in onwards), default=timedelta())
        expansion = expand(master, self.window, self.zones, self.budget, margin=min(margin, MAX_SHIFT))
        self.warnings |= expansion.warnings
        for slot in expansion.slots:
            if slot.start not in replaced:
                name = _instance_name(slot.start) if master.repeats else ""
                event, moved = _as_changed(master, slot, onwards)
                yield from self._occurrence(event, moved, name)
        for start, end in expansion.solid:
            yield from self._block(master, start, end, "solid", master.start)

    def _occurrence(self, event: Event, slot: Slot, name: str) -> Iterator[Occurrence]:
        if event.status is None:
            return
        start, end = event.span(slot.start)
        yield from self._block(event, start, slot.end or end, name, slot.start)

    def _block(
        self, event: Event, start: datetime, end: datetime, name: str, local: Moment
    ) -> Iterator[Occurrence]:
        if event.status is None or start >= self.window[1] or end <= self.window[0] or end <= start:
            return
        whole_days = event.start.all_day and name != "solid"
        yield Occurrence(
            start=max(start, EARLIEST),
            end=min(end, LATEST),
            status=event.status,
            uid=event.uid,
            summary=event.summary,
            recurrence=name,
            all_day=whole_days,
            first_day=local.day if whole_days else None,
            end_day=shifted(local.local, event.nominal).date() if whole_days else None,
            unanswered=event.standing.unanswered,
            zone="UTC" if local.zone is UTC else getattr(local.zone, "key", ""),
            location=event.location,
            geo=event.geo,
            private_id=event.private_id,
        )


def _latest(events: Iterable[Event]) -> list[Event]:
    """Keep one of several events that say the same thing about the same start: the latest, then the
    longest."""
    chosen: dict[object, Event] = {}
    for event in events:
        named = event.recurrence_id or event.start
        key = (named.utc, named.all_day, event.onwards)
        other = chosen.get(key)
        if other is None or (event.sequence, event.nominal) >= (other.sequence, other.nominal):
            chosen[key] = event
    return list(chosen.values())


def _as_changed(master: Event, slot: Slot, onwards: list[Event]) -> tuple[Event, Slot]:
    """Apply the last "this and all following" exception before an instance (RFC 5545, 3.8.4.4)."""
    instant = slot.start.utc
    before = [event for event in onwards if event.recurrence_id and event.recurrence_id.utc <= instant]
    if not before:
        return master, slot
    change = max(before, key=lambda event: event.recurrence_id.utc if event.recurrence_id else EARLIEST)
    moved = shifted(slot.start.local, _shift(change))
    return change, Slot(change.start._replace(local=moved))


def _shift(exception: Event) -> timedelta:
    """How far an exception lies from the instance it stands for, on the clock."""
    original = exception.recurrence_id or exception.start
    if original.zone is exception.start.zone or original.all_day or exception.start.all_day:
        return exception.start.local - original.local
    return exception.start.local - wall(original.utc, exception.start.zone)


def _instance_name(start: Moment) -> str:
    """Name an instance by its original start: the day, or the instant in UTC (both in basic form)."""
    return start.local.strftime("%Y%m%d") if start.all_day else start.utc.strftime("%Y%m%dT%H%M%SZ")
