"""The stores that have to keep what the Protocols promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sekisho.findings import FindingStore
from sekisho.storage import SqlFindingStore


@pytest.fixture(params=["a SQLite file", "SQLite in memory", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FindingStore]:
    match request.param:
        case "a SQLite file":
            url = str(tmp_path / "findings.db")
        case "SQLite in memory":
            url = "sqlite://"
        case _:
            url = request.getfixturevalue("postgresql")
    with SqlFindingStore(url) as opened:
        yield opened
