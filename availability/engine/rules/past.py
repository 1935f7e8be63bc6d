"""Nothing starts in the past."""

from availability.engine.question import Question
from availability.engine.reasons import Code, Reason
from availability.engine.rules.rule import Rule
from availability.engine.spans import BEGINNING, Span


def forbidden(question: Question) -> list[Span]:
    """Every start before now."""
    return [(BEGINNING, question.now)]


def reason(question: Question, start: int, number: int) -> Reason:
    """PAST; there is nothing to name."""
    return Reason(Code.PAST)


RULE = Rule(forbidden, reason)
