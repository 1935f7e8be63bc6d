"""Time off and closing rules (A3, A4): the appointment itself keeps clear of them, its buffers need not."""

from availability.engine.question import Question
from availability.engine.reasons import Code, Reason, Source
from availability.engine.rules.rule import Rule
from availability.engine.spans import BEGINNING, Span

_NEVER = (BEGINNING, BEGINNING)


def forbidden(question: Question) -> list[Span]:
    """One span for each entry, in the order of ``closed``."""
    head = question.duration - 1
    return [(start - head, end) if start < end else _NEVER for start, end in question.closed]


def reason(question: Question, start: int, number: int) -> Reason:
    """TIME_OFF with the entry."""
    return Reason(Code.TIME_OFF, span=question.closed[number], source=Source.CLOSED, index=number)


RULE = Rule(forbidden, reason)
