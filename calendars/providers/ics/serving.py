"""The reading process at work: cutting a feed into events, and saying what they mean."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from calendars.providers.errors import ProviderError, TooHeavy, TooLarge
from calendars.providers.ical import Budget, occurrences, split
from calendars.providers.ical.zone_names import named_zone
from calendars.providers.ics.wire import Ended, pack_reading, packed, read_frame, unpack_task, write_frame

MAX_REQUEST = 200_000_000
MAX_EVENTS = 25_000
MAX_LINES = 700_000
"""Lines take many times their length in memory; 10,000 events with everything in them have less than 400,000."""
MAX_OCCURRENCES = 250_000
"""Of one request: two and a half times what a year of 10,000 busy events comes to."""
MAX_ANSWER = 64_000_000
"""Bytes of one answer."""
PORTION = 500
"""Events told in one frame."""


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each request with frames; the last one of an answer says how it ended."""
    while True:
        try:
            request = read_frame(requests, MAX_REQUEST)
        except Ended:
            return
        try:
            size = 0
            for told in _answer(request):
                size += len(told)
                if size > MAX_ANSWER:
                    raise TooHeavy("answer")
                write_frame(answers, told)
            end: dict[str, Any] = {"end": True}
        except MemoryError:
            end = {"error": TooHeavy.code, "detail": "memory"}
        except ProviderError as error:
            end = {"error": error.code, "detail": error.detail}
        write_frame(answers, packed(end))


def _answer(request: bytes) -> Iterator[bytes]:
    head, _, rest = request.partition(b"\n")
    task = json.loads(head)
    return _cut(rest, task["known"]) if task["job"] == "cut" else _read(task)


def _cut(body: bytes, known: dict[str, str]) -> Iterator[bytes]:
    """Name and zone of the feed, then its events by UID; the content only of those that are not known."""
    if max(body.count(b"\n"), body.count(b"\r")) > MAX_LINES:
        raise TooLarge("lines")
    document = split(body, max_events=MAX_EVENTS)
    zone = named_zone(document.zone_name)
    yield packed({"name": document.name, "zone": zone.key if zone else ""})
    portion: list[list[str]] = []
    for group in document.groups():
        is_known = known.get(group.key) == group.digest
        portion.append([group.key, group.digest, *([] if is_known else [group.data.decode()])])
        if len(portion) == PORTION:
            yield packed(portion)
            portion = []
    yield packed(portion)


def _read(task: dict[str, Any]) -> Iterator[bytes]:
    """The readings of items, in their order. All of them share one budget of steps."""
    window, rules = unpack_task(task)
    budget = Budget()
    found = 0
    portion: list[dict[str, Any]] = []
    for data in task["items"]:
        reading = occurrences(
            data.encode(),
            window=window,
            default_zone=rules.default_zone,
            owner_emails=rules.owner_emails,
            budget=budget,
        )
        found += len(reading.occurrences)
        if found > MAX_OCCURRENCES:
            raise TooLarge("occurrences")
        portion.append(pack_reading(reading))
        if len(portion) == PORTION:
            yield packed(portion)
            portion = []
    yield packed(portion)
