"""Every language that can be chosen is whole: nothing empty, nothing guessed, nothing that breaks a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

ROOT = Path(__file__).resolve().parent.parent / "locale"
CATALOGUES = sorted(ROOT.glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|<[^>]+>")
HEADER_DATES = {"POT-Creation-Date", "PO-Revision-Date"}

each_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)


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
    written = {(entry.msgctxt, entry.msgid): texts(entry) for entry in polib.pofile(str(path))}
    compiled = {
        (entry.msgctxt, entry.msgid): texts(entry) for entry in polib.mofile(str(path.with_suffix(".mo")))
    }

    assert compiled == written


@each_catalogue
def test_catalogue_header_names_its_language_and_no_date(path: Path) -> None:
    metadata = polib.pofile(str(path)).metadata

    assert metadata["Language"] == path.parent.parent.name
    assert HEADER_DATES & metadata.keys() == set()
