"""What is to be done with what a provider told. Pure decisions: no tables, no network, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from calendars.providers.base import Page, RawItem
from calendars.providers.errors import ServerFailed, TooLarge

MOST_ITEMS = 50_000
"""Items of one calendar; more than this is refused before memory is."""
MOST_BYTES = 150_000_000
FEW = 5
"""So many future busy times may vanish at once without a second look."""


@dataclass(slots=True)
class Gathered:
    """What one whole run brought. `present` is None unless the run was a full listing."""

    items: dict[str, RawItem] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    cursor: str = ""
    present: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`store`: new or changed, to be expanded. `restamp`: another etag, the same content. `drop`: gone."""

    store: tuple[RawItem, ...]
    restamp: Mapping[str, str]
    drop: frozenset[str]


def gather(pages: Iterable[Page]) -> Gathered:
    """Collect the pages of one run; the later word on a key counts.

    Raises `ServerFailed` when the run ends without its cursor (nothing of it may be used) and `TooLarge`
    when it brings more than we hold.
    """
    run = Gathered()
    size = 0
    for page in pages:
        for item in page.items:
            run.items[item.key] = item
            run.deleted.discard(item.key)
            size += len(item.data)
        for key in page.deleted:
            run.items.pop(key, None)
            run.deleted.add(key)
        if len(run.items) > MOST_ITEMS or size > MOST_BYTES:
            raise TooLarge(f"{len(run.items)} items")
        if page.cursor is not None:
            run.cursor = page.cursor
            run.present = (page.present or frozenset()) if page.complete else None
            return run
    raise ServerFailed("the answer ended before its cursor")


def decide(run: Gathered, known: Mapping[str, str]) -> Plan:
    """Compare a run with the digests of what we hold (key to digest)."""
    store, restamp = [], {}
    for key, item in run.items.items():
        if known.get(key) == digest(item.data):
            restamp[key] = item.etag
        else:
            store.append(item)
    drop = known.keys() & run.deleted
    if run.present is not None:
        drop |= known.keys() - run.present - run.items.keys()
    return Plan(tuple(store), restamp, frozenset(drop))


def is_suspicious(run: Gathered, *, future: int, vanishing: int) -> bool:
    """Whether a full listing looks more like a broken answer than like a tidied calendar.

    Of `future` blocking times still to come, `vanishing` would go. It is suspicious when it is suddenly
    empty, or when more than half and more than `FEW` would go. Events that merely passed free no time.
    """
    if run.present is None:
        return False
    if future and not run.present and not run.items:
        return True
    return vanishing > FEW and vanishing * 2 > future


def fingerprint(run: Gathered) -> str:
    """A short name for what a full listing said exists: the same answer has the same name. Never empty."""
    keys = (run.present or frozenset()) | run.items.keys()
    return blake2b("\n".join(sorted(keys)).encode(), digest_size=16).hexdigest()


def digest(data: bytes) -> str:
    """A short name for an item's content."""
    return blake2b(data, digest_size=16).hexdigest()
