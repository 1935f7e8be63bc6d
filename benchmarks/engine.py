"""The engine against a plain sweep, in one run: `python -m benchmarks.engine`.

Compare the columns of one run with each other; milliseconds of other days or machines say nothing.
Exits with 1 if an answer is wrong. `BENCH_WORKLOAD` may name a JSON file with the same events.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from availability.engine import Hours, Question, slots
from benchmarks import workload

PASSES = 40
NOW = workload.WINDOW[0] - 86_400
HOURS = Hours(workload.ZONE, workload.WEEKLY)
EXPECTED = {"50": 549, "500": 256, "5000": 1, "5000_gaps": 243, "team": 598}


def main() -> int:
    """Print a row for each workload; 1 if a count is wrong, else 0."""
    print(f"{'events':>10} {'slots':>6} {'engine ms':>10} {'sweep ms':>10} {'ratio':>6}")
    wrong = False
    for name, hosts in _workloads().items():
        found, reference = _union(engine, hosts), _union(sweep, hosts)
        wrong |= found != reference or len(found) != EXPECTED[name]
        ours, plain = _fastest(engine, sweep, hosts)
        print(f"{name:>10} {len(found):>6} {ours:>10.3f} {plain:>10.3f} {ours / plain:>6.2f}")
    if wrong:
        print("WRONG: expected", EXPECTED, file=sys.stderr)
    return int(wrong)


def engine(busy: workload.Spans) -> list[int]:
    """The engine, every rule and all."""
    return slots(
        Question(
            now=NOW,
            window=workload.WINDOW,
            duration=workload.DURATION,
            step=workload.STEP,
            before=workload.BEFORE,
            after=workload.AFTER,
            hours=HOURS,
            zone=workload.ZONE,
            busy=busy,
        )
    )


def sweep(busy: workload.Spans) -> list[int]:
    """What a plain integer sweep costs: widen and merge the events, walk the grid; this case and no other."""
    merged: workload.Spans = []
    for start, end in sorted((s - workload.BEFORE, e + workload.AFTER) for s, e in busy):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    starts: list[int] = []
    zone = ZoneInfo(workload.ZONE)
    number = 0
    for day in range(workload.DAYS):
        midnight = datetime.combine(
            workload.FIRST_DAY + timedelta(days=day), datetime.min.time(), tzinfo=zone
        )
        for opens, closes in workload.WEEKLY[midnight.weekday()]:
            start = int((midnight + timedelta(minutes=opens)).timestamp())
            end = int((midnight + timedelta(minutes=closes)).timestamp())
            while start + workload.DURATION <= end:
                while number < len(merged) and merged[number][1] <= start:
                    number += 1
                free = number == len(merged) or merged[number][0] >= start + workload.DURATION
                if free and workload.WINDOW[0] <= start < workload.WINDOW[1] and start >= NOW:
                    starts.append(start)
                start += workload.STEP
    return starts


def _workloads() -> dict[str, list[workload.Spans]]:
    """Busy events by name, a list for each host."""
    path = os.environ.get("BENCH_WORKLOAD")
    if path:
        drawn = json.loads(Path(path).read_text())
        hosts = {name: [drawn[name]] for name in ("50", "500", "5000", "5000_gaps")} | {"team": drawn["team"]}
        return {name: [[(s, e) for s, e in busy] for busy in each] for name, each in hosts.items()}
    single = {str(number): [workload.host(number)] for number in (50, 500, 5000)}
    return single | {"5000_gaps": [workload.host_with_gaps(5000)], "team": workload.team()}


def _union(answer: Callable[[workload.Spans], list[int]], hosts: list[workload.Spans]) -> list[int]:
    return sorted({start for busy in hosts for start in answer(busy)})


def _fastest(
    one: Callable[[workload.Spans], list[int]],
    other: Callable[[workload.Spans], list[int]],
    hosts: list[workload.Spans],
) -> tuple[float, float]:
    """CPU milliseconds of each, the lowest of many passes taken in turns: both see the same machine."""
    best = [float("inf"), float("inf")]
    for _ in range(PASSES):
        for number, answer in enumerate((one, other)):
            started = time.process_time()
            _union(answer, hosts)
            best[number] = min(best[number], (time.process_time() - started) * 1000)
    return best[0], best[1]


if __name__ == "__main__":
    sys.exit(main())
