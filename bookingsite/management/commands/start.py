"""`manage.py start`: the whole site with one command, stopped with one Ctrl-C."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookingsite import demo_calendars, preflight, schedules
from bookingsite.lib import clock
from bookingsite.supervisor import Group, Supervisor
from bookingsite.watchdog import WorkerWatch

DEMO_PATIENCE = 20.0  # seconds for the demo's calendar server to answer


class Command(BaseCommand):
    """Web server and background work under one supervisor."""

    help = str(gettext_lazy("Runs the site: web server and background work. Ctrl-C stops everything."))

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen and what to leave out."""
        parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
        parser.add_argument("--web-workers", type=int, default=None, metavar="N")
        parts = parser.add_mutually_exclusive_group()
        parts.add_argument("--no-worker", action="store_true", help=_("only the web server"))
        parts.add_argument("--no-web", action="store_true", help=_("only the background work"))
        parser.add_argument("--migrate", action="store_true", help=_("bring the database up to date first"))
        parser.add_argument("--demo", action="store_true", help=_("with demo data and its calendar server"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, start, announce, watch; returns when everything has stopped."""
        supervisor = Supervisor([])
        supervisor.listen()
        listener = None
        try:
            listener = None if options["no_web"] else preflight.listen(options["bind"])
            if options["migrate"]:
                self._migrate()
            preflight.check()
            schedules.repair(clock.now())
            if options["demo"]:
                self._start_demo(supervisor)
        except preflight.CannotStart as problem:
            supervisor.stop()
            raise CommandError(str(problem)) from None
        if listener:
            supervisor.groups.append(web(listener, options["web_workers"]))
        if not options["no_worker"]:
            add_worker(supervisor)
        supervisor.run(ready=lambda: self._announce(listener))
        self.stdout.write(_("Stopped."))

    def _migrate(self) -> None:
        """Migrations and the cache table; harmless when nothing is to be done."""
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)

    def _start_demo(self, supervisor: Supervisor) -> None:
        """The demo's calendar server, then the data that goes into it."""
        if not settings.DEBUG:
            raise preflight.CannotStart(_("The demo runs in development only (DEBUG=true)."))
        if demo_calendars.is_answering():
            raise preflight.CannotStart(
                _(
                    "Another program listens at port %(port)d, where the demo's calendar server belongs. "
                    "Stop it, or set DEMO_CALDAV_PORT to a free port."
                )
                % {"port": demo_calendars.port()}
            )
        group = Group("calendars", demo_calendars.command(), log=demo_calendars.log_file())
        supervisor.groups.append(group)
        supervisor.start(group)
        deadline = time.monotonic() + DEMO_PATIENCE
        while not demo_calendars.is_answering():
            if time.monotonic() > deadline or not group.is_running or supervisor.is_stopping:
                raise preflight.CannotStart(_("The demo's calendar server did not start."))
            time.sleep(0.1)
        if "demo" in get_commands():
            call_command("demo", stdout=self.stdout)

    def _announce(self, listener: socket.socket | None) -> bool:
        """Once the web server answers, say where."""
        if listener is None:
            self.stdout.write(_("Background work runs. Ctrl-C stops it."))
        elif answers(listener):
            address = settings.SITE_URL if not settings.DEBUG else url_of(listener)
            self.stdout.write(_("Ready: %(address)s (Ctrl-C stops everything)") % {"address": address})
        else:
            return False
        self.stdout.flush()
        return True


def web(listener: socket.socket, workers: int | None) -> Group:
    """The web server, on a socket that the supervisor keeps."""
    extra = {} if workers is None else {"WEB_WORKERS": str(workers)}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:bookingsite.gunicorn_settings",
        "--chdir",
        str(settings.BASE_DIR),
        "--bind",
        f"fd://{listener.fileno()}",
    ]
    environment = {
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "PYTHONPATH": path_of_the_project(),
        **extra,
    }
    return Group("web", command, environment=lambda: environment, pass_fds=[listener.fileno()])


def add_worker(supervisor: Supervisor) -> None:
    """The background work and its watch."""
    watch = WorkerWatch()
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"]
    supervisor.groups.append(
        Group("worker", command, environment=watch.environment, before_stop=signal.SIGUSR1)
    )
    supervisor.watchers["worker"] = watch


def path_of_the_project() -> str:
    """PYTHONPATH for a child that does not run manage.py."""
    parts = (str(settings.BASE_DIR), os.environ.get("PYTHONPATH", ""))
    return os.pathsep.join(part for part in parts if part)


def url_of(listener: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"


def answers(listener: socket.socket) -> bool:
    """Whether the web server answers requests at all (whatever it says)."""
    host, port = listener.getsockname()[:2]
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=1)  # noqa: S104
    try:
        connection.request("GET", "/healthz", headers={"Host": settings.SITE_DOMAIN})
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
