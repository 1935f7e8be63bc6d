"""Standing orders to be told of changes (SYNC 4.2). Google cannot prolong one: a new one comes, the old one goes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from calendars.providers import errors
from calendars.providers.base import Watch
from calendars.providers.google.transport import Api, Refused

NOT_UNIQUE = "channelIdNotUnique"


def watch(
    api: Api, calendar_id: str, *, address: str, channel_id: str, secret: str, until: datetime
) -> Watch:
    """Order notices. A name that is taken already (an answer that was lost) is changed for another."""
    order = partial(_ordered, api, calendar_id, address=address, secret=secret, until=until)
    try:
        return order(channel_id=channel_id)
    except Refused as no:
        if NOT_UNIQUE not in no.reasons:
            raise no.error() from None
    try:
        return order(channel_id=str(uuid5(NAMESPACE_URL, f"{channel_id} {until.isoformat()}")))
    except Refused as no:
        raise no.error() from None


def unwatch(api: Api, order: Watch) -> None:
    """Stop a channel; one that ran out is stopped already."""
    try:
        api.ask(api.channels.stop(body={"id": order.channel_id, "resourceId": order.resource_id}))
    except Refused as no:
        if not no.is_gone:
            raise no.error() from None


def _ordered(
    api: Api, calendar_id: str, *, address: str, channel_id: str, secret: str, until: datetime
) -> Watch:
    body = {
        "id": channel_id,
        "type": "web_hook",
        "address": address,
        "token": secret,
        "expiration": str(int(until.timestamp() * 1000)),
    }
    answer = api.ask(api.events.watch(calendarId=calendar_id, body=body))
    try:
        ends = (
            datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC) if "expiration" in answer else until
        )
        return Watch(str(answer["id"]), str(answer["resourceId"]), ends)
    except (LookupError, ValueError, TypeError, OverflowError, OSError):
        raise errors.ServerFailed("no channel") from None
