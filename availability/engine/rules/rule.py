"""What a rule is."""

from collections.abc import Callable
from dataclasses import dataclass

from availability.engine.question import Question
from availability.engine.reasons import Reason
from availability.engine.spans import Span


@dataclass(frozen=True)
class Rule:
    """One way to close starts.

    ``forbidden(question)`` gives the spans of START instants this rule closes, in any order, at least where
    they meet the question's window. It alone decides; ``reason(question, start, number)`` only puts into
    words that span
    ``number`` of that list holds ``start``. Offers and explanations therefore cannot disagree.
    """

    forbidden: Callable[[Question], list[Span]]
    reason: Callable[[Question, int, int], Reason]
