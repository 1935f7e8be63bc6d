"""What the availability pages ask for."""

from availability.forms.closing import ClosingRuleForm, NewClosingRuleForm, TimeOffForm
from availability.forms.dates import DateHoursForm
from availability.forms.schedule import ScheduleForm, WeekForm

__all__ = [
    "ClosingRuleForm",
    "DateHoursForm",
    "NewClosingRuleForm",
    "ScheduleForm",
    "TimeOffForm",
    "WeekForm",
]
