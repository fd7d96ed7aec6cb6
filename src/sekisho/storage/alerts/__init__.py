"""Events on their way to people, in the tables of a SQL database."""

from sekisho.storage.alerts.store import SqlAlertStore

__all__ = ["SqlAlertStore"]
