"""The actions of calls to the control plane of API Gateway: HTTP verbs on paths."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from sekisho.activity.actions.needed import NeededAction, inferred, mapped
from sekisho.activity.actions.parameters import fields, is_given, items, parameters_of, text, words
from sekisho.activity.call import Call
from sekisho.policy.patterns import literal

IN_PATHS: Final = frozenset(
    words(
        """apiid restapiid resourceid httpmethod stagename deploymentid authorizerid domainname basepath
        apikey routingruleid usageplanid keyid vpclinkid clientcertificateid requestvalidatorid modelname modelid
        responsetype documentationpartid documentationversion parentid statuscode sdktype id integrationid
        integrationresponseid routeid routeresponseid apimappingid routekey requestparameterkey exporttype
        specification domainnameaccessassociationarn"""
    )
)
"""The parameters that stand in paths; a test holds them to those of the service models."""
READS: Final = IN_PATHS | {"policy", "patchoperations"}

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_TAGS: Final = "/tags/"
_SET_POLICY: Final = "apigateway:UpdateRestApiPolicy"


@lru_cache(maxsize=1)
def paths() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return verbs and paths by the name of the call in lower case; several where both APIs of the service have it."""
    found = files("sekisho.activity").joinpath("generated", "api_gateway.json")
    loaded: Mapping[str, Any] = json.loads(found.read_text("utf-8"))["operations"]
    return {name: tuple((verb, path) for verb, path in entries) for name, entries in loaded.items()}


def action_of(call: Call) -> tuple[NeededAction, ...] | None:
    """Return the verb that a call needed, on its path; None for a call that neither API has.

    Source: API Gateway Developer Guide, "Control access to API Gateway management with IAM policies".
    """
    entries = paths().get(call.name.lower())
    if entries is None:
        return None
    parameters = parameters_of(call)
    verb, path = max(entries, key=lambda entry: _fit(entry[1], parameters))
    if len(entries) > 1 and not _fit(path, parameters) and _PARAMETER.search(path):
        path = "/*"  # both APIs have a call of this name, and the record does not say which it was
    resource = f"arn:{call.partition}:apigateway:{call.region}::{_filled(path, parameters)}"
    own = mapped(f"apigateway:{verb}", f"{verb} {path}", (resource,))
    return (
        (own, inferred(_SET_POLICY, "the API's policy is set", (resource,)))
        if _sets_policy(call, parameters)
        else (own,)
    )


def _sets_policy(call: Call, parameters: Mapping[str, Any]) -> bool:
    """Say whether a call sets the resource policy of a REST API, which needs an action of its own."""
    match call.name:
        case "CreateRestApi":
            return is_given(parameters.get("policy"))
        case "UpdateRestApi":
            patches = map(fields, items(parameters.get("patchoperations")))
            return any(text(patch.get("path")).startswith("/policy") for patch in patches)
        case _:
            return False


def _fit(path: str, parameters: Mapping[str, Any]) -> int:
    """Return how many of the parameters in a path a call has."""
    return sum(bool(text(parameters.get(name))) for name in _PARAMETER.findall(path))


def _filled(path: str, parameters: Mapping[str, Any]) -> str:
    """Return a path with the parameters of a call, and `*` for those that it has not.

    The ARN behind `/tags/` is encoded in ways that no page tells of, so that it is always `*`.
    """
    if path.startswith(_TAGS):
        return f"{_TAGS}*"
    return _PARAMETER.sub(lambda found: literal(text(parameters.get(found[1]))) or "*", path)
