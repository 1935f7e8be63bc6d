"""Template tags of the availability pages."""
