"""A calendar server in memory, for tests and trials; it keeps the same contract as the real ones."""

from calendars.providers.memory.provider import MemoryProvider
from calendars.providers.memory.server import Fault, MemoryServer

__all__ = ["Fault", "MemoryProvider", "MemoryServer"]
