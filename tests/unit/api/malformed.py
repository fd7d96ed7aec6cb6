"""Requests that name an operation and say nothing that makes sense."""

import json
from typing import Any
from urllib.parse import quote

from botocore.model import OperationModel
from hypothesis import strategies as st

from sekisho.api.exchange import HttpRequest
from unit.api.signing import HOST

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)

_encoded = st.binary(max_size=20).map(lambda raw: quote(raw, safe=""))


def malformed_requests(operation: OperationModel) -> st.SearchStrategy[HttpRequest]:
    """Any bytes for labels, for names and values of the query, for the body; or a JSON body, half of it understood."""
    members = operation.input_shape.members if operation.input_shape else {}
    labels = [name for name, member in members.items() if member.serialization.get("location") == "uri"]
    inside = [name for name, member in members.items() if not member.serialization]
    names = st.sampled_from([*members, "other", "%00"]) | _encoded
    objects: st.SearchStrategy[Any] = st.dictionaries(st.sampled_from(inside), json_values) if inside else json_values
    return st.builds(
        HttpRequest,
        st.just(str(operation.http["method"])),
        st.fixed_dictionaries(dict.fromkeys(labels, _encoded)).map(
            lambda given: str(operation.http["requestUri"]).format(**given).encode()
        ),
        st.lists(st.builds("{}={}".format, names, _encoded), max_size=4).map(lambda pairs: "&".join(pairs).encode()),
        st.just((("host", HOST),)),
        st.binary(max_size=200) | (json_values | objects).map(lambda value: json.dumps(value).encode()),
    )
