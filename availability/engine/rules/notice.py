"""Minimum notice (A7): a start exactly ``notice`` seconds from now is the first one allowed."""

from availability.engine.question import Question
from availability.engine.reasons import Code, Reason
from availability.engine.rules.rule import Rule
from availability.engine.spans import Span


def forbidden(question: Question) -> list[Span]:
    """The starts from now on that leave less than the notice; what is before now is the past's."""
    return [(question.now, question.now + question.notice)]


def reason(question: Question, start: int, number: int) -> Reason:
    """TOO_SOON, with the span that ends at the first instant allowed."""
    return Reason(Code.TOO_SOON, span=(question.now, question.now + question.notice))


RULE = Rule(forbidden, reason)
