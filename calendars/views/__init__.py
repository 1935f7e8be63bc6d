"""Settings → Integrations."""
