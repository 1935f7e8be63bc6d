"""English: the day first and the month in letters, which nobody reads the wrong way round; 12 hours."""

DATE_FORMAT = "j F Y"  # 23 November 2026
SHORT_DATE_FORMAT = "j M Y"  # 23 Nov 2026
MONTH_DAY_FORMAT = "j F"  # 23 November
TIME_FORMAT = "g:i A"  # 2:30 PM
SECONDS_FORMAT = "g:i:s A"  # 2:30:05 PM
DATETIME_FORMAT = "j F Y, g:i A"
SHORT_DATETIME_FORMAT = "j M Y, g:i A"
DAY_FORMAT = "l j F Y"  # Monday 23 November 2026
SHORT_DAY_FORMAT = "D j M Y"  # Mon 23 Nov 2026
NEAR_DAY_FORMAT = "l j F"  # Monday 23 November
