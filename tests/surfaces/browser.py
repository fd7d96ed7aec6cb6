"""A real browser in front of a page: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""Without a sandbox, as root in a container has none; it opens nothing but our own page."""

REMEDY: Final = "there is no Chromium; install one with `apt-get install chromium`, or name its program in CHROMIUM"


def find_chromium() -> str:
    """Return the program. Without one the test is skipped, but where everything has to run it fails."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if named is not None:
        return named
    if os.environ.get("CI"):
        pytest.fail(REMEDY)
    pytest.skip(REMEDY)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Lend a browser."""
    program = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
