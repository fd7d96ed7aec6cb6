"""Archive rules in the database."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select

from sekisho.findings import ArchiveRule, Criterion, UnknownArchiveRuleError
from sekisho.storage.documents import parse_document
from sekisho.storage.schema import archive_rules

_CRITERIA: Final = msgspec.json.Decoder(dict[str, Criterion])


def read_rules(connection: Connection, analyzer_arn: str) -> tuple[ArchiveRule, ...]:
    """Return the rules of an analyzer, by name."""
    query = select(archive_rules).where(archive_rules.c.analyzer_arn == analyzer_arn).order_by(archive_rules.c.name)
    return tuple(_rule(row) for row in connection.execute(query))


def write_rule(connection: Connection, rule: ArchiveRule) -> None:
    """Keep a rule, in place of one of the same name."""
    _delete(connection, rule.analyzer_arn, rule.name)
    row = {
        "analyzer_arn": rule.analyzer_arn,
        "name": rule.name,
        "criteria": msgspec.json.encode(rule.criteria).decode(),
        "owner": rule.owner,
        "reason": rule.reason,
        "created_at": rule.created_at,
        "updated_at": rule.updated_at,
        "expires_at": rule.expires_at,
    }
    connection.execute(insert(archive_rules), row)


def delete_rule(connection: Connection, analyzer_arn: str, name: str) -> None:
    """Forget a rule.

    Raises:
        UnknownArchiveRuleError: there is none of this name.
    """
    if _delete(connection, analyzer_arn, name) == 0:
        raise UnknownArchiveRuleError(name)


def _delete(connection: Connection, analyzer_arn: str, name: str) -> int:
    same = (archive_rules.c.analyzer_arn == analyzer_arn, archive_rules.c.name == name)
    return connection.execute(delete(archive_rules).where(*same)).rowcount


def _rule(row: Row[Any]) -> ArchiveRule:
    criteria = parse_document(_CRITERIA, row.criteria)
    return ArchiveRule(
        analyzer_arn=row.analyzer_arn,
        name=row.name,
        criteria=criteria,
        created_at=row.created_at,
        updated_at=row.updated_at,
        owner=row.owner,
        reason=row.reason,
        expires_at=row.expires_at,
    )
