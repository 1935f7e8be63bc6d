"""SIGKILL every process of a real site in turn and see that the work goes on.

    python -m tests.faults.kill_proof                     all of them, on SQLite
    python -m tests.faults.kill_proof --only worker,group
    python -m tests.faults.kill_proof --database postgres://…  (an empty database)

For each: jobs before and after the kill, all of them done within 90 s, each with exactly one effect;
one Ctrl-C ends the site within seconds and leaves no process.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.site import ROOT, Site, environment, wait_for

WITHIN = 90.0
STOP_WITHIN = 15.0
JOBS = 50


@dataclass
class Outcome:
    """What happened after one kill."""

    killed: str
    seconds: float  # until everything was done
    jobs: int
    effects_missing: int
    effects_twice: int
    calls_repeated: int
    stop_seconds: float
    orphans: int

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing twice, in time, nothing left behind."""
        wrong = self.effects_missing + self.effects_twice + self.orphans
        return not wrong and self.seconds <= WITHIN and self.stop_seconds <= STOP_WITHIN


def kill_group(site: Site) -> None:
    os.killpg(site.parent().pid, signal.SIGKILL)


def kill_supervisor(site: Site) -> None:
    """`start` itself; everything must go with it, and a new one takes over."""
    site.supervisor().kill()
    assert site.process is not None
    site.process.wait()
    wait_for(lambda: not site.living())
    site.start()


def kill_all_workers(site: Site) -> None:
    for process in site.crew()[:-2]:
        process.kill()


TARGETS: dict[str, Callable[[Site], None]] = {
    "worker": lambda site: site.crew()[0].kill(),
    "workers": kill_all_workers,
    "monitor": lambda site: site.crew()[-2].kill(),
    "pusher": lambda site: site.crew()[-1].kill(),
    "sentinel": lambda site: site.sentinel().kill(),
    "parent": lambda site: site.parent().kill(),
    "group": kill_group,
    "web": lambda site: site.web().kill(),
    "supervisor": kill_supervisor,
}


class Proof:
    """One site, one kill after the other. Needs Django set up with the site's environment."""

    def __init__(self, site: Site) -> None:
        from tests.faults.jobs.models import Effect, Job

        self.site, self.jobs, self.effects = site, Job.objects, Effect.objects

    def put(self, count: int, milliseconds: int) -> None:
        """Jobs as the site itself would make them: rows and a doorbell."""
        from bookingsite import work
        from bookingsite.lib import clock
        from tests.faults.jobs.models import Job

        rows = [Job(milliseconds=milliseconds, run_at=clock.now()) for _ in range(count)]
        self.jobs.bulk_create(rows)
        work.nudge()

    def is_done(self) -> bool:
        """Whether no job waits."""
        return not self.jobs.filter(state="ready").exists()

    def run(self, target: str, *, idle: bool) -> Outcome:
        """Kill one process, idle or in the middle of its work, and watch."""
        self.jobs.all().delete()
        (Path(self.site.env["VAR_DIR"]) / "calls").write_text("")
        self.site.start()
        self.put(JOBS // 2, 60)
        wait_for(self.is_done if idle else self.effects.exists, 60)
        if idle:
            time.sleep(1)
        began = time.monotonic()
        TARGETS[target](self.site)
        self.put(JOBS // 2, 60)
        with suppress(TimeoutError):  # what is not done counts as missing
            wait_for(self.is_done, WITHIN + 30, step=0.25)
        return self.judge(f"{target} ({'idle' if idle else 'busy'})", time.monotonic() - began)

    def judge(self, name: str, seconds: float) -> Outcome:
        """Count effects, stop the site, look for processes left behind."""
        effects = Counter(self.effects.values_list("job", flat=True))
        calls = Counter((Path(self.site.env["VAR_DIR"]) / "calls").read_text().split())
        stopped = self.site.interrupt()
        with suppress(TimeoutError):  # what was killed may need a moment to be gone
            wait_for(lambda: not self.site.living(), 10)
        orphans = self.site.living()
        for process in orphans:
            process.kill()
        return Outcome(
            killed=name,
            seconds=round(seconds, 1),
            jobs=JOBS,
            effects_missing=JOBS - len(effects),
            effects_twice=sum(count > 1 for count in effects.values()),
            calls_repeated=sum(count - 1 for count in calls.values()),
            stop_seconds=round(stopped, 1),
            orphans=len(orphans),
        )


def prepare(folder: Path, database: str) -> Site:
    """A migrated site in the folder, and Django in this process looking at the same database."""
    env = environment(folder, **({"DATABASE_URL": database} if database else {}))
    site = Site(env, "--web-workers", "1")
    site.manage("migrate", "--run-syncdb", "-v", "0")
    site.manage("createcachetable")
    os.environ.update(env)
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    return site


def main() -> int:
    """Run the proof, print one line for each kill; exit code 1 when one of them went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(TARGETS), help="comma-separated: " + ", ".join(TARGETS))
    parser.add_argument("--when", choices=["idle", "busy", "both"], default="both")
    parser.add_argument("--database", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    moments = {"idle": [True], "busy": [False], "both": [True, False]}[options.when]
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="kill-proof-") as folder:
        proof = Proof(prepare(Path(folder), options.database))
        try:
            for target in options.only.split(","):
                for idle in moments:
                    outcome = proof.run(target, idle=idle)
                    outcomes.append(outcome)
                    show(outcome, as_json=options.json)
        finally:
            for process in proof.site.living():
                process.kill()
            if any(not outcome.is_good for outcome in outcomes):
                sys.stderr.write(proof.site.log.read_text(encoding="utf-8", errors="replace")[-4000:])
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def show(outcome: Outcome, *, as_json: bool) -> None:
    """One line."""
    if as_json:
        print(json.dumps({**asdict(outcome), "good": outcome.is_good}), flush=True)
        return
    print(
        f"{'ok  ' if outcome.is_good else 'FAIL'} {outcome.killed:<20} all done after {outcome.seconds:5.1f} s, "
        f"{outcome.effects_missing} missing, {outcome.effects_twice} twice, {outcome.calls_repeated} calls repeated; "
        f"stopped in {outcome.stop_seconds:.1f} s, {outcome.orphans} left behind",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
