"""All benchmarks, one after the other: `make bench`.

Each runs in a process of its own and prints a table with a plain reference of the same run beside it.
Compare the columns of one run with each other; docs/performance.md says how to read them.
"""

from __future__ import annotations

import os
import subprocess
import sys

BENCHMARKS = {
    "The engine against a plain sweep": ["benchmarks.engine"],
    "The month page": ["benchmarks.month"],
    "Booking and mails": ["benchmarks.booking"],
    "Reading 10,000 events from Radicale": ["benchmarks.sync", "--radicale"],
    "A feed of 10,000 events": ["benchmarks.feed"],
    "Five changes in calendars of all sizes": ["benchmarks.changes"],
    "Finding due work among 20,000 calendars": ["benchmarks.dispatch"],
    "The same on PostgreSQL": ["benchmarks.dispatch", "--database", "postgres"],
}


def main() -> int:
    """Run all; 1 when one of them says that something is wrong."""
    one, five, _fifteen = os.getloadavg()
    print(f"{os.cpu_count()} processors, load {one:.1f} (five minutes: {five:.1f})", flush=True)
    worst = 0
    for title, module in BENCHMARKS.items():
        print(f"\n{title}\n", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", *module], check=False).returncode)
    return int(worst != 0)


if __name__ == "__main__":
    sys.exit(main())
