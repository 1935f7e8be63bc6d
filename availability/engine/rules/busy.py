"""Outside events (A10): the appointment and its buffers keep clear of them.

An event without length takes no time.
"""

from availability.engine.question import Question
from availability.engine.reasons import Code, Reason, Source
from availability.engine.rules.rule import Rule
from availability.engine.spans import BEGINNING, Span, overlaps

_NEVER = (BEGINNING, BEGINNING)


def forbidden(question: Question) -> list[Span]:
    """One span for each event, in order: the starts t with [t - before, t + duration + after) on it."""
    head, tail = question.duration + question.after - 1, question.before
    return [(start - head, end + tail) if start < end else _NEVER for start, end in question.busy]


def reason(question: Question, start: int, number: int) -> Reason:
    """CALENDAR with the event, or BUFFER where only a buffer touches it."""
    event = question.busy[number]
    meets = overlaps((start, start + question.duration), event)
    return Reason(Code.CALENDAR if meets else Code.BUFFER, span=event, source=Source.BUSY, index=number)


RULE = Rule(forbidden, reason)
