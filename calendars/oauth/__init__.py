"""Connecting accounts by OAuth: which client asks, the consent itself, and the tokens that come of it."""
