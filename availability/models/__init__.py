"""When someone can be booked: schedules, special days, time off and closing rules."""

from availability.models.closing import ClosingRule, TimeOff
from availability.models.schedule import DateHours, Schedule, WeeklyHours

__all__ = ["ClosingRule", "DateHours", "Schedule", "TimeOff", "WeeklyHours"]
