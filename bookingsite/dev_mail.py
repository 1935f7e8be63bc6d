"""A page that shows every mail the site sent. Only on a development machine; elsewhere it does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import wraps
from pathlib import Path
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

SEPARATOR = re.compile(rb"^-{79}\r?\n?", re.MULTILINE)  # what Django's file backend writes after each mail
NAME = re.compile(r"(?P<file>[\w.-]+\.log)~(?P<place>\d+)", re.ASCII)
SHOWN = 200
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-top-navigation-by-user-activation"
)
HIDDEN_HEADERS = {"Content-Type", "MIME-Version"}

View = Callable[..., HttpResponse]


def only_in_development(view: View) -> View:
    """404 on every machine that is not for development, before anything else is looked at."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _mails_in(path: Path) -> list[bytes]:
    parts = (part.strip(b"\r\n") for part in SEPARATOR.split(path.read_bytes()))
    return [part for part in parts if part]


def _newest_files() -> list[Path]:
    files = Path(settings.DEV_MAIL_DIR).glob("*.log")
    return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)[:SHOWN]


def _parse(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _load(name: str) -> EmailMessage:
    """The mail of a name as `inbox` gives it. Raises Http404."""
    match = NAME.fullmatch(name)
    path = Path(settings.DEV_MAIL_DIR) / match["file"] if match else None
    if match is None or path is None or not path.is_file():
        raise Http404
    mails = _mails_in(path)
    if int(match["place"]) >= len(mails):
        raise Http404
    return _parse(mails[int(match["place"])])


def _leaves(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.walk() if not part.is_multipart() and isinstance(part, EmailMessage)]


def _text(part: EmailMessage) -> str:
    content = part.get_content()
    return content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")


@only_in_development
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The newest mails first."""
    rows = []
    for path in _newest_files():
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        for place, data in reversed(list(enumerate(_mails_in(path)))):
            mail = _parse(data)
            name = f"{path.name}~{place}"
            rows.append({"name": name, "to": mail["To"], "subject": mail["Subject"], "at": written})
    return render(request, "bookingsite/dev_mail/inbox.html", {"rows": rows[:SHOWN]})


@only_in_development
@require_safe
@csp_update({"frame-src": ["'self'"]})  # type: ignore[untyped-decorator]
def show(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: its headers, its text with links, its HTML in a frame, its other parts as links."""
    mail = _load(name)
    leaves = _leaves(mail)
    kinds = [part.get_content_type() for part in leaves]
    texts = [
        _text(part)
        for part, kind in zip(leaves, kinds, strict=True)
        if kind == "text/plain" and not part.get_filename()
    ]
    parts = [
        {
            "number": number,
            "type": kind,
            "file": part.get_filename(),
            "method": part.get_param("method"),
            "text": _text(part) if kind == "text/calendar" else "",
        }
        for number, (part, kind) in enumerate(zip(leaves, kinds, strict=True))
    ]
    context = {
        "name": name,
        "mail": mail,
        "headers": [(key, value) for key, value in mail.items() if key not in HIDDEN_HEADERS],
        "text": "\n\n".join(texts),
        "has_html": "text/html" in kinds,
        "parts": parts,
    }
    return render(request, "bookingsite/dev_mail/show.html", context)


@only_in_development
@require_safe
@xframe_options_sameorigin
def show_html(request: HttpRequest, name: str) -> HttpResponse:
    """The mail's HTML as it is, for the frame; no script can run in it."""
    for part in _leaves(_load(name)):
        if part.get_content_type() == "text/html":
            return HttpResponse(_text(part), headers={"Content-Security-Policy": FRAME_POLICY})
    raise Http404


@only_in_development
@require_safe
def show_part(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One part as a download, such as the invitation."""
    leaves = _leaves(_load(name))
    if number >= len(leaves):
        raise Http404
    part = leaves[number]
    content = part.get_content()
    data = content.encode() if isinstance(content, str) else bytes(content)
    file_name = re.sub(r"[^\w.-]", "", part.get_filename() or "") or f"part-{number}.txt"
    return HttpResponse(
        data,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )
