"""What the database says after a burst, and whether that is what was promised."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bookings.models import Booking, Claim
from tests.concurrency.clients import Answer
from tests.concurrency.people import Field

_ALLOWED = {303, 409, 503}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Counts of one burst. All of `faults` are zero when the promise held."""

    slots: int
    attempts: int
    repeated: int
    statuses: dict[str, int]
    oversold: int  # slots with more than one live booking
    worst: int  # live bookings of the slot that has most
    unsold: int
    odd_statuses: int  # anything but 303, 409 and 503: 500 above all
    overlaps: int  # pairs of neighbouring claims that overlap
    unclaimed: int  # live bookings without exactly one claim of their own time
    unacknowledged: int  # bookings more or less than 303 answers told of
    other_answers: int  # repeated requests that were answered otherwise than the first
    seconds: float
    p50: float
    p99: float

    @property
    def faults(self) -> dict[str, int]:
        """What must be zero."""
        names = "oversold unsold odd_statuses overlaps unclaimed unacknowledged other_answers"
        return {name: getattr(self, name) for name in names.split()}

    @property
    def is_good(self) -> bool:
        """Whether the promise held."""
        return not any(self.faults.values())


def judge(field: Field, answers: Sequence[Answer], seconds: float) -> Verdict:
    """Compare what was answered with what is in the database."""
    live = list(Booking.objects.filter(event_type=field.event_type).exclude(state=Booking.State.CANCELLED))
    per_slot = Counter(booking.start for booking in live)
    first = [answer for answer in answers if not answer.again]
    told = {answer.location.partition("?")[0] for answer in answers if answer.status == 303}
    took = sorted(answer.seconds for answer in answers)
    return Verdict(
        slots=len(field.starts),
        attempts=len(first),
        repeated=len(answers) - len(first),
        statuses={str(status): number for status, number in sorted(Counter(a.status for a in answers).items())},
        oversold=sum(number > 1 for number in per_slot.values()),
        worst=max(per_slot.values(), default=0),
        unsold=sum(per_slot[start] == 0 for start in field.starts),
        odd_statuses=sum(answer.status not in _ALLOWED for answer in answers),
        overlaps=_overlaps(field),
        unclaimed=_unclaimed(live),
        unacknowledged=len(told ^ {f"/b/{token}/" for token in _tokens(live)}),
        other_answers=_other_answers(answers),
        seconds=round(seconds, 1),
        p50=round(took[len(took) // 2], 3),
        p99=round(took[len(took) * 99 // 100], 3),
    )


def _overlaps(field: Field) -> int:
    spans = sorted(Claim.objects.filter(resource__host=field.event_type.host).values_list("start", "end"))
    return sum(later[0] < earlier[1] for earlier, later in pairwise(spans))


def _unclaimed(live: Sequence[Booking]) -> int:
    claims = defaultdict(list)
    for booking, start, end in Claim.objects.filter(booking__in=[each.pk for each in live]).values_list(
        "booking", "start", "end"
    ):
        claims[booking].append((start, end))
    return sum(claims[booking.pk] != [(booking.start, booking.end)] for booking in live)


def _tokens(live: Sequence[Booking]) -> set[str]:
    from bookings.domain import links

    return {links.manage_token(booking) for booking in live}


def _other_answers(answers: Sequence[Answer]) -> int:
    """Of the same request sent twice. "Too busy" says to try again, so it may be followed by anything."""
    earlier = {(a.client, a.slot): (a.status, a.location) for a in answers if not a.again}
    return sum(
        earlier[a.client, a.slot] != (a.status, a.location)
        for a in answers
        if a.again and earlier[a.client, a.slot][0] != 503
    )
