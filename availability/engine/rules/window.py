"""Booking window (A6): how far ahead or between which dates a start may lie, and that written as instants."""

from datetime import date, timedelta

from availability.engine.local_time import day_start, local_date
from availability.engine.question import Question
from availability.engine.reasons import Code, Reason
from availability.engine.rules.rule import Rule
from availability.engine.spans import BEGINNING, END, Span

_SATURDAY = 5


def forbidden(question: Question) -> list[Span]:
    """The starts before and after the bookable span."""
    if question.bookable is None:
        return []
    first, last = question.bookable
    return [(BEGINNING, first), (last, END)]


def reason(question: Question, start: int, number: int) -> Reason:
    """RANGE with the bookable span."""
    return Reason(Code.RANGE, span=question.bookable)


RULE = Rule(forbidden, reason)


def days_ahead(now: int, zone: str, days: int) -> Span:
    """Bookable up to the end of the date ``days`` after today in ``zone``; 0 is today only."""
    return _until(local_date(now, zone) + timedelta(days=days), zone)


def business_days_ahead(now: int, zone: str, days: int) -> Span:
    """Bookable up to the end of the ``days``-th day from Monday to Friday after today in ``zone``.

    The days of a weekend on the way do not count; whether they are open is the hours' business.
    """
    last = local_date(now, zone)
    while days > 0:
        last += timedelta(days=1)
        days -= last.weekday() < _SATURDAY
    return _until(last, zone)


def date_range(first: date, last: date, zone: str) -> Span:
    """Bookable on the dates ``first`` to ``last`` (included) of ``zone``."""
    return (day_start(first, zone), day_start(last + timedelta(days=1), zone))


def _until(last: date, zone: str) -> Span:
    return (BEGINNING, day_start(last + timedelta(days=1), zone))
