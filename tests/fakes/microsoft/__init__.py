"""Microsoft on loopback: Entra's consent and tokens, Graph's calendars and notices, by the rules of the real thing.

`with MicrosoftFake() as fake:` runs it; tests change its world from outside through the methods of
`MicrosoftFake`.
"""

from tests.fakes.microsoft.entra import ADMIN, SCOPES, No
from tests.fakes.microsoft.faults import Fault
from tests.fakes.microsoft.server import MicrosoftFake

__all__ = ["ADMIN", "SCOPES", "Fault", "MicrosoftFake", "No"]
