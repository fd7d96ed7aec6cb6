"""Where findings are kept between runs: SQL databases behind the `FindingStore` Protocol.

This layer does not know what makes a finding, only how to keep one.
"""

from sekisho.storage.store import SqlFindingStore

__all__ = ["SqlFindingStore"]
