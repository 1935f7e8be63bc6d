"""Looks at a running installation and says what is well, what is not, and what helps.

A check is a function of the time that returns a `Finding`; `check` puts it on the list. Used by
`manage.py doctor` only, so the checks may look into every app.
"""

from bookingsite.doctor.findings import Finding, Level, check, examine

__all__ = ["Finding", "Level", "check", "examine"]
