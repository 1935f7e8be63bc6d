"""Subscriptions and the notices they send, over real HTTP."""

from __future__ import annotations

import json
import queue
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.fakes.microsoft.faults import Refusal

LONGEST = timedelta(minutes=10_080)


@dataclass
class Subscription:
    """A standing order."""

    id: str
    email: str
    fields: dict[str, Any]
    expires_at: datetime
    immutable: bool = False

    def shown(self) -> dict[str, Any]:
        """As Graph tells it; the client state is kept to itself."""
        told = {name: value for name, value in self.fields.items() if name != "clientState"}
        return {**told, "id": self.id, "expirationDateTime": _text(self.expires_at)}


@dataclass
class Notices:
    """The subscriptions of all mailboxes. `copies` sends every notice so often; `hold` collects them until
    `release`, which may turn their order round."""

    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    copies: int = 1
    hold: bool = False
    sent: list[dict[str, Any]] = field(default_factory=list)
    """What was delivered, in order."""
    _held: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _waiting: queue.Queue[tuple[str, dict[str, Any]] | None] = field(default_factory=queue.Queue)
    _post: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver."""
        self._post = threading.Thread(target=self._deliver_all, daemon=True)
        self._post.start()

    def stop(self) -> None:
        """Deliver what waits, and end."""
        self._waiting.put(None)
        if self._post is not None:
            self._post.join(timeout=5)

    def create(self, email: str, body: dict[str, Any], *, now: datetime, immutable: bool) -> Subscription:
        """A new order, once both addresses have answered the handshake. Raises `Refusal`."""
        expires_at = self._expiry(body, now)
        if "calendars/" not in body.get("resource", "") or not body.get("notificationUrl"):
            raise Refusal(400, "ExtensionError", "resource and notificationUrl are required.")
        for address in {body["notificationUrl"], body.get("lifecycleNotificationUrl") or ""} - {""}:
            shake_hands(address)
        made = Subscription(f"sub-{secrets.token_hex(8)}", email, dict(body), expires_at, immutable)
        self.subscriptions[made.id] = made
        return made

    def renew(self, subscription_id: str, email: str, body: dict[str, Any], now: datetime) -> Subscription:
        """Prolong an order. Raises `Refusal`."""
        found = self.find(subscription_id, email, now)
        found.expires_at = self._expiry(body, now)
        return found

    def find(self, subscription_id: str, email: str, now: datetime) -> Subscription:
        """An order of this mailbox that has not run out. Raises `Refusal`."""
        found = self.subscriptions.get(subscription_id)
        if found is None or found.email != email or found.expires_at <= now:
            raise Refusal(404, "ResourceNotFound", "The object was not found.")
        return found

    def changed(self, email: str, calendar_id: str, event_id: str, change: str) -> None:
        """Tell whoever watches this calendar."""
        for one in list(self.subscriptions.values()):
            if one.email == email and f"calendars/{calendar_id}/" in one.fields["resource"]:
                told = {**_envelope(one), "changeType": change, "resourceData": {"id": event_id}}
                told["resource"] = f"Users/{email}/Events/{event_id}"
                self._send(one.fields["notificationUrl"], told)

    def lifecycle(self, subscription_id: str, event: str) -> None:
        """Send `reauthorizationRequired`, `subscriptionRemoved` or `missed`; a removed one is gone then."""
        one = self.subscriptions[subscription_id]
        if event == "subscriptionRemoved":
            del self.subscriptions[subscription_id]
        address = one.fields.get("lifecycleNotificationUrl")
        if address:
            self._send(address, {**_envelope(one), "lifecycleEvent": event})

    def release(self, *, backwards: bool = False) -> None:
        """Send what was held."""
        held, self._held, self.hold = self._held, [], False
        for one in reversed(held) if backwards else held:
            self._waiting.put(one)

    def settle(self) -> None:
        """Wait until everything was delivered."""
        self._waiting.join()

    def _expiry(self, body: dict[str, Any], now: datetime) -> datetime:
        try:
            asked = datetime.fromisoformat(body["expirationDateTime"][:19]).replace(tzinfo=UTC)
        except (KeyError, ValueError):
            raise Refusal(400, "InvalidRequest", "expirationDateTime is required.") from None
        if asked > now + LONGEST + timedelta(minutes=1) or asked <= now:
            raise Refusal(400, "ExtensionError", "Subscription expiration can only be 10080 minutes ahead.")
        return asked

    def _send(self, address: str, told: dict[str, Any]) -> None:
        for _ in range(self.copies):
            if self.hold:
                self._held.append((address, told))
            else:
                self._waiting.put((address, told))

    def _deliver_all(self) -> None:
        while (one := self._waiting.get()) is not None:
            post(one[0], {"value": [one[1]]})
            self.sent.append(one[1])
            self._waiting.task_done()


def shake_hands(address: str) -> None:
    """Whoever is to be told must answer with the token, in plain text. Raises `Refusal`."""
    token = f"Validation: Testing client application reachability. Request-Id: {secrets.token_hex(8)}"
    glue = "&" if "?" in address else "?"
    whole = f"{address}{glue}{urlencode({'validationToken': token})}"
    asked = Request(whole, data=b"", headers={"Content-Type": "text/plain; charset=utf-8"}, method="POST")
    try:
        with urlopen(asked, timeout=10) as answer:
            kind, said = answer.headers.get_content_type(), answer.read().decode()
    except (URLError, OSError) as problem:
        raise Refusal(400, "ValidationError", f"Subscription validation request failed: {problem}") from None
    if (kind, said) != ("text/plain", token):
        raise Refusal(400, "ValidationError", "Subscription validation request failed: another answer.")


def post(address: str, told: Iterable[Any] | dict[str, Any]) -> int:
    """POST JSON as the notices come; the status, 0 when nobody answers."""
    asked = Request(address, data=json.dumps(told).encode(), headers={"Content-Type": "application/json"})
    try:
        with urlopen(asked, timeout=10) as answer:
            return int(answer.status)
    except URLError as problem:
        return int(getattr(problem, "code", 0))
    except OSError:
        return 0


def _envelope(one: Subscription) -> dict[str, Any]:
    return {
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": _text(one.expires_at),
        "clientState": one.fields.get("clientState"),
        "tenantId": "contoso",
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
