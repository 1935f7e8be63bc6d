"""iCalendar (RFC 5545): reading, expanding and writing events. Pure; shared by feeds, CalDAV and mails."""

from calendars.providers.ical.reading import occurrences
from calendars.providers.ical.split import Document, Group, split
from calendars.providers.ical.walking import Budget
from calendars.providers.ical.write import Method, Person, event_bytes, invitation_bytes

__all__ = [
    "Budget",
    "Document",
    "Group",
    "Method",
    "Person",
    "event_bytes",
    "invitation_bytes",
    "occurrences",
    "split",
]
