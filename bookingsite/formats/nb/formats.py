"""Norwegian Bokmål, where Django's own formats lack something."""

DATETIME_FORMAT = r"j. F Y \k\l. H:i"  # 23. november 2026 kl. 14:30
SHORT_DATETIME_FORMAT = r"d.m.Y \k\l. H:i"
SECONDS_FORMAT = "H:i:s"  # 14:30:05
DAY_FORMAT = "l j. F Y"  # mandag 23. november 2026
SHORT_DAY_FORMAT = "D j. N Y"  # man 23. nov. 2026
NEAR_DAY_FORMAT = "l j. F"  # mandag 23. november
