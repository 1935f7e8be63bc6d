"""The page of sent mails on a development machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.filebased import EmailBackend
from django.test import Client

ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@pytest.fixture(autouse=True)
def _development(settings: Any, tmp_path: Path) -> None:
    settings.DEBUG = True
    settings.DEV_MAIL_DIR = tmp_path / "mail"


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    """Two mails in one file, as one connection writes them; newest first, as addresses call them."""
    (tmp_path / "mail").mkdir()
    backend = EmailBackend(file_path=str(tmp_path / "mail"))
    for number in (1, 2):
        mail = EmailMultiAlternatives(
            f"Booked {number}", "See http://testserver/b/abc/ <b>", "site@example.org", ["ben@example.org"]
        )
        mail.attach_alternative(
            f"<p style='color:red'>Hello {number}</p><script>alert(1)</script>", "text/html"
        )
        mail.attach_alternative(ICS, "text/calendar; method=REQUEST; charset=UTF-8")
        mail.attach("invite.ics", ICS, "text/calendar")
        backend.send_messages([mail])
    file = next((tmp_path / "mail").iterdir()).name
    return [f"{file}~1", f"{file}~0"]


def test_inbox_without_mails_says_so(client: Client) -> None:
    assert "<h2>No mails yet</h2>" in client.get("/dev/mail/").content.decode()


def test_inbox_lists_the_newest_first(client: Client, names: list[str]) -> None:
    rows = client.get("/dev/mail/").context["rows"]

    assert [(row["name"], row["subject"], row["to"]) for row in rows] == [
        (names[0], "Booked 2", "ben@example.org"),
        (names[1], "Booked 1", "ben@example.org"),
    ]


def test_mail_shows_text_with_links_invitation_and_frame(client: Client, names: list[str]) -> None:
    response = client.get(f"/dev/mail/{names[1]}/")
    html = response.content.decode()

    assert '<a href="http://testserver/b/abc/"' in html
    assert "&lt;b&gt;" in html
    assert "text/calendar; method=REQUEST" in html
    assert (
        f'sandbox="allow-popups allow-top-navigation-by-user-activation" src="/dev/mail/{names[1]}/html/"'
        in html
    )
    assert "frame-src 'self'" in response["Content-Security-Policy"]


def test_html_of_a_mail_runs_no_script_and_shows_in_our_frame(client: Client, names: list[str]) -> None:
    response = client.get(f"/dev/mail/{names[0]}/html/")

    assert "Hello 2" in response.content.decode()
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Content-Security-Policy"].split("; ")[:2] == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
    ]
    assert "allow-scripts" not in response["Content-Security-Policy"]


def test_invitation_can_be_downloaded(client: Client, names: list[str]) -> None:
    response = client.get(f"/dev/mail/{names[0]}/3/")

    assert response["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert response.content.decode().split() == ICS.split()


@pytest.mark.parametrize("name", ["no.log~0", "..%2fdb.sqlite3~0", "x", "~0", "a.log~99999", "a/b.log~0"])
def test_other_names_are_not_found(client: Client, names: list[str], name: str) -> None:
    for path in (f"/dev/mail/{name}/", f"/dev/mail/{name}/html/", f"/dev/mail/{name}/0/"):
        assert client.get(path).status_code == 404


def test_parts_and_mails_that_are_not_there(client: Client, names: list[str]) -> None:
    beyond = names[0].replace("~1", "~2")

    assert client.get(f"/dev/mail/{names[0]}/9/").status_code == 404
    assert client.get(f"/dev/mail/{beyond}/").status_code == 404


def test_style_guide_renders(client: Client) -> None:
    assert client.get("/dev/style/").status_code == 200
