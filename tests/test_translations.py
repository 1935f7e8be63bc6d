"""Every language that can be chosen is whole: nothing empty, nothing guessed, nothing that breaks a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import django
import polib
import pytest
from django.conf import settings
from django.utils import translation

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))
ALLAUTH_OURS = sorted(ROOT.glob("locale_allauth/*/LC_MESSAGES/django.po"))
ALLAUTH_THEIRS = Path(allauth.__file__).parent / "locale"
DJANGO_THEIRS = Path(django.__file__).parent / "conf" / "locale"
DJANGOS = Path(django.__file__).parent / "conf/locale"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z]|<[^>]+>")
HEADER_DATES = {"POT-Creation-Date", "PO-Revision-Date"}
INFORMAL = re.compile(r"\b(du|dich|dir|dein\w*)\b", re.IGNORECASE)

each_catalogue = pytest.mark.parametrize(
    "path", CATALOGUES + ALLAUTH_OURS, ids=lambda path: str(path.relative_to(ROOT).parent.parent)
)


def key(entry: polib.POEntry) -> tuple[str | None, str]:
    """What a text is looked up by."""
    return entry.msgctxt, entry.msgid


def texts(entry: polib.POEntry) -> list[str]:
    """What the translator wrote: one text, or one for each plural form."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def parts(text: str) -> list[str]:
    """The named placeholders and the HTML tags of a text, in a fixed order; each once."""
    return sorted(set(PLACEHOLDER.findall(text)))


def broken(entry: polib.POEntry) -> list[str]:
    """The translations of an entry that lack a placeholder or a tag, or have one of their own.

    A form for one thing may say "one" without a number where English does; the last form is for many.
    """
    many = parts(entry.msgid_plural or entry.msgid)
    *others, last = texts(entry)
    return [text for text in others if parts(text) not in (parts(entry.msgid), many)] + (
        [last] if parts(last) != many else []
    )


@pytest.mark.promise("H2")
def test_languages_all_have_a_catalogue() -> None:
    expected = {translation.to_locale(code) for code, _name in settings.LANGUAGES} - {"en"}

    assert {path.parent.parent.name for path in CATALOGUES} == expected


@each_catalogue
def test_catalogue_is_whole(path: Path) -> None:
    entries = polib.pofile(str(path))

    assert [entry.msgid for entry in entries if "" in texts(entry) or entry.fuzzy] == []


@each_catalogue
def test_catalogue_has_no_leftovers_of_deleted_texts(path: Path) -> None:
    assert [entry.msgid for entry in polib.pofile(str(path)).obsolete_entries()] == []


@each_catalogue
def test_catalogue_keeps_placeholders_and_tags(path: Path) -> None:
    entries = polib.pofile(str(path))

    assert {entry.msgid: broken(entry) for entry in entries if broken(entry)} == {}


def test_broken_finds_a_lost_placeholder() -> None:
    entry = polib.POEntry(msgid="%(name)s is <b>free</b>", msgstr="<b>frei</b>")

    assert broken(entry) == ["<b>frei</b>"]


@each_catalogue
def test_catalogue_is_compiled_as_it_is_written(path: Path) -> None:
    written = {key(entry): texts(entry) for entry in polib.pofile(str(path))}
    compiled = {key(entry): texts(entry) for entry in polib.mofile(str(path.with_suffix(".mo")))}

    assert compiled == written


@each_catalogue
def test_catalogue_header_names_its_language_and_no_date(path: Path) -> None:
    metadata = polib.pofile(str(path)).metadata

    assert metadata["Language"] == path.parent.parent.name
    assert HEADER_DATES & metadata.keys() == set()


@pytest.mark.parametrize("path", ALLAUTH_OURS, ids=lambda path: path.parent.parent.name)
def test_texts_in_place_of_allauths_are_still_asked_for(path: Path) -> None:
    folder = path.relative_to(ROOT / "locale_allauth")
    theirs = [*polib.pofile(str(ALLAUTH_THEIRS / folder)), *polib.pofile(str(DJANGO_THEIRS / folder))]
    known = {key(entry) for entry in theirs if not entry.obsolete}

    assert [entry.msgid for entry in polib.pofile(str(path)) if key(entry) not in known] == []


def test_german_never_says_du() -> None:
    ours = [
        text for entry in polib.pofile(str(ROOT / "locale/de/LC_MESSAGES/django.po")) for text in texts(entry)
    ]
    theirs = [
        entry.msgid
        for entry in polib.pofile(str(ALLAUTH_THEIRS / "de/LC_MESSAGES/django.po"))
        if not entry.obsolete and not all("idp/" in place for place, _line in entry.occurrences)
    ]
    with translation.override("de"):
        shown = ours + [translation.gettext(msgid) for msgid in theirs]

    assert [text for text in shown if INFORMAL.search(text)] == []
