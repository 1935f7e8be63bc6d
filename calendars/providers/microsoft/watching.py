"""Standing orders at Graph: who is told that a calendar changed (SYNC 5, subscriptions)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from bookingsite.lib import clock
from calendars.providers import errors
from calendars.providers.base import Watch
from calendars.providers.microsoft.places import is_gone, stamp
from calendars.providers.microsoft.transport import GraphClient, Json

LONGEST = timedelta(minutes=10_080)
"""Graph's limit for events; a little less is asked for, because clocks differ."""
_MARGIN = timedelta(minutes=5)


class Watcher:
    """Orders and their ends, for one account. While an order is made, Graph calls its address and must get its
    token back: the site has to be able to answer meanwhile."""

    def __init__(self, graph: GraphClient) -> None:
        self._graph = graph

    def watch(
        self, calendar_id: str, *, address: str, secret: str, until: datetime, current: Watch | None
    ) -> Watch:
        """Prolong the current order where it still stands, make one otherwise."""
        expires = stamp(min(until, clock.now() + LONGEST - _MARGIN))
        if current is not None:
            renewed = self._renewed(current, expires)
            if renewed is not None:
                return renewed
        order = {
            "changeType": "created,updated,deleted",
            "notificationUrl": address,
            "lifecycleNotificationUrl": address,
            "resource": f"/me/calendars/{calendar_id}/events",
            "expirationDateTime": expires,
            "clientState": secret,
        }
        return _granted(self._graph.ask("POST", "subscriptions", body=order).checked())

    def unwatch(self, watch: Watch) -> None:
        """End an order; one that is not there any more is success."""
        answer = self._graph.ask("DELETE", _path(watch))
        if not is_gone(answer):
            answer.checked()

    def _renewed(self, current: Watch, expires: str) -> Watch | None:
        answer = self._graph.ask("PATCH", _path(current), body={"expirationDateTime": expires})
        return None if is_gone(answer) else _granted(answer.checked())


def _path(watch: Watch) -> str:
    return f"subscriptions/{quote(watch.channel_id, safe='')}"


def _granted(row: Json) -> Watch:
    """What Graph granted. Raises `ServerFailed` when it does not say."""
    try:
        ends = datetime.fromisoformat(str(row["expirationDateTime"])[:19]).replace(tzinfo=UTC)
        return Watch(channel_id=str(row["id"]), resource_id=str(row.get("resource") or ""), expires_at=ends)
    except (KeyError, ValueError):
        raise errors.ServerFailed("an order without its end") from None
