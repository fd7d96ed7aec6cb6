"""Archive rules in the database."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from sekisho.findings import (
    MOST_RULES,
    ArchiveRule,
    ArchiveRuleExistsError,
    Criterion,
    TooManyArchiveRulesError,
    UnknownArchiveRuleError,
)
from sekisho.storage.documents import parse_document
from sekisho.storage.queries import keepable
from sekisho.storage.schema import archive_rules

_CRITERIA: Final = msgspec.json.Decoder(dict[str, Criterion])


def read_rules(connection: Connection, analyzer_arn: str) -> tuple[ArchiveRule, ...]:
    """Return the rules of an analyzer, by name."""
    query = select(archive_rules).where(archive_rules.c.analyzer_arn == analyzer_arn).order_by(archive_rules.c.name)
    return tuple(_rule(row) for row in connection.execute(query))


def add_rules(connection: Connection, analyzer_arn: str, added: Sequence[ArchiveRule]) -> None:
    """Keep new rules of one analyzer.

    Raises:
        ArchiveRuleExistsError: there is one of this name, or there are two among them.
        TooManyArchiveRulesError: there would be more than an analyzer has.
    """
    names = list(
        connection.execute(select(archive_rules.c.name).where(archive_rules.c.analyzer_arn == analyzer_arn)).scalars()
    )
    for rule in added:
        if rule.name in names:
            raise ArchiveRuleExistsError(rule.name)
        names.append(rule.name)
    if len(names) > MOST_RULES:
        raise TooManyArchiveRulesError(f"an analyzer has {MOST_RULES} archive rules at most")
    if added:
        connection.execute(insert(archive_rules), [_row(rule) for rule in added])


def change_rule(
    connection: Connection, analyzer_arn: str, name: str, decide: Callable[[ArchiveRule], ArchiveRule]
) -> None:
    """Change a rule.

    Raises:
        UnknownArchiveRuleError: there is none of this name.
    """
    same = (archive_rules.c.analyzer_arn == analyzer_arn, archive_rules.c.name == keepable(name))
    row = connection.execute(select(archive_rules).where(*same)).one_or_none()
    if row is None:
        raise UnknownArchiveRuleError(name)
    connection.execute(update(archive_rules).where(*same).values(_row(decide(_rule(row)))))


def delete_rule(connection: Connection, analyzer_arn: str, name: str) -> None:
    """Forget a rule.

    Raises:
        UnknownArchiveRuleError: there is none of this name.
    """
    same = (archive_rules.c.analyzer_arn == analyzer_arn, archive_rules.c.name == keepable(name))
    if connection.execute(delete(archive_rules).where(*same)).rowcount == 0:
        raise UnknownArchiveRuleError(name)


def _row(rule: ArchiveRule) -> dict[str, Any]:
    return {
        "analyzer_arn": rule.analyzer_arn,
        "name": rule.name,
        "criteria": msgspec.json.encode(rule.criteria).decode(),
        "owner": rule.owner,
        "reason": rule.reason,
        "created_at": rule.created_at,
        "updated_at": rule.updated_at,
        "expires_at": rule.expires_at,
    }


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
