"""What a report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sekisho.findings import Finding


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account that was to be looked at.

    Attributes:
        data_at: when its data is from; None when nothing of it was read.
        notes: what of it was not looked at, a sentence each.
    """

    account_id: str
    data_at: datetime | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a page tells.

    Attributes:
        title: what was looked at, for instance `Credentials`.
        made_at: when the report is made.
        findings: in any order.
        about: a sentence below the title; empty for none.
        accounts: those that were to be looked at; without any, those of the findings are named.
        notes: what was not looked at and belongs to no single account, a sentence each.
        agreed: what was agreed to and is told no more, a sentence each.
        marks: `new` or `back`, by the id of a finding.
        fixed: what has been resolved since.
        since: the run that it is compared with; None when there was none.
        key_ages: the age in days of every active access key, None for one that is not known; None in place of them all
            where no keys were looked at.
    """

    title: str
    made_at: datetime
    findings: Sequence[Finding]
    about: str = ""
    accounts: Sequence[AccountLine] = ()
    notes: Sequence[str] = ()
    agreed: Sequence[str] = ()
    marks: Mapping[str, str] = field(default_factory=dict[str, str])
    fixed: Sequence[Finding] = ()
    since: datetime | None = None
    key_ages: Sequence[int | None] | None = None
