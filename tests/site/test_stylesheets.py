"""What the stylesheets and templates keep to: logical properties, enough contrast, no inline style."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

SHEETS = sorted((settings.BASE_DIR / "static" / "css").glob("*.css"))
TEMPLATE_DIR = settings.BASE_DIR / "templates"
# HTML mails have their styles inline: mail programs read nothing else.
TEMPLATES = sorted(
    path for path in TEMPLATE_DIR.rglob("*.html") if TEMPLATE_DIR / "bookings/mail" not in path.parents
)
PHYSICAL = re.compile(
    r"(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)"
    r"|(?<![\w-])(?:left|right|top|bottom|width|height|(?:min|max)-(?:width|height))\s*:"
    r"|text-align:\s*(?:left|right)|float:\s*(?:left|right)"
)
# Text on its ground, in both colour schemes: WCAG 1.4.3 wants 4.5, 1.4.11 wants 3 for edges of inputs.
TEXT = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink-muted", "paper"),
    ("ink-muted", "surface"),
    ("ink-muted", "sunken"),
    ("accent", "surface"),
    ("accent", "paper"),
    ("accent", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("accent-hover", "surface"),
    ("on-accent-soft", "accent-soft"),
    ("on-accent-soft", "accent-soft-hover"),
    ("ok", "ok-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("bad", "surface"),
    ("ink", "ok-soft"),
    ("ink", "warn-soft"),
    ("ink", "bad-soft"),
    ("ink", "accent-soft"),
]
EDGES = [
    ("line-strong", "surface"),
    ("line-strong", "paper"),
    ("focus", "surface"),
    ("focus", "paper"),
    ("accent", "surface"),
]


def colours(scheme: str) -> dict[str, str]:
    light, dark = (
        (settings.BASE_DIR / "static/css/tokens.css").read_text().split("prefers-color-scheme: dark")
    )
    found = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", dark))


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(scheme: str) -> None:
    shades = colours(scheme)

    weak = {(text, ground): round(contrast(shades[text], shades[ground]), 2) for text, ground in TEXT}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_edge_can_be_seen(scheme: str) -> None:
    shades = colours(scheme)

    weak = {(edge, ground): round(contrast(shades[edge], shades[ground]), 2) for edge, ground in EDGES}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_stylesheet_uses_logical_properties(sheet: Path) -> None:
    rules = sheet.read_text().replace(
        "env(safe-area-inset-bottom)", ""
    )  # the device's own edge has no logical name

    assert PHYSICAL.findall(rules) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_stylesheet_loads_nothing_from_elsewhere(sheet: Path) -> None:
    assert re.findall(r"@import|url\(", sheet.read_text()) == []


def test_templates_hold_no_inline_style_script_or_foreign_file() -> None:
    forbidden = re.compile(
        r'\sstyle="|\son[a-z]+="|<style|<script(?![^>]*(?:\ssrc=|application/json))|(?:src|<link[^>]*href)="(?:https?:)?//'
    )

    assert {path.name: found for path in TEMPLATES if (found := forbidden.findall(path.read_text()))} == {}


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(
        re.findall(r'<symbol id="([\w-]+)"', (settings.BASE_DIR / "static/img/icons.svg").read_text())
    )
    named = set()
    for path in TEMPLATE_DIR.rglob("*.html"):
        named |= set(re.findall(r'icon\.html" with name="([\w-]+)"', path.read_text()))

    assert named - drawn == set()
