"""Answers to what the calendars report."""
