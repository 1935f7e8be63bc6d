"""How calendars are read and written in the background; private to the calendars app."""
