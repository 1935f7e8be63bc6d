"""Daily limit (A9): a date of the host's calendar that has its number of bookings takes no more."""

from availability.engine.local_time import day_spans, days
from availability.engine.question import Question
from availability.engine.reasons import Code, Reason
from availability.engine.rules.rule import Rule
from availability.engine.spans import Span


def forbidden(question: Question) -> list[Span]:
    """The spans of the window's full dates. A booking counts on the date it starts."""
    limit = question.daily_limit
    if limit is None:
        return []
    start, end = question.window
    return [
        span
        for day in days(start, end, question.zone)
        if question.per_day.get(day, 0) >= limit
        for span in day_spans(day, question.zone)
    ]


def reason(question: Question, start: int, number: int) -> Reason:
    """DAY_LIMIT with the full day."""
    return Reason(Code.DAY_LIMIT, span=forbidden(question)[number])


RULE = Rule(forbidden, reason)
