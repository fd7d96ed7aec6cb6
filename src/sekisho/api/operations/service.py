"""What the operations work on, and what they ask of whoever runs them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sekisho.findings import AnalyzerType, FindingStore, PolicyGenerationStore, PreviewStore
from sekisho.resources.snapshot import Snapshot


class Scanner(Protocol):
    """Whoever looks at resources, soon and in the background: an operation does not wait for it."""

    def scan(self, analyzer_arn: str) -> None:
        """Have everything looked at for one analyzer."""
        ...

    def scan_resource(self, analyzer_arn: str, resource: str, *, owner_account: str | None = None) -> None:
        """Have one resource looked at for one analyzer.

        Raises:
            CollectError: the text is no ARN of a resource that can be read.
        """
        ...


class ReplyStore(Protocol):
    """Texts under names, for a while."""

    def find(self, name: str) -> str | None:
        """Return what was kept under a name; None when nothing was."""
        ...

    def keep(self, name: str, content: str, *, at: datetime) -> None:
        """Keep a text under a name; what is there already stays."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """What the operations work on.

    Attributes:
        findings: the analyzers with their findings and archive rules.
        previews: the access previews.
        generations: the policy generations, which somebody else carries out.
        replies: what requests with a client token were answered.
        scanner: who scans.
        present: reads one resource as it is now, given its ARN and, where it is known, its owner; its snapshot has no
            resource when there is none of that ARN. Raises `CollectError`.
        account_id: the account in which analyzers are made.
        partition: its partition.
        types: of the analyzers that can be served; there are no others.
        trails: the ARNs of those that may be read.
    """

    findings: FindingStore
    previews: PreviewStore
    generations: PolicyGenerationStore
    replies: ReplyStore
    scanner: Scanner
    present: Callable[[str, str | None], Snapshot]
    account_id: str
    partition: str = "aws"
    types: frozenset[AnalyzerType] = frozenset(AnalyzerType)
    trails: frozenset[str] = frozenset()
