"""Bad weather from end to end: from what a server does to what the host reads, and to the recovery."""
