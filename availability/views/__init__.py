"""The availability pages: for the signed-in host, about their own rows (404 for everybody else's)."""
