"""Analyzers in the database; whoever changes what is theirs takes a turn by their row."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, text, update

from sekisho.findings import (
    Analyzer,
    AnalyzerExistsError,
    AnalyzerType,
    TooManyAnalyzersError,
    UnknownAnalyzerError,
)
from sekisho.storage.database import insert_unless_known
from sekisho.storage.documents import UNUSED_ACCESS, format_document, parse_document
from sekisho.storage.queries import keepable
from sekisho.storage.schema import access_previews, analyzers, archive_rules, findings, resources, scans

_TAGS: Final[msgspec.json.Decoder[Mapping[str, str]]] = msgspec.json.Decoder(dict[str, str])


def take_turn(connection: Connection, arn: str) -> None:
    """Lock an analyzer's row, so that two changes of one analyzer follow each other in every database.

    Raises:
        UnknownAnalyzerError: there is none.
    """
    turn = update(analyzers).where(analyzers.c.arn == keepable(arn)).values(scans=analyzers.c.scans + 1)
    if connection.execute(turn).rowcount == 0:
        raise UnknownAnalyzerError(arn)


def read_analyzers(connection: Connection) -> tuple[Analyzer, ...]:
    """Return every analyzer, by ARN."""
    return tuple(sorted(map(_analyzer, connection.execute(select(analyzers))), key=lambda one: one.arn))


def read_analyzer(connection: Connection, arn: str) -> Analyzer:
    """Return one analyzer.

    Raises:
        UnknownAnalyzerError: there is none.
    """
    row = connection.execute(select(analyzers).where(analyzers.c.arn == keepable(arn))).one_or_none()
    if row is None:
        raise UnknownAnalyzerError(arn)
    return _analyzer(row)


def add_analyzer(connection: Connection, analyzer: Analyzer, *, at_most: int | None) -> None:
    """Keep a new analyzer.

    Raises:
        AnalyzerExistsError: there is one with this ARN.
        TooManyAnalyzersError: there would be more than `at_most`.
    """
    row = _row(analyzer) | {"arn": analyzer.arn, "scans": 0, "created_at": analyzer.created_at}
    added = insert_unless_known(connection, analyzers).values(row).returning(analyzers.c.arn)
    if connection.execute(added).one_or_none() is None:
        raise AnalyzerExistsError(analyzer.arn)
    if at_most is not None and connection.execute(select(func.count()).select_from(analyzers)).scalar_one() > at_most:
        raise TooManyAnalyzersError(f"there are {at_most} analyzers at most; delete one first")


def change_analyzer(connection: Connection, arn: str, decide: Callable[[Analyzer], Analyzer]) -> Analyzer:
    """Change an analyzer and return it as it is now.

    Raises:
        UnknownAnalyzerError: there is none.
    """
    take_turn(connection, arn)
    after = decide(read_analyzer(connection, arn))
    connection.execute(update(analyzers).where(analyzers.c.arn == arn).values(_row(after)))
    return after


def note_last_resource(connection: Connection, arn: str, resource: str, at: datetime) -> None:
    """Remember what an analyzer looked at last."""
    connection.execute(
        update(analyzers).where(analyzers.c.arn == arn).values(last_resource=resource, last_resource_at=at)
    )


def drop_analyzer(connection: Connection, arn: str) -> None:
    """Forget an analyzer and all that is its; histories and conditions go with the findings, which may take long."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    for table in (archive_rules, access_previews, resources, scans, findings):
        connection.execute(delete(table).where(table.c.analyzer_arn == arn))
    connection.execute(delete(analyzers).where(analyzers.c.arn == arn))


def _row(analyzer: Analyzer) -> dict[str, Any]:
    """Return what may change."""
    return {
        "type": analyzer.type.value,
        "tags": msgspec.json.encode(analyzer.tags, order="sorted").decode(),
        "unused_access": None if analyzer.unused_access is None else format_document(analyzer.unused_access),
    }


def _analyzer(row: Row[Any]) -> Analyzer:
    return Analyzer(
        arn=row.arn,
        type=AnalyzerType(row.type),
        created_at=row.created_at,
        tags=parse_document(_TAGS, row.tags),
        last_resource=row.last_resource,
        last_resource_at=row.last_resource_at,
        unused_access=None if row.unused_access is None else parse_document(UNUSED_ACCESS, row.unused_access),
    )
