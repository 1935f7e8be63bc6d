"""How the calendar commands report: a table for people, JSON for programs, an exit code for scripts.

Exit codes: 0 all went well, 1 some did not, 2 the command was called wrongly.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one calendar or event; `error` is a code, empty when it went well."""

    id: int
    name: str
    account_id: int
    account: str
    error: str
    seconds: float


def progress(is_quiet: bool) -> AbstractContextManager[Progress]:
    """A progress bar on the error stream, shown to people only."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=is_quiet or not console.is_terminal)


def report(
    results: Sequence[Result], *, as_json: bool, columns: Iterable[str], nothing: str, stdout: TextIO
) -> int:
    """Print the results, or the sentence `nothing` where there are none, and return the exit code."""
    if as_json:
        stdout.write(json.dumps([asdict(result) for result in results], ensure_ascii=False) + "\n")
    elif not results:
        stdout.write(f"{nothing}\n")
    else:
        _table(results, columns, stdout)
    return 1 if any(result.error for result in results) else 0


def _table(results: Sequence[Result], columns: Iterable[str], stdout: TextIO) -> None:
    is_terminal = getattr(sys.stdout, "isatty", bool)()
    console = Console(
        file=stdout, force_terminal=is_terminal, no_color=not is_terminal, width=None if is_terminal else 120
    )
    table = Table(*columns, box=None, pad_edge=False)
    for result in results:
        table.add_row(
            str(result.id),
            result.name,
            str(result.account_id),
            result.account,
            result.error or "ok",
            f"{result.seconds:.1f} s",
        )
    console.print(table)
