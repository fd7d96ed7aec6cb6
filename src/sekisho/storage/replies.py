"""What requests were answered that may be sent twice, in a SQL database."""

from datetime import datetime

from sqlalchemy import delete, select

from sekisho.storage.database import Database, insert_unless_known
from sekisho.storage.schema import replies


class SqlReplyStore(Database):
    """Texts under names, for a while; the database may be the one that has the findings or another."""

    def find(self, name: str) -> str | None:
        """Return what was kept under a name; None when nothing was."""
        with self.reading() as connection:
            return connection.execute(select(replies.c.content).where(replies.c.name == name)).scalar_one_or_none()

    def keep(self, name: str, content: str, *, at: datetime) -> None:
        """Keep a text under a name; what is there already stays."""
        with self.writing() as connection:
            connection.execute(
                insert_unless_known(connection, replies).values({"name": name, "at": at, "content": content})
            )

    def forget(self, *, before: datetime) -> None:
        """Drop what was kept before a time."""
        with self.writing() as connection:
            connection.execute(delete(replies).where(replies.c.at < before))
