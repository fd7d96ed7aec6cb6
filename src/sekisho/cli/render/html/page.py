"""A report as the lines of one HTML file.

Safety rests on three things, and each would be enough. Every value is made visible and escaped by the environment of
the template, not by whoever writes the template. The policy of the page lets nothing run or load but the one style and
the one script whose hashes it names. And that script never makes markup out of text.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from sekisho.cli.escape import plain
from sekisho.cli.render.html.report import Report
from sekisho.cli.render.html.view import page_of

if TYPE_CHECKING:
    from jinja2 import Template

PACKAGE: Final = "sekisho.cli.render.html"
TEMPLATE: Final = "report.html.jinja"
STYLE: Final = "report.css"
SCRIPT: Final = "report.js"


def render_html(report: Report) -> Iterator[str]:
    """Yield the lines of a page, in ASCII so that no encoding of a stream can spoil it."""
    style, script = _asset(STYLE), _asset(SCRIPT)
    parts = _template().generate(
        policy=content_security_policy(style, script), style=style, script=script, page=page_of(report)
    )
    for line in _lines(parts):
        yield line.encode("ascii", "xmlcharrefreplace").decode("ascii")


def content_security_policy(style: str, script: str) -> str:
    """Return the policy of a page with this style and this script, and nothing else.

    Source: W3C, "Content Security Policy Level 3", "script-src" and "Hash usage". `frame-ancestors` is not among the
    directives, as browsers ignore it in a page and say so.
    """
    directives = {
        "default-src": "'none'",
        "style-src": f"'sha256-{_hash(style)}'",
        "script-src": f"'sha256-{_hash(script)}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    """Return a file beside this one; with the line ends that a browser hashes, whatever the system."""
    return files(PACKAGE).joinpath(name).read_text("utf-8").replace("\r\n", "\n")


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only who wants a page waits for it

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_visible, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_asset(TEMPLATE), {"spans": _spans, "utc": _utc, "machine": _machine})


def _visible(value: object) -> object:
    """Make what the template writes visible to the last character, as on a terminal."""
    return plain(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _spans(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a sentence, and whether each stands between backticks and so is code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # one backtick too many, so that nobody can tell
        yield text, False
        return
    for number, piece in enumerate(pieces):
        if piece:
            yield piece, number % 2 == 1


def _utc(moment: datetime, pattern: str = "%Y-%m-%d %H:%M UTC") -> str:
    return moment.astimezone(UTC).strftime(pattern)


def _machine(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lines(parts: Iterable[str]) -> Iterator[str]:
    """Yield whole lines, in whatever pieces the template yields them."""
    begun = ""
    for part in parts:
        *lines, begun = f"{begun}{part}".split("\n")  # no `+`, with which markup escapes its neighbour
        yield from lines
    if begun:
        yield begun
