"""How gunicorn serves the site, for `manage.py start` and for `-c python:bookingsite.gunicorn_settings`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bookingsite.lib.processes import die_with_parent

wsgi_app = "bookingsite.wsgi:application"
proc_name = "bookingsite"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 5  # less than the supervisor's patience
keepalive = 5
errorlog = "-"
loglevel = "warning"
control_socket_disable = True  # no socket file in the home folder
forwarded_allow_ips = "*" if int(os.environ.get("TRUSTED_PROXY_COUNT", "0") or 0) else "127.0.0.1"
# In memory: on a slow disk, a sign of life may take so long that a healthy worker is killed.
if Path("/dev/shm").is_dir():  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def post_fork(server: Any, worker: Any) -> None:
    """No web worker outlives its server."""
    die_with_parent(worker.ppid)
