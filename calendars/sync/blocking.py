"""Which occurrences block time: the promise's table (C13, C14) and a calendar's switches. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from calendars.providers.base import Status


class AllDay(StrEnum):
    """What becomes of all-day events, whatever their status; the values are those of `Calendar.AllDay`."""

    BY_STATUS = "status"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Switches:
    """The host's switches of one calendar; the defaults are the promise's."""

    tentative: bool = False
    elsewhere: bool = True
    out_of_office: bool = True
    unanswered: bool = True
    all_day: AllDay = AllDay.BY_STATUS

    def block(self, status: str, *, all_day: bool, unanswered: bool) -> bool:
        """Whether an occurrence blocks: all-day decides first, then the missing answer, then the status."""
        if all_day and self.all_day is not AllDay.BY_STATUS:
            return self.all_day is AllDay.ALWAYS
        if unanswered and not self.unanswered:
            return False
        return status in self.blocking_statuses

    @property
    def blocking_statuses(self) -> frozenset[Status]:
        """The statuses that block on their own."""
        wanted = {Status.BUSY}
        wanted |= {Status.TENTATIVE} if self.tentative else set()
        wanted |= {Status.ELSEWHERE} if self.elsewhere else set()
        wanted |= {Status.OUT_OF_OFFICE} if self.out_of_office else set()
        return frozenset(wanted)
