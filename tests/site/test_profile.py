"""The profile, and pictures that people send."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from bookingsite import pictures
from bookingsite.models import User
from tests.factories.bookings import event_type_of

FIELDS = {"name": "Anna Berg", "slug": "anna", "about": "", "zone": "Europe/Berlin", "language": "en"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 600), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header tells a size that its few bytes do not have."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def send(client: Client, **changes: Any) -> Any:
    return client.post("/settings/profile/", {**FIELDS, **changes})


def upload(client: Client, data: bytes, name: str = "me.png", content_type: str = "image/png") -> Any:
    return send(client, picture=SimpleUploadedFile(name, data, content_type))


def test_profile_shows_what_is_stored(signed_in: Client) -> None:
    html = signed_in.get("/settings/profile/").content.decode()

    assert '<input type="text" name="slug" value="anna"' in html
    assert '<option value="Europe/Berlin" selected>' in html


def test_profile_is_saved_and_said(signed_in: Client, host: User) -> None:
    response = send(signed_in, name="Anna B.", about="Hello\nthere", zone="Asia/Calcutta", language="de")

    host.refresh_from_db()
    assert response["Location"] == "/settings/profile/"
    assert (host.name, host.about.split(), host.zone, host.language) == (
        "Anna B.",
        ["Hello", "there"],
        "Asia/Kolkata",
        "de",
    )


def test_changed_link_is_warned_about(signed_in: Client, host: User) -> None:
    html = signed_in.post("/settings/profile/", {**FIELDS, "slug": "Anna-B"}, follow=True).content.decode()

    host.refresh_from_db()
    assert host.slug == "anna-b"
    assert "Your link is now http://testserver/anna-b/; share it anew." in html


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("slug", "admin", "This link is used by the site itself. Choose another one."),
        ("slug", "settings", "This link is used by the site itself. Choose another one."),
        ("slug", "bookings", "This link is used by the site itself. Choose another one."),
        ("slug", "an na", "Use small letters, digits and hyphens."),
        ("slug", "../etc", "Use small letters, digits and hyphens."),
        ("name", "", "This field is required."),
        ("name", "Anna\nBcc: x", "Use one line of plain text."),
        ("name", "Anna\u202egreB", "Use one line of plain text."),
        ("zone", "Mars/Olympus", "Choose a time zone from the list."),
        ("language", "xx", "Select a valid choice. xx is not one of the available choices."),
        ("about", "x" * 1001, "Ensure this value has at most 1000 characters (it has 1001)."),
    ],
)
def test_bad_input_is_refused_in_words(
    signed_in: Client, host: User, field: str, value: str, sentence: str
) -> None:
    response = send(signed_in, **{field: value})

    assert (response.status_code, response.context["form"].errors) == (422, {field: [sentence]})
    host.refresh_from_db()
    assert (host.name, host.slug, host.zone) == ("Anna Berg", "anna", "Europe/Berlin")


def test_link_of_another_host_is_refused(signed_in: Client, other_host: User) -> None:
    response = send(signed_in, slug=other_host.slug)

    assert response.context["form"].errors == {"slug": ["Someone else has this link. Choose another one."]}


def test_refused_profile_keeps_what_was_typed_but_not_in_the_navigation(signed_in: Client) -> None:
    html = send(signed_in, name="Nobody Else", slug="admin").content.decode()

    assert 'value="Nobody Else"' in html
    assert "<span>Anna Berg</span>" in html


def test_fields_that_are_not_offered_are_ignored(signed_in: Client, host: User) -> None:
    send(signed_in, is_staff="on", is_superuser="on", email="x@example.org", password="x", id="99")

    host.refresh_from_db()
    assert (host.is_staff, host.is_superuser, host.email) == (False, False, "anna@example.org")


def test_a_reserved_link_that_a_host_has_already_stays(signed_in: Client, host: User) -> None:
    User.objects.filter(pk=host.pk).update(slug="help")

    assert send(signed_in, slug="help").status_code == 302


@pytest.mark.promise("E3")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_picture_is_stored_anew_as_a_small_square(
    signed_in: Client, host: User, kind: str, tmp_path: Path
) -> None:
    upload(signed_in, picture(kind))

    host.refresh_from_db()
    stored = Image.open(tmp_path / host.picture.name)
    assert (stored.format, stored.size) == ("WEBP", (512, 512))
    assert signed_in.get("/settings/profile/").status_code == 200


@pytest.mark.promise("E3")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (SVG, "not_a_picture"),
        (SCRIPT, "not_a_picture"),
        (b"", "not_a_picture"),
        (b"GIF89a" + SCRIPT, "not_a_picture"),
        (picture()[:200], "not_a_picture"),
        (b"P6 2 2 255 " + b"\0" * 12, "not_a_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_a_picture"),
        (huge_png(50_000, 50_000), "too_large"),
        (huge_png(7_000, 7_000), "too_large"),
        (b"\x89PNG" + b"x" * pictures.MAX_BYTES, "too_large"),
    ],
)
def test_hostile_picture_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(pictures.PictureRefused) as refused:
        pictures.reencode(data)

    assert refused.value.code == code


@pytest.mark.promise("E3")
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (SVG, "This file is not a picture we can use. Choose a JPEG, PNG, WebP or GIF file."),
        (
            huge_png(50_000, 50_000),
            "This picture is too large. Choose one of at most 5 MB and 40 megapixels.",
        ),
    ],
)
def test_refused_picture_is_explained(signed_in: Client, host: User, data: bytes, sentence: str) -> None:
    response = upload(signed_in, data)

    assert response.context["form"].errors == {"picture": [sentence]}
    host.refresh_from_db()
    assert host.picture.name == ""


@pytest.mark.promise("E3")
def test_polyglot_and_metadata_do_not_survive() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    clean = pictures.reencode(picture("JPEG", exif=exif, comment=SCRIPT) + SCRIPT)

    assert (SCRIPT in clean, b"secret place" in clean, Image.open(io.BytesIO(clean)).format) == (
        False,
        False,
        "WEBP",
    )


def test_picture_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    source = Image.new("RGB", (40, 40), "red")
    source.paste("blue", (0, 0, 40, 20))
    out = io.BytesIO()
    source.save(out, "JPEG", exif=exif, quality=95, subsampling=0)

    red, _green, blue = (
        Image.open(io.BytesIO(pictures.reencode(out.getvalue()))).convert("RGB").getpixel((35, 20))
    )  # type: ignore[misc]

    assert blue > red  # the top went to the right


def test_new_picture_replaces_the_file_and_removing_deletes_it(signed_in: Client, tmp_path: Path) -> None:
    upload(signed_in, picture())
    first = {path.name for path in (tmp_path / "people").iterdir()}
    upload(signed_in, picture())
    second = {path.name for path in (tmp_path / "people").iterdir()}
    send(signed_in, **{"picture-clear": "on"})

    assert (len(first), len(second), first & second) == (1, 1, set())
    assert list((tmp_path / "people").iterdir()) == []


@pytest.mark.promise("E3")
def test_picture_is_shown_to_guests(signed_in: Client, host: User, guest: Client) -> None:
    upload(signed_in, picture())
    host.refresh_from_db()
    offer = event_type_of(host)

    pages = [guest.get(f"/{host.slug}/").text, guest.get(f"/{host.slug}/{offer.slug}/").text]

    assert [f'src="{host.picture.url}"' in page for page in pages] == [True, True]


def test_picture_is_served_as_webp_and_nothing_else_is_served(
    signed_in: Client, host: User, guest: Client
) -> None:
    upload(signed_in, picture())
    host.refresh_from_db()

    response = guest.get(host.picture.url)

    assert (response.status_code, response["Content-Type"], response.cookies) == (200, "image/webp", {})
    for name in ("..%2f..%2fetc%2fpasswd", "../db.sqlite3", "0" * 32 + ".webp", "x.svg"):
        assert guest.get(f"/media/people/{name}").status_code == 404


@pytest.mark.parametrize(("field", "value"), [("zone", "Mars/Olympus"), ("language", "xx")])
def test_admin_refuses_what_the_profile_refuses(
    operator_client: Client, host: User, field: str, value: str
) -> None:
    fields = {**FIELDS, "email": host.email, "is_active": "on", field: value}

    response = operator_client.post(f"/admin/bookingsite/user/{host.pk}/change/", fields)

    assert list(response.context["adminform"].form.errors) == [field]


@pytest.mark.promise("E3")
def test_admin_stores_no_picture_as_it_came(operator_client: Client, host: User, tmp_path: Path) -> None:
    upload = SimpleUploadedFile("x.svg", SVG, "image/svg+xml")
    fields = {**FIELDS, "email": host.email, "is_active": "on", "picture": upload}

    operator_client.post(f"/admin/bookingsite/user/{host.pk}/change/", fields)

    assert list(tmp_path.rglob("*.*")) == []
