"""The site for gunicorn with the guard of `bookings.domain` taken out: the control of the proof.

Everything else is as in the guarded run, the pause and the looks at what is free included: check, then
insert, without transaction and without lock, as it is often written. The proof drops the database's own
refusal as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.concurrency.paused import application  # sets Django up

# isort: split
from bookings.domain import occupancy
from bookings.models import Resource

__all__ = ["application"]


@contextmanager
def holding(*host_ids: int) -> Iterator[dict[int, Resource]]:
    """The resources, read and not locked (the proof has made them); each statement commits by itself."""
    rows = Resource.objects.filter(host__in=host_ids)
    yield {row.host_id: row for row in rows if row.host_id is not None}


occupancy.holding = holding
