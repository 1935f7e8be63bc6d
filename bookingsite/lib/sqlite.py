"""A SQLite library without the WAL-reset bug, where a wheel brings one.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two processes checkpoint at the wrong
moment; web and worker on one file are that pattern. The `pysqlite3` wheel carries a fixed library.
"""

import sqlite3
import sys

FIXED_IN = (3, 51, 3)


def use_fixed_library() -> None:
    """Swap the standard `sqlite3` module for `pysqlite3` when the system's library is older than the fix.

    Must run before Django imports its SQLite backend. Without the wheel nothing changes and
    `manage.py doctor` warns.
    """
    if sqlite3.sqlite_version_info >= FIXED_IN:
        return
    try:
        import pysqlite3
    except ImportError:
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def library_version() -> tuple[int, ...]:
    """The version of the SQLite library in use, after any swap."""
    return tuple(sys.modules["sqlite3"].sqlite_version_info)


def is_safe() -> bool:
    """Whether the library in use has the WAL-reset fix."""
    return library_version() >= FIXED_IN
