"""Collecting what a job asks of a server, and storing it when the job is over.

Requests are made in threads that must not touch the database, and inside jobs whose transactions may be undone. So
they are collected in memory, cut at once (`redaction`), and stored afterwards in the job's own thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import DatabaseError, transaction
from django.utils.crypto import salted_hmac

from bookingsite.lib import clock
from bookingsite.lib.http import Hop, Observer
from bookingsite.lib.secrets import Unreadable
from calendars.log import redaction
from calendars.log.redaction import Redaction
from calendars.models import Account, LogEntry
from calendars.providers.errors import ProviderError

logger = logging.getLogger(__name__)

MOST_PER_JOB = 500
"""Entries of one job; of more the first and the last are kept."""
JOB_ENDED = "JOB"
"""In place of the verb: an entry about the job as a whole, which failed."""
LEFT_OUT = "CUT"
"""In place of the verb: so many requests of the job were not kept (the number is the target)."""
NO_ANSWER = "no_answer"
"""The result of a job whose time was over before its request was answered."""
HOST_ONLY = frozenset({"ics"})
"""Kinds of accounts whose whole address is a secret."""

_under_way: ContextVar[Observer | None] = ContextVar("observer", default=None)


def observer() -> Observer | None:
    """Who is told of requests in the job under way; for the guard's policy. None where nothing is logged."""
    return _under_way.get()


class JobLog:
    """What one job asked of one account's server. May be told from any thread."""

    def __init__(
        self, account: Account, job: LogEntry.Job, *, calendar: str = "", secrets: tuple[str, ...] = ()
    ) -> None:
        self.account = account
        self._job = job
        self._calendar = calendar[:200]
        self._redaction = _redaction_of(account, secrets)
        self._first: list[LogEntry] = []
        self._last: deque[LogEntry] = deque(maxlen=MOST_PER_JOB // 2)
        self._left_out = 0
        self._is_over = False
        self._lock = threading.Lock()

    def observe(self, hop: Hop) -> None:
        """Keep one request, cut."""
        self._keep(
            self._entry(
                verb=redaction.verb(hop.verb),
                target=self._redaction.target(hop.url),
                result=redaction.code(hop.result),
                request_id=self._redaction.request_id(hop.request_id, hop.server_id),
                duration=hop.duration,
                size=hop.size,
            )
        )

    def failed(self, why: Exception | str) -> None:
        """Keep that the job as a whole did not work, by an error or its code; what is told first counts."""
        if not self._is_over:
            self._is_over = True
            code = why if isinstance(why, str) else _code_of(why)
            self._keep(self._entry(verb=JOB_ENDED, result=redaction.code(code)))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Providers that are opened within this block tell this log, also later and from other threads."""
        before = _under_way.set(self.observe)
        try:
            yield
        finally:
            _under_way.reset(before)

    def taken(self) -> list[LogEntry]:
        """What was collected so far, in order; it is forgotten here."""
        with self._lock:
            found = [*self._first, *self._cut(), *self._last]
            self._first, self._left_out = [], 0
            self._last.clear()
        return found

    def _keep(self, entry: LogEntry) -> None:
        with self._lock:
            if len(self._first) < MOST_PER_JOB // 2:
                self._first.append(entry)
                return
            self._left_out += len(self._last) == self._last.maxlen
            self._last.append(entry)

    def _cut(self) -> list[LogEntry]:
        if not self._left_out:
            return []
        return [self._entry(verb=LEFT_OUT, target=str(self._left_out), result="", at=self._last[0].at)]

    def _entry(self, *, at: datetime | None = None, **fields: object) -> LogEntry:
        return LogEntry(
            account=self.account, at=at or clock.now(), job=self._job, calendar=self._calendar, **fields
        )


def is_on(account: Account, now: datetime) -> bool:
    """Whether requests to this account are to be kept."""
    return account.logging_until is not None and account.logging_until > now


def begin(
    account: Account, job: LogEntry.Job, now: datetime, *, calendar: str = "", secrets: tuple[str, ...] = ()
) -> JobLog | None:
    """A log for a job that begins, None where the account has none switched on.

    `secrets` are texts that sign in beside those of the account, such as a new password.
    """
    if not is_on(account, now):
        return None
    return JobLog(account, job, calendar=calendar, secrets=secrets)


@contextmanager
def recorded(
    account: Account, job: LogEntry.Job, now: datetime, *, calendar: str = "", secrets: tuple[str, ...] = ()
) -> Iterator[None]:
    """Around a job with one account: providers are opened in it, and it is stored when it is over.

    Not inside a transaction, which might be undone together with what tells why. Raises what the job raises,
    nothing of its own.
    """
    found = begin(account, job, now, calendar=calendar, secrets=secrets)
    if found is None:
        yield
        return
    try:
        with found.listening():
            yield
    except Exception as error:
        ended(found, error)
        raise
    finally:
        store([found])


def ended(log: JobLog | None, error: Exception) -> None:
    """Store what a job collected that ended with this error, and the error's code."""
    if log is not None:
        log.failed(error)
        store([log])


def store(logs: Iterable[JobLog | None]) -> None:
    """Store what these jobs collected. A log that cannot be stored is no reason for a job to fail."""
    entries = [entry for each in logs if each is not None for entry in each.taken()]
    if not entries:
        return
    try:
        with transaction.atomic():
            ids = {entry.account_id for entry in entries}
            # An account that is deleted meanwhile takes its log along; a lock keeps it until this is stored.
            there = Account.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
            held = set(there.values_list("pk", flat=True))
            LogEntry.objects.bulk_create(entry for entry in entries if entry.account_id in held)
    except DatabaseError:
        logger.warning("the debug log of a calendar job could not be stored")


def _redaction_of(account: Account, secrets: tuple[str, ...]) -> Redaction:
    key = salted_hmac("calendars.log", str(account.pk), algorithm="sha256").digest()
    return Redaction(
        key=key, host_only=account.provider in HOST_ONLY, secrets=(*_secrets_of(account), *secrets)
    )


def _secrets_of(account: Account) -> tuple[str, ...]:
    """What a server might send back to us: the password or the tokens, the user name."""
    try:
        secret = account.open_secret() if account.sealed_secret else ""
    except Unreadable:
        secret = ""
    return (secret, account.username)


def _code_of(error: Exception) -> str:
    if isinstance(error, ProviderError):
        return error.code
    return "secret_unreadable" if isinstance(error, Unreadable) else "internal"
