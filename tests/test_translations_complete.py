"""Every text of the sources stands in every catalogue: a text without a translation fails here (EM-8)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("availability", "bookings", "bookingsite", "calendars")
CATALOGUES = sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))
ARGUMENTS = {"gettext": 1, "pgettext": 2, "ngettext": 1, "npgettext": 2}  # up to the text that is looked up
LITERAL = r"""[uU]?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({LITERAL})(?:\s*,\s*({LITERAL}))?", re.DOTALL)

Key = tuple[str | None, str]  # context and text


def in_code(source: str) -> Iterator[Key]:
    """What a module translates: calls of gettext and its sisters, whatever they were imported as."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name.removesuffix("_lazy").removesuffix("_noop")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            yield from _key(names.get(called, called), [ast.unparse(argument) for argument in node.args])


def in_template(source: str) -> Iterator[Key]:
    """What a template translates, as Django itself rewrites it for xgettext."""
    for name, *literals in CALL.findall(templatize(source)):
        yield from _key("gettext" if name == "_" else name, [literal for literal in literals if literal])


def _key(name: str, arguments: list[str]) -> Iterator[Key]:
    wanted = ARGUMENTS.get(name, 0)
    if not wanted or len(arguments) < wanted:
        return
    try:
        read = [ast.literal_eval(argument) for argument in arguments[:wanted]]
    except ValueError:  # a text that was marked elsewhere
        return
    yield (read[0] if wanted == 2 else None, read[-1])


@cache
def texts() -> frozenset[Key]:
    """Every text of the product's own code and templates."""
    modules = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    pages = [path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"}]
    found = [key for path in modules for key in in_code(path.read_text())]
    return frozenset(found + [key for path in pages for key in in_template(path.read_text())])


def test_in_code_finds_lazy_texts_contexts_and_plurals() -> None:
    source = (
        "from django.utils.translation import gettext_lazy as _, pgettext_lazy, ngettext\n"
        "_('One'), pgettext_lazy('mail', 'to'), ngettext('a ' 'day', 'days', n), _(name)"
    )

    assert set(in_code(source)) == {(None, "One"), ("mail", "to"), (None, "a day")}


def test_in_template_finds_tags_contexts_plurals_and_filters() -> None:
    source = (
        '{% translate "One" %}{% translate "To" context "mail" %}{{ _("Two") }}'
        "{% blocktranslate trimmed count left=n %}\n {{ left }} day\n"
        "{% plural %}\n{{ left }} days{% endblocktranslate %}"
    )

    assert set(in_template(source)) == {(None, "One"), ("mail", "To"), (None, "Two"), (None, "%(left)s day")}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_catalogue_has_every_text_and_no_other(path: Path) -> None:
    known = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path)) if not entry.obsolete}

    assert known ^ texts() == frozenset()
