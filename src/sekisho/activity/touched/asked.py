"""An action and a call, prepared for look-ups, and what is alike for all services."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sekisho.activity.call import AWS_INTERNAL, Call
from sekisho.activity.touched.exceptions import ARNS, OWNERS
from sekisho.activity.touched.parameters import arns_in, is_usable, lowered, texts_at
from sekisho.activity.touched.plan import ANY, Certainty, Row, arns_of, kind_of, rows_of
from sekisho.policy.patterns import literal


class Asked(msgspec.Struct, frozen=True, gc=False):
    """An action and a call, prepared for look-ups; all names in lower case."""

    action: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    place: Mapping[str, str]
    call: Call

    def alone(self, parameters: Mapping[str, Any]) -> "Asked":
        """Return it with these parameters, as if the call had no `resources`."""
        return replace(self, parameters=parameters, call=replace(self.call, resources=()))

    @classmethod
    def about(cls, action: str, call: Call) -> "Asked":
        """Return an action, in lower case, and a call with its parameters and what they say of their account."""
        service, operation, owners = _names(action, call.name)
        parameters = lowered(call.parameters, operation)
        account = call.account
        for path in owners:
            for text in texts_at(parameters, (path,)):
                if _ACCOUNT.fullmatch(text):
                    account = text
        return cls(action, service, operation, parameters, _place(call.partition, call.region, account), call)


@lru_cache(maxsize=16384)
def _names(action: str, name: str) -> tuple[str, str, tuple[str, ...]]:
    """Return the service of an action, the operation that a call has the name of, and where it names an owner."""
    service = action.partition(":")[0]
    operation = name.lower()
    return service, _VERSION.sub("", operation) if "20" in operation else operation, OWNERS.get(service, ())


@lru_cache(maxsize=4096)
def _place(partition: str, region: str, account: str) -> Mapping[str, str]:
    """Return what an ARN has of where a call was made."""
    owner = account or ANY
    return {"Partition": partition, "Region": region or ANY, "Account": owner, "AccountId": owner}


def recorded_or_filled(asked: Asked) -> set[str]:
    """Return ARNs of the record, and for the resource types without one those that the parameters make."""
    known = recorded(asked)
    rows = rows_of(asked.action, asked.operation)
    if known:
        kinds = set(known.values())
        rows = tuple(row for row in rows if row.kind.name not in kinds)
    return filled(asked, rows, set(known))


def filled(asked: Asked, rows: Iterable[Row], found: set[str]) -> set[str]:
    """Return what was found with the ARNs that rows make, those of parts of names only where nothing else is."""
    parts: list[str] = []
    for row in rows:
        certainty, arns = arns_of(row, asked.parameters, asked.place)
        if certainty is Certainty.ALL:
            found.update(arns)
        else:
            parts += arns
    return found or set(parts)


def recorded(asked: Asked) -> dict[str, str]:
    """Return the ARNs in the record that belong to a resource type of the action, with the names of the types."""
    texts = [literal(text) for text in arns_in(asked.parameters)]
    resources = asked.call.resources
    if resources:
        named = [one.arn for one in resources if one.account_id != AWS_INTERNAL and is_usable(one.arn)]
        texts = [*map(_touched, named), *texts]
    found: dict[str, str] = {}
    for text in texts:
        arn = ARNS[asked.service](text) if asked.service in ARNS else text
        kind = kind_of(asked.action, arn)
        if kind is not None:
            found[arn] = kind.name
    return found


def _touched(arn: str) -> str:
    """Return an ARN of `resources`, in which only a last `*` is one of ours."""
    return f"{literal(arn[:-1])}*" if arn.endswith("*") else literal(arn)


_VERSION: Final = re.compile(r"(?<=.)20\d\d[_-]?\d\d[_-]?\d\d(v\d+)?$")
_ACCOUNT: Final = re.compile(r"\d{12}")
