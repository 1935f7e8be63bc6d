"""Bookings of ours (A10): the new appointment keeps clear of their buffers, they keep clear of the new one's.

Buffers of two bookings may lie on each other: between them there is the longer of the two, not the sum.
"""

from availability.engine.question import Question
from availability.engine.reasons import Code, Reason, Source
from availability.engine.rules.rule import Rule
from availability.engine.spans import BEGINNING, Span, overlaps

_NEVER = (BEGINNING, BEGINNING)


def forbidden(question: Question) -> list[Span]:
    """One span for each claim, in the order of ``claims``.

    Both halves hold the starts on the claim's core, so together they are one span.
    """
    head, before, after = question.duration - 1, question.before, question.after
    return [
        (min(padded_start, start - after) - head, max(padded_end, end + before)) if start < end else _NEVER
        for start, end, padded_start, padded_end in question.claims
    ]


def reason(question: Question, start: int, number: int) -> Reason:
    """BOOKING with the claim's core, or BUFFER where only a buffer is touched."""
    core = question.claims[number][:2]
    meets = overlaps((start, start + question.duration), core)
    return Reason(Code.BOOKING if meets else Code.BUFFER, span=core, source=Source.CLAIMS, index=number)


RULE = Rule(forbidden, reason)
