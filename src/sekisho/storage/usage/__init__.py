"""Usage, kept: what CloudTrail's files come down to, in Parquet, so that a file is read once and asked often."""

from sekisho.storage.usage.reader import UsageReader
from sekisho.storage.usage.store import UsageStore, write_part
from sekisho.storage.usage.table import table_of
from sekisho.storage.usage.temporary import temporary_file

__all__ = ["UsageReader", "UsageStore", "table_of", "temporary_file", "write_part"]
