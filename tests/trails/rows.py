"""What a row of the catalogue of calls is: how CloudTrail records a call, and what it needed.

Texts hold `{placeholders}`, which a principal's world fills in. Four of them belong to the event: `{p}` the partition,
`{r}` the region, `{a}` the account that owns the resources and `{me}` the caller's account.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

READING: Final = ("Get", "List", "Describe", "Head", "BatchGet", "Query", "Scan", "Search", "Select", "Filter")
"""How the names of calls begin that CloudTrail marks `readOnly`, where a row does not say otherwise."""


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that a call needs.

    Attributes:
        action: with its service, as the Service Authorization Reference spells it.
        resource: template of the ARN, as a policy would write it; `*` where the action has no resource level. A `*` in
            it stands for what only the call's own answer names, or what the record has no word of.
    """

    action: str
    resource: str


@dataclass(frozen=True, slots=True)
class Pass:
    """A role that a call hands to a service.

    Attributes:
        role: template of the role's ARN.
        service: the service principal that receives it.
    """

    role: str
    service: str


@dataclass(frozen=True, slots=True)
class Row:
    """A call as CloudTrail records it. An `eventName` may have several rows, for the shapes that it comes in.

    Attributes:
        name: the `eventName`.
        parameters: template of `requestParameters`; None where CloudTrail writes null.
        needs: what an identity policy had to allow; nothing for calls that need no permission.
        passes: the roles handed over, which need `iam:PassRole`.
        touched: (type, ARN template) of each entry of `resources`, where records of this call have them.
        response: template of `responseElements`; None where CloudTrail writes null.
        additional: template of `additionalEventData`; None where records have none.
        data: whether it is a data event.
        reads: the `readOnly` mark.
        via: the service that makes the call with the caller's credentials; empty for the caller.
        abroad: whether the resources belong to another account than the caller's.
    """

    name: str
    parameters: Mapping[str, Any] | None
    needs: tuple[Need, ...]
    passes: tuple[Pass, ...] = ()
    touched: tuple[tuple[str, str], ...] = ()
    response: Mapping[str, Any] | None = None
    additional: Mapping[str, Any] | None = None
    data: bool = False
    reads: bool = False
    via: str = ""
    abroad: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """The calls of a service, with what all of its records share.

    Attributes:
        prefix: of its actions.
        source: the `eventSource`.
        page: the AWS page that shows its records.
        rows: its calls.
        denied: the `errorCode` of a refusal.
        missing: the `errorCode` for a thing that is not there, which is looked for after authorization.
        throttled: the `errorCode` of too many calls.
        version: the `eventVersion`.
        globally: whether all of its events are those of one region.
    """

    prefix: str
    source: str
    page: str
    rows: tuple[Row, ...]
    denied: str = "AccessDeniedException"
    missing: str = "ResourceNotFoundException"
    throttled: str = "ThrottlingException"
    version: str = "1.11"
    globally: bool = False


class Shorthand:
    """What the rows of a service are written with.

    A need is written `Action alias`, `service:Action alias`, or only `alias` for the action that is called as the call
    is; an alias that is no name of `arns` is an ARN template itself.
    """

    def __init__(self, prefix: str, arns: Mapping[str, str]) -> None:
        self._prefix = prefix
        self._arns = arns

    def __call__(
        self,
        name: str,
        parameters: Mapping[str, Any] | None,
        *needs: str,
        passes: Iterable[str] = (),
        touched: Mapping[str, str] | None = None,
        response: Mapping[str, Any] | None = None,
        additional: Mapping[str, Any] | None = None,
        data: bool = False,
        reads: bool | None = None,
        via: str = "",
        abroad: bool = False,
    ) -> Row:
        """Return a row.

        Each of `passes` is a service principal, a blank, and the placeholder of a role's name or the template of its
        ARN; `touched` has, for each type, the aliases of what `resources` lists, with blanks between.
        """
        return Row(
            name=name,
            parameters=parameters,
            needs=tuple(self._need(name, text) for text in needs),
            passes=tuple(_passed(text) for text in passes),
            touched=tuple(
                (kind, self._arns.get(alias, alias))
                for kind, known in (touched or {}).items()
                for alias in known.split()
            ),
            response=response,
            additional=additional,
            data=data,
            reads=name.startswith(READING) if reads is None else reads,
            via=via,
            abroad=abroad,
        )

    def _need(self, name: str, text: str) -> Need:
        action, _, alias = text.rpartition(" ")
        action = action or name
        return Need(action if ":" in action else f"{self._prefix}:{action}", self._arns.get(alias, alias))


def _passed(text: str) -> Pass:
    service, _, role = text.partition(" ")
    return Pass(role if role.startswith("arn:") else f"arn:{{p}}:iam::{{me}}:role/{{{role}}}", service)
