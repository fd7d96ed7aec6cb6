"""Where findings and access keys are kept between runs: SQL databases behind `FindingStore` and `KeyStore`.

This layer does not know what makes a finding or a key, only how to keep one.
"""

from sekisho.storage.keys import SqlKeyStore
from sekisho.storage.previews import SqlPreviewStore
from sekisho.storage.replies import SqlReplyStore
from sekisho.storage.store import SqlFindingStore

__all__ = ["SqlFindingStore", "SqlKeyStore", "SqlPreviewStore", "SqlReplyStore"]
