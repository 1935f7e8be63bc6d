"""Pure adapters between calendar servers and our values; no Django in here."""
