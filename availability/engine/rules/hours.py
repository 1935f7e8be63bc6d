"""Opening hours (A1, A2, A13): the whole appointment lies in open time. Buffers may reach outside."""

from availability.engine.question import Question
from availability.engine.reasons import Code, Reason
from availability.engine.rules.rule import Rule
from availability.engine.spans import Span, complement, merge


def forbidden(question: Question) -> list[Span]:
    """The starts of the window whose appointment is not open to its last second.

    Ranges that touch, also across midnight, are one: an appointment may run from one into the next.
    """
    start, end = question.window
    fitting = [(left, right - question.duration + 1) for left, right in merge(question.open)]
    return complement(fitting, start, end)


def reason(question: Question, start: int, number: int) -> Reason:
    """HOURS; there is nothing to name."""
    return Reason(Code.HOURS)


RULE = Rule(forbidden, reason)
