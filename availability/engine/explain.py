"""Why not? (A14) Every reason that closes a start, found by the very rules that make the offers."""

from availability.engine.grid import cells, on_grid
from availability.engine.question import Question
from availability.engine.reasons import Code, Reason
from availability.engine.rules import RULES
from availability.engine.slots import at
from availability.engine.spans import holds


def explain(question: Question, start: int) -> list[Reason]:
    """All reasons why ``start`` is not offered, whatever the window is; empty if and only if it is offered.

    Raises ``BadQuestion`` for a start off the calendar.
    """
    question = at(question, start)
    reasons = [
        rule.reason(question, start, number)
        for rule in RULES
        for number, span in enumerate(rule.forbidden(question))
        if holds(span, start)
    ]
    if _misses_grid(question, start):
        reasons.append(Reason(Code.GRID))
    return reasons


def _misses_grid(question: Question, start: int) -> bool:
    """Off the grid that holds here. Where none holds it is closed, and the hours have said so."""
    where = [cell for cell in cells(question) if holds(cell[:2], start)]
    return bool(where) and not on_grid([(start, start + 1)], where, question.step)
