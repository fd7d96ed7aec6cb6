"""What is kept of calls: enough to say what they needed, and nothing that may be a secret."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from hypothesis import given
from hypothesis import strategies as st

from sekisho.activity.actions import actions_of
from sekisho.activity.call import Call
from sekisho.activity.kept import Keeper
from sekisho.activity.needs import FREE, READS, UNSEEN, WHOLE, needs_of
from unit.activity.synthetic_calls import calls

SECRET = "hunter2-planted-!never#again"
ROLE = "arn:aws:iam::111122223333:role/worker"
KEEPER = Keeper(READS, WHOLE, UNSEEN, FREE)
NEEDED = frozenset({"filters", "resourceidentifier", "schema", "url", "capabilities", "key", "requestitems"}) | WHOLE
"""Maps that name resources or tags, so that what is below them is read."""


def kept(parameters: Mapping[str, Any]) -> Any:
    (found, _) = json.loads(KEEPER.kept(json.dumps(parameters).encode(), b""))
    return found


def test_what_is_kept_says_the_same_of_every_operation() -> None:
    number = 0
    for action, call in calls():
        without = Call(call.source, call.name, call.account, call.region, call.partition, kept(call.parameters or {}))
        assert needs_of(without) == needs_of(call), (action, call.parameters)
        assert actions_of(without) == actions_of(call), (action, call.parameters)
        number += 1
    assert number > 10_000


def free_form(shape: Shape, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths to maps whose keys callers choose."""
    if len(above) > 4:
        return
    match shape:
        case StructureShape():
            for name, member in shape.members.items():
                if isinstance(member, MapShape):
                    yield (*above, name)
                yield from free_form(member, (*above, name))
        case ListShape():
            yield from free_form(shape.member, above)
        case _:
            pass


def maps_of_all_operations() -> frozenset[str]:
    loader = Loader()
    found: set[str] = set()
    for service in loader.list_available_services("service-2"):
        model = ServiceModel(loader.load_service_model(service, "service-2"))
        for name in model.operation_names:
            shape = model.operation_model(name).input_shape
            found.update(path[-1] for path in (free_form(shape) if shape else ()))
    return frozenset(found)


def test_nothing_below_a_map_is_kept_for_its_name() -> None:
    maps = maps_of_all_operations()
    below = dict.fromkeys(sorted(READS), SECRET) | {"list": [{"name": SECRET}], "deep": {"userName": {"id": SECRET}}}
    leaky = {name for name in maps if SECRET in json.dumps(kept({name: below}))}

    assert len(maps) > 400
    assert {name.lower() for name in leaky} - NEEDED == SHARED


SHARED = frozenset(
    {
        *("configuration", "configurations", "content", "filter", "identityproviderdetails", "jobconfiguration"),
        *("options", "overrides", "policy", "rules", "settings", "targets"),
    }
)
"""Maps that have the name of what is a structure in another service, below which names are read."""


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param(
            {"documentName": "AWS-RunShellScript", "parameters": {"commands": [SECRET], "userName": [SECRET]}},
            id="the parameters of a command",
        ),
        pytest.param({"parameters": {"name": SECRET, "roleArn": SECRET, "tags": {"key": SECRET}}}, id="anywhere below"),
        pytest.param({"containerOverrides": {"environment": [{"name": "X", "value": SECRET}]}}, id="an environment"),
        pytest.param({"connectionInput": {"connectionProperties": {"userName": SECRET}}}, id="a connection"),
        pytest.param({"authParameters": {"USERNAME": "x", "PASSWORD": SECRET}}, id="signing in"),
        pytest.param({"queryString": f"fields @message | filter token = '{SECRET}'"}, id="a query"),
        pytest.param({"queryString": f'SELECT "{SECRET}"'}, id="a query in SQL"),
        pytest.param({"queryString": f"{{'q': '{SECRET}'}}"}, id="a query in JSON"),
        pytest.param({"statements": [f"EXISTS(a='{SECRET}')"]}, id="statements"),
        pytest.param({"statement": f"EXISTS(a='it''s {SECRET}')"}, id="a statement"),
        pytest.param(
            {"policy": json.dumps({"Condition": {"StringEquals": {"aws:Referer": SECRET}}})}, id="a policy as a text"
        ),
        pytest.param({"storage": {"S3": {"AWSAccessKeyId": SECRET, "UploadPolicy": SECRET}}}, id="an access key"),
        pytest.param({"requestItems": [{"statement": f"EXISTS(a='{SECRET}')"}]}, id="items"),
        pytest.param({"masterUserPassword": SECRET, "masterUsername": SECRET}, id="a database"),
        pytest.param({"secretString": SECRET, "value": SECRET, "userData": SECRET, "text": SECRET}, id="plain texts"),
    ],
)
def test_a_text_that_may_be_secret_is_not_kept(parameters: dict[str, Any]) -> None:
    assert SECRET not in json.dumps(kept(parameters))


def test_arns_stay_wherever_they_are() -> None:
    automation = {"documentName": "d", "parameters": {"AutomationAssumeRole": [ROLE], "names": [SECRET, {"a": ROLE}]}}

    assert kept(automation) == {
        "documentName": "d",
        "parameters": {"AutomationAssumeRole": [ROLE], "names": [{"a": ROLE}]},
    }
    call = Call("ssm.amazonaws.com", "StartAutomationExecution", "111122223333", "eu-west-1", parameters=automation)
    assert "iam:PassRole" in {one.action for one in needs_of(call).permissions}


@pytest.mark.parametrize(
    ("query", "left"),
    [("SELECT 1", "SELECT"), (" show  tables from x", " show  tables"), ("Unload(select a)", "Unload"), ("-- a", "…")],
)
def test_of_a_query_the_verb_is_kept(query: str, left: str) -> None:
    assert kept({"queryString": query}) == {"queryString": left}


@given(
    st.recursive(
        st.just(SECRET) | st.just(ROLE) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(READS)), inner, max_size=4),
    )
)
def test_nothing_but_arns_comes_out_of_what_callers_name(value: Any) -> None:
    found = json.dumps(kept({"parameters": value}))

    assert SECRET not in found
    assert (ROLE in json.dumps(value)) == (ROLE in found)
