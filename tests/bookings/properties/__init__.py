"""What holds whatever people do, in whatever order."""
