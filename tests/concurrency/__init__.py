"""Many at once: what holds when guests, hosts and operators press their buttons at the same moment."""
