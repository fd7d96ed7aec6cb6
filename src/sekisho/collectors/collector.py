"""What a collector declares: the calls it makes, what it keeps of the answers, and how it finds resources."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from sekisho.policy.arns import Arn
from sekisho.resources.json_values import is_list, is_object
from sekisho.resources.snapshot import ApiCall, Json, RawResource


@dataclass(frozen=True, slots=True)
class Read:
    """One read call of AWS.

    Attributes:
        action: the IAM action that allows the call, or None when AWS allows it to everyone.
        keep: the members of the answer that an analysis needs, as dotted paths that pass through lists. Everything
            else is dropped before anyone sees it, so that no environment variable reaches a recording, and no tag but
            those of users and roles.
        needs: the members, as such paths too, without which an answer is not one. An answer that lacks them counts as
            a failed call, because "no policy" must never come of a page that some proxy made up. After a member that
            ends in `?`, the rest is needed only if there is such a member.
        page_size: how many items to ask for at a time; None leaves it to the service.
    """

    action: str | None
    keep: tuple[str, ...]
    needs: tuple[str, ...] = ()
    page_size: int | None = None

    def lacks(self, answer: Mapping[str, Json]) -> tuple[str, ...]:
        """Return the members that the answer should have and has not."""
        return tuple(path for path in self.needs if not _has(answer, path))

    @property
    def items(self) -> str:
        """The member that holds the items of a listing; of several lists the first."""
        return self.keep[0].partition(".")[0]

    def reduce(self, answer: Mapping[str, Json]) -> dict[str, Json]:
        """Return the answer with nothing but what is kept, as JSON: dates are text from here on."""
        kept: dict[str, Json] = _only(answer, self.keep)
        return kept


Reads: TypeAlias = Mapping[str, Read]
"""Read calls by name, `<boto3 client>.<method>`."""


@dataclass(frozen=True, slots=True)
class Pages:
    """A call that was made page by page, as one call; and as a second one the error that cut it short."""

    calls: tuple[ApiCall, ...]
    items: tuple[Json, ...]

    @property
    def failed(self) -> tuple[ApiCall, ...]:
        """The error that cut the listing short, if one did."""
        return failures(self.calls)


class Account(Protocol):
    """An account that can be asked. It answers or says why not; it does not raise.

    Attributes:
        account_id: whose resources they are.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        home: the Region that answers for what belongs to no Region.
    """

    account_id: str
    partition: str
    home: str

    def wants(self, region: str) -> bool:
        """Say whether resources of that Region are to be read."""
        ...

    def call(self, name: str, region: str, **params: Json) -> ApiCall:
        """Make one call."""
        ...

    def list(self, name: str, region: str, **params: Json) -> Pages:
        """Make a call whose answer comes in pages."""
        ...


Unread: TypeAlias = Callable[[], RawResource | None]
"""A resource that a listing named and nothing has read yet; None comes of one that nobody wants."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a listing turned up, and the calls that failed on the way."""

    unread: tuple[Unread, ...]
    failed: tuple[ApiCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ArnForm:
    """What the ARNs of one kind of resource look like.

    Attributes:
        service: whose they are.
        resource: all after the account, as a regular expression.
        region: the Region, as such an expression; empty where the ARN names none.
        account: the same for the account.
    """

    service: str
    resource: str
    region: str = r"[a-z]{2}(-[a-z]+)+-[0-9]+"
    account: str = r"[0-9]{12}"

    def fits(self, arn: Arn) -> bool:
        """Say whether an ARN is one of these."""
        parts = ((self.region, arn.region), (self.account, arn.account), (self.resource, arn.resource))
        return arn.service == self.service and all(re.fullmatch(form, part, re.ASCII) for form, part in parts)


ReadOne: TypeAlias = Callable[[Account, str, str], RawResource | ApiCall | None]
"""Reads one resource, given its Region and its ARN: the same as `find` leads to, at the price of a few calls.

None means that the service says that there is no such resource. A failed call is what kept that from being known, where
it belongs to the account rather than to the resource. Every other failure is part of the resource.
"""


@dataclass(frozen=True, slots=True)
class Collector:
    """One kind of resource.

    Attributes:
        title: what the listing is called when progress is shown.
        reads: every call that `find`, what it finds, and `read_one` may make.
        find: lists the resources of an account in a Region.
        arns: the ARNs that `read_one` answers for.
        read_one: reads one resource of the account.
        regional: whether `find` and `read_one` are for a Region; else they are called with the home Region.
        account_wide: a call whose answer holds for every resource of the account, also for one that is yet to be made.
    """

    title: str
    reads: Reads
    find: Callable[[Account, str], Found]
    arns: ArnForm
    read_one: ReadOne
    regional: bool = True
    account_wide: str | None = None


def says_gone(made: ApiCall, *codes: str) -> bool:
    """Say whether a service answered that there is no such resource; any other failure leaves that open."""
    return made.error is not None and made.error.code in codes


def failures(calls: Iterable[ApiCall]) -> tuple[ApiCall, ...]:
    """Return those of the calls that failed."""
    return tuple(made for made in calls if made.error is not None)


def answer(made: ApiCall) -> Mapping[str, Json]:
    """Return what a call was answered, which is nothing when it failed."""
    return made.response or {}


def _has(value: Json, path: str) -> bool:
    if is_list(value):
        return all(_has(item, path) for item in value)
    head, _, rest = path.partition(".")
    member = head.removesuffix("?")
    if not is_object(value):
        return False
    if member not in value:
        return head.endswith("?")
    return not rest or _has(value[member], rest)


def _only(value: Json, paths: Iterable[str]) -> Json:
    if is_list(value):
        return [_only(item, paths) for item in value]
    below: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        below.setdefault(head, []).extend([rest] if rest else [])
    if not below or not is_object(value):
        return _plain(value)
    return {head: _only(value[head], rests) for head, rests in below.items() if head in value}


def _plain(value: Json) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    if is_list(value):
        return [_plain(item) for item in value]
    return {name: _plain(item) for name, item in value.items()} if is_object(value) else value
