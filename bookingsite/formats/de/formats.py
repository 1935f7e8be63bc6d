"""German, where Django's own formats lack something."""

DATETIME_FORMAT = "j. F Y, H:i"  # 23. November 2026, 14:30
SHORT_DATETIME_FORMAT = "d.m.Y, H:i"
SECONDS_FORMAT = "H:i:s"  # 14:30:05
DAY_FORMAT = "l, j. F Y"  # Montag, 23. November 2026
SHORT_DAY_FORMAT = "D, j. N Y"  # Mo, 23. Nov. 2026
NEAR_DAY_FORMAT = "l, j. F"  # Montag, 23. November
