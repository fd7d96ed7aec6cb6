"""Reading the parameters of a call as CloudTrail writes them, which is nearly but not quite as the API takes them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from sekisho.activity.call import Call
from sekisho.activity.caller import MASKED
from sekisho.policy.patterns import literal

_LONGEST_TEXT: Final = 2048
"""The longest ARN of IAM, in characters: what is longer names no resource."""
_WRAPPERS: Final = ("items", "item", "member")
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {}, False)


def words(text: str) -> tuple[str, ...]:
    """Return the names in a text, for tables."""
    return tuple(text.split())


def parameters_of(call: Call) -> dict[str, Any]:
    """Return the parameters by their names in lower case.

    CloudTrail changes the case of first letters, and some services wrap all parameters in `<Operation>Request` or
    `<Operation>Input`: what is in there counts as if it were not.
    """
    own = fields(call.parameters)
    for suffix in ("request", "input"):
        wrapped = own.get(call.name.lower() + suffix)
        if isinstance(wrapped, Mapping):
            own = {**own, **fields(cast("object", wrapped))}
    return own


def fields(value: object) -> dict[str, Any]:
    """Return the fields of an object by their names in lower case; nothing for what is no object."""
    if not isinstance(value, Mapping):
        return {}
    return {key.lower(): one for key, one in cast("Mapping[object, Any]", value).items() if isinstance(key, str)}


def text(value: object) -> str:
    """Return a text, or the only one of a list; empty for all else, and for what CloudTrail masked."""
    if isinstance(value, list):
        several = cast("list[object]", value)
        value = several[0] if len(several) == 1 else None
    if not isinstance(value, str) or value in MASKED or len(value) > _LONGEST_TEXT:
        return ""
    return value


def items(value: object) -> list[object]:
    """Return the elements of a list; a lone one is a list of it. EC2 wraps lists in `items`, query APIs in `member`."""
    if isinstance(value, Mapping):
        one = cast("Mapping[object, object]", value)
        inner = next((one[name] for name in _WRAPPERS if name in one), None)
        return cast("list[object]", inner) if isinstance(inner, list) else [one]
    if isinstance(value, list):
        return cast("list[object]", value)
    return [] if value is None else [value]


def is_given(value: object) -> bool:
    """Say whether a parameter was there and not empty; what is masked was given."""
    if isinstance(value, Mapping):
        one = cast("Mapping[object, object]", value)
        wrapped = [one[name] for name in _WRAPPERS if name in one] if len(one) == 1 else []
        value = wrapped[0] if wrapped else one
    return value not in _EMPTY


def is_true(value: object) -> bool:
    """Say whether a flag was set; headers have it as a text."""
    return value is True or text(value).lower() == "true"


def texts(value: object) -> Iterator[str]:
    """Yield the texts of a list, without masked and empty ones."""
    yield from filter(None, map(text, items(value)))


def arn(call: Call, service: str, resource: str) -> str:
    """Return the ARN of a resource of the account and region of a call; `resource` is a pattern already."""
    return f"arn:{call.partition}:{service}:{call.region}:{call.account}:{resource}"


def bucket_arn(call: Call, path: str) -> str:
    """Return the ARN of a bucket or of an object, whose name is recorded as it is."""
    return f"arn:{call.partition}:s3:::{literal(path)}"
