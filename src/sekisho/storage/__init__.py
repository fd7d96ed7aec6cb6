"""Where things are kept between runs: SQL databases behind `FindingStore`, `KeyStore` and others, files in `usage`.

This layer does not know what makes a finding or a key, only how to keep one.
"""

from typing import TYPE_CHECKING

from sekisho.lazy import names_of

if TYPE_CHECKING:
    from sekisho.storage.alerts import SqlAlertStore
    from sekisho.storage.keys import SqlKeyStore
    from sekisho.storage.policy_generations import SqlPolicyGenerationStore
    from sekisho.storage.previews import SqlPreviewStore
    from sekisho.storage.replies import SqlReplyStore
    from sekisho.storage.store import SqlFindingStore

__all__ = [
    "SqlAlertStore",
    "SqlFindingStore",
    "SqlKeyStore",
    "SqlPolicyGenerationStore",
    "SqlPreviewStore",
    "SqlReplyStore",
]

__getattr__ = names_of(
    __name__,
    {
        "alerts": ("SqlAlertStore",),
        "keys": ("SqlKeyStore",),
        "policy_generations": ("SqlPolicyGenerationStore",),
        "previews": ("SqlPreviewStore",),
        "replies": ("SqlReplyStore",),
        "store": ("SqlFindingStore",),
    },
)
