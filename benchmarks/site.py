"""The site that is measured: the product with production settings on a database of its own, one process.

Pages are asked for through the whole of Django, middleware included, as a server would; what is counted
is CPU time of this process, so that a busy machine spoils little.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@contextmanager
def site() -> Iterator[Path]:
    """Set Django up with an empty, migrated SQLite file (or the server of `BENCH_DATABASE_URL`, an empty database)."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="tests.settings",
            TEST_DATABASE_URL=os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{name}/bench.sqlite3",
            TEST_VAR_DIR=name,
            GUEST_TRIES_PER_HOUR="0",
        )
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield Path(name)


@dataclass(frozen=True)
class Page:
    """What came back for one request."""

    status: int
    headers: dict[str, str]
    body: bytes


class Browser:
    """Sends requests straight into the WSGI application of this process."""

    def __init__(self) -> None:
        from django.core.wsgi import get_wsgi_application

        self._application = get_wsgi_application()

    def ask(self, url: str, data: bytes | None = None) -> Page:
        """GET, or POST of a form."""
        parts = urlsplit(url)
        answer: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            answer.update(status=int(status[:3]), headers=dict(headers))

        environ = {
            "REQUEST_METHOD": "GET" if data is None else "POST", "PATH_INFO": parts.path, "QUERY_STRING": parts.query,
            "SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9", "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(data or b""), "CONTENT_LENGTH": str(len(data or b"")),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
        }  # fmt: skip
        response = self._application(environ, start_response)
        body = b"".join(response)
        close = getattr(response, "close", None)
        if close:
            close()
        return Page(body=body, **answer)


def median_ms(*actions: Callable[[], object], passes: int = 30) -> list[float]:
    """CPU milliseconds of each, the median of passes taken in turns so that all see the same machine."""
    found: list[list[float]] = [[] for _ in actions]
    for _ in range(passes):
        for taken, action in zip(found, actions, strict=True):
            began = time.process_time()
            action()
            taken.append((time.process_time() - began) * 1000)
    return [sorted(taken)[len(taken) // 2] for taken in found]


def queries_of(action: Callable[[], object]) -> int:
    """How many statements the action sends to the database."""
    from django.db import connection

    sent: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        action()
    return len(sent)
