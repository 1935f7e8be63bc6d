"""iCal feeds: calendars that somebody publishes at a secret address, for reading only (C5).

Nothing is imported here: the reading process (`child`) takes from this package only what it needs.
"""
