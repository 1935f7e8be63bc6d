"""Use cases: every change of state, and the questions pages ask."""
