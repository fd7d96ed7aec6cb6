"""The exemptions of a settings file: one table for each, under the name that it signs with."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import msgspec

from sekisho.analyzers.credentials import CHECKS, Exemption
from sekisho.analyzers.credentials.exemptions import is_like
from sekisho.cli.settings import EXEMPTIONS, SettingsError, read_toml


def read_exemptions(file: Path | None) -> tuple[Exemption, ...]:
    """Return the exemptions of a settings file; none where there is no file.

    Raises:
        SettingsError: one of them is none; the message names the file and the line.
    """
    if file is None:
        return ()
    text, raw = read_toml(file)
    tables: object = raw.get(EXEMPTIONS, {})
    if not isinstance(tables, dict):
        raise SettingsError(f"{file}: write each exemption under a name of its own, `[{EXEMPTIONS}.NAME]`")
    named = cast("Mapping[str, object]", tables)
    return tuple(_exemption(name, table, f"{file}, line {_line(name, text)}") for name, table in named.items())


def _exemption(name: str, table: object, place: str) -> Exemption:
    if not isinstance(table, dict):
        raise SettingsError(f"{place}: write the exemption `{name}` as a table, `[{EXEMPTIONS}.{name}]`")
    try:
        exemption = msgspec.convert({**cast("Mapping[str, object]", table), "name": name}, Exemption)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{place}: the exemption `{name}` cannot be used: {error}") from error
    if problem := _problem(exemption):
        raise SettingsError(f"{place}: the exemption `{name}` {problem}")
    return exemption


def _problem(exemption: Exemption) -> str | None:
    if not exemption.owner.strip() or not exemption.reason.strip():
        return "does not say who answers for it and why it is all right; write `owner` and `reason`"
    if exemption.is_of_all:
        return "is of everything; name `users`, `paths`, `tags`, `accounts` or `checks`"
    for path in exemption.paths:
        if not path.startswith("/"):
            return f"names the path `{path}`; a path begins with `/`"
    for pattern in exemption.checks:
        if not any(is_like(check, pattern) for check in CHECKS):
            return f"names the check `{pattern}`, which there is not"
    return None


def _line(name: str, text: str) -> int:
    heading = re.compile(rf"\s*\[\s*{EXEMPTIONS}\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*\]")
    return next((number for number, line in enumerate(text.splitlines(), start=1) if heading.match(line)), 1)
