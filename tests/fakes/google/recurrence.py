"""Instances of a series, in the plainest way: what tests need, not what calendars hold."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rruleset, rrulestr

FAR = datetime(2029, 1, 1, tzinfo=UTC)
_INSTANCE = re.compile(r"(.+)_(\d{8}(?:T\d{6}Z)?)")


def instance_parts(event_id: str) -> tuple[str, str]:
    """The master's id and the original start out of an instance's id; both empty for others."""
    found = _INSTANCE.fullmatch(event_id)
    return (found[1], found[2]) if found else ("", "")


def moment(side: dict[str, str]) -> datetime:
    """The instant of a start or end; whole days in UTC."""
    text = side.get("dateTime") or side["date"]
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(side.get("timeZone") or "UTC"))
    return found.astimezone(UTC)


def end_of(event: dict[str, Any]) -> datetime:
    """When the event ends; a series at its last instance, or never."""
    if event.get("recurrence"):
        return max((moment(one["end"]) for one in instances(event)), default=moment(event["end"]))
    return moment(event["end"])


def is_after(event: dict[str, Any], bound: str | None, by: str = "end") -> bool:
    """Whether the event ends (or starts) after the bound of a list request."""
    if not bound or "start" not in event:
        return True
    limit = datetime.fromisoformat(bound.replace("Z", "+00:00"))
    return end_of(event) > limit if by == "end" else moment(event["start"]) >= limit


def instances(
    master: dict[str, Any], low: str | None = None, high: str | None = None
) -> Iterator[dict[str, Any]]:
    """The instances between two bounds, each with its own id."""
    start, length = moment(master["start"]), moment(master["end"]) - moment(master["start"])
    all_day = "date" in master["start"]
    zone = ZoneInfo("UTC" if all_day else master["start"].get("timeZone") or "UTC")
    first = datetime.fromisoformat(low.replace("Z", "+00:00")) if low else start
    last = datetime.fromisoformat(high.replace("Z", "+00:00")) if high else FAR
    for local in _rules(master["recurrence"], start.astimezone(zone)):
        begins = local.astimezone(UTC)
        if begins >= last:
            return
        if begins + length > first:
            yield _instance(master, begins, length, zone, all_day)


def _rules(lines: list[str], start: datetime) -> Any:
    found = rruleset()
    found.rdate(start)  # the start is the first instance, also where the rule would not have it
    for line in lines:
        if line.startswith("RRULE:"):
            found.rrule(_rule(line, start))
        elif line.startswith(("EXDATE", "RDATE")):
            for value in line.rpartition(":")[2].split(","):
                (found.exdate if line.startswith("EX") else found.rdate)(_date(value, start))
    return found


def _rule(line: str, start: datetime) -> Any:
    return rrulestr(line, dtstart=start, ignoretz=False)


def _date(value: str, start: datetime) -> datetime:
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(start.tzinfo)
    form = "%Y%m%dT%H%M%S" if "T" in value else "%Y%m%d"
    return datetime.strptime(value, form).replace(tzinfo=start.tzinfo)


def _instance(
    master: dict[str, Any], begins: datetime, length: timedelta, zone: ZoneInfo, all_day: bool
) -> dict[str, Any]:
    name = begins.strftime("%Y%m%d" if all_day else "%Y%m%dT%H%M%SZ")
    sides = {"start": begins, "end": begins + length}
    said = {side: _side(when, zone, all_day) for side, when in sides.items()}
    kept = {key: value for key, value in master.items() if key != "recurrence"}
    return {
        **kept,
        **said,
        "id": f"{master['id']}_{name}",
        "recurringEventId": master["id"],
        "originalStartTime": said["start"],
    }


def _side(when: datetime, zone: ZoneInfo, all_day: bool) -> dict[str, str]:
    if all_day:
        return {"date": when.date().isoformat()}
    return {"dateTime": when.astimezone(zone).isoformat(), "timeZone": zone.key}
