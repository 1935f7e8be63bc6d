"""A provider that can push, on servers in memory: it stands in for Google or Microsoft."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from calendars.providers import registry
from calendars.providers.base import Capabilities, Watch
from calendars.providers.errors import ProviderError
from calendars.providers.memory import MemoryProvider


@dataclass
class Orders:
    """What was ordered, and what the server is to do."""

    prolongs: bool = False
    """As Graph does: a standing order keeps its name and its secret."""
    grants: timedelta = timedelta(days=6)
    error: ProviderError | None = None
    names: list[str] = field(default_factory=list)
    """Names of the server's own choice for the next orders."""
    standing: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Channel to calendar and secret."""
    addresses: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)


class PushingProvider(MemoryProvider):
    """Keeps its orders in a list that the test reads."""

    capabilities = Capabilities(writes=True, sync_token=True, push=True)
    orders: Orders

    def watch(
        self,
        calendar_id: str,
        *,
        address: str,
        channel_id: str,
        secret: str,
        until: datetime,
        current: Watch | None,
    ) -> Watch:
        """Prolong or replace."""
        orders = self.orders
        if orders.error:
            raise orders.error
        expires_at = until - timedelta(days=6, hours=12) + orders.grants
        if current and orders.prolongs:
            return Watch(current.channel_id, current.resource_id, expires_at)
        if current:
            self.unwatch(current)
        name = orders.names.pop(0) if orders.names else channel_id
        orders.standing[name] = (calendar_id, secret)
        orders.addresses.append(address)
        return Watch(name, f"resource of {calendar_id}", expires_at)

    def unwatch(self, watch: Watch) -> None:
        """End it."""
        if self.orders.error:
            raise self.orders.error
        self.orders.standing.pop(watch.channel_id, None)
        self.orders.ended.append(watch.channel_id)


def push_from(monkeypatch: pytest.MonkeyPatch, key: str) -> Orders:
    """From now on accounts of this kind live on servers in memory that push."""
    orders = Orders()
    provider = type("Pushing", (PushingProvider,), {"orders": orders, "key": key})
    kind = registry.Kind(
        key,
        key.title(),
        PushingProvider.capabilities,
        lambda access: provider(registry.memory_server(access.url)),
        needs_address=False,
    )
    monkeypatch.setitem(registry.KINDS, key, kind)
    return orders
