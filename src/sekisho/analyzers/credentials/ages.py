"""How old the access keys are that work, for a picture of an account at one glance."""

from collections.abc import Iterator

from sekisho.analyzers.credentials.keys import Key, keys_of
from sekisho.analyzers.credentials.user import is_gone
from sekisho.resources.credentials import AccountCredentials, ReportRow


def key_ages(account: AccountCredentials) -> tuple[int | None, ...]:
    """Return the age of every active access key in whole days, those of the root user among them.

    A key is as old as IAM says that it was made. Of a report alone it is as old as the last change of its status, and
    so may be older.

    Returns:
        None in place of an age that is not known; nothing when no key is active, or when nothing was read.
    """
    return tuple(_age(key) for row in _rows(account) for key in keys_of(account, row).active)


def _rows(account: AccountCredentials) -> Iterator[ReportRow]:
    """Yield the rows of the report of whoever is still there, and one for each user whom only IAM's own list has."""
    rows = account.report.rows if account.report else ()
    yield from (row for row in rows if not is_gone(account, row))
    for user in account.access_keys.keys() - {row.user for row in rows}:
        yield ReportRow.of_nobody(user)


def _age(key: Key) -> int | None:
    return None if key.made is None else key.age_of(key.made).days
