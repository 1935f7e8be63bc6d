"""The slot engine: which times a host can be booked at, and why not.

Pure: standard library only, no clock, no database. Times are epoch seconds, spans are half-open.
"""

from availability.engine.explain import explain
from availability.engine.hours import BadHours, Hours
from availability.engine.question import BadQuestion, Claim, Question, reach
from availability.engine.reasons import Code, Reason, Source
from availability.engine.slots import first_after, is_offered, slots

__all__ = [
    "BadHours",
    "BadQuestion",
    "Claim",
    "Code",
    "Hours",
    "Question",
    "Reason",
    "Source",
    "explain",
    "first_after",
    "is_offered",
    "reach",
    "slots",
]
