"""Photographs pages on a phone and a desktop, light and dark, for people to look at. Not part of the suite.

python tests/e2e/shots.py --base http://127.0.0.1:8000 --sign-in anna@example.org:password / /home/
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

ColorScheme = Literal["light", "dark"]

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"phone": (390, 844), "wide": (1280, 900), "narrow": (320, 640)}
SCHEMES: tuple[ColorScheme, ...] = ("light", "dark")


def sign_in(page: Page, base: str, who: str) -> None:
    """Through the sign-in page, as a person would."""
    email, password = who.split(":", 1)
    page.goto(f"{base}/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("form.form button.button-primary")
    page.wait_for_load_state()


def photograph(browser: Browser, options: argparse.Namespace, size: str, scheme: ColorScheme) -> None:
    """Every path once in this size and scheme; tells what the console and the width complain about."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        has_touch=size == "phone",
        locale=options.locale,
    )
    page = context.new_page()
    page.on("console", lambda message: print(f"{page.url}: {message.type}: {message.text}"))
    if options.sign_in:
        sign_in(page, options.base, options.sign_in)
    for path in options.paths:
        page.goto(options.base + path)
        name = re.sub(r"\W+", "-", path).strip("-") or "front"
        page.screenshot(path=Path(options.out) / f"{name}.{size}.{scheme}.png", full_page=options.full)
        overflow = page.evaluate("(root => root.scrollWidth - root.clientWidth)(document.documentElement)")
        if overflow > 0:
            print(f"{path}: {overflow} px too wide on {size}")
    context.close()


def main() -> None:
    """Read the options, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--out", default="/tmp/shots")
    parser.add_argument("--sign-in", default="", metavar="EMAIL:PASSWORD")
    parser.add_argument("--locale", default="en-GB")
    parser.add_argument("--full", action="store_true", help="the whole page instead of the window")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    Path(options.out).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=ARGS)
        for size in SIZES:
            for scheme in SCHEMES:
                photograph(browser, options, size, scheme)
        browser.close()


if __name__ == "__main__":
    main()
