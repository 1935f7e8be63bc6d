"""Forms: the doors of the pages."""
