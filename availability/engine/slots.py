"""The answer: the starts a question allows. Pages, API and the check inside a booking all ask here."""

from dataclasses import replace

from availability.engine.grid import cells, on_grid
from availability.engine.local_time import DAY
from availability.engine.question import Question
from availability.engine.rules import RULES
from availability.engine.spans import Span, complement

_LOOK_AHEAD = 7 * DAY


def slots(question: Question) -> list[int]:
    """Every start offered in the question's window, in order, each once.

    The windows may be cut anywhere: the answers of the parts are the answer of the whole.
    Costs one sort of everything forbidden and one pass over the rest.
    """
    forbidden: list[Span] = []
    for rule in RULES:
        forbidden += rule.forbidden(question)
    return on_grid(complement(forbidden, *question.window), cells(question), question.step)


def is_offered(question: Question, start: int) -> bool:
    """Whether this one start is offered, whatever the question's window is.

    The question's events have to reach around ``start`` (see ``reach``).
    Raises ``BadQuestion`` for a start off the calendar.
    """
    return slots(at(question, start)) == [start]


def first_after(question: Question, start: int) -> int | None:
    """The first start offered at or after ``start`` in the question's window; looks a week at a time."""
    begin, end = question.window
    begin = max(begin, start)
    while begin < end:
        found = slots(replace(question, window=(begin, min(begin + _LOOK_AHEAD, end))))
        if found:
            return found[0]
        begin += _LOOK_AHEAD
    return None


def at(question: Question, start: int) -> Question:
    """The same question about this one start."""
    return replace(question, window=(start, start + 1))
