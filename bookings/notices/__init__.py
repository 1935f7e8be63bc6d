"""Mails to hosts about their own calendars: what is wrong, what to do, what guests see meanwhile."""
