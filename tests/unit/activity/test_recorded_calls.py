"""Calls that public repositories publish records of, or that AWS's guides list by the names that events have."""

from pathlib import Path

from sekisho.activity.actions import Unmapped, actions_of
from sekisho.activity.call import Call

RECORDED = [
    (source, name)
    for source, name, _repository in (
        line.split("\t") for line in Path(__file__).with_name("recorded_calls.tsv").read_text("utf-8").splitlines()
    )
]

UNMAPPED = {
    ("iotthingsgraph.amazonaws.com", "UploadEntityDefinitions"),  # the service is gone
    ("sso.amazonaws.com", "DeletePermissionsPolicy"),  # calls of the console, no longer in the reference
    ("sso.amazonaws.com", "DescribePermissionsPolicies"),
    ("sso.amazonaws.com", "UpdateDirectoryAssociation"),
}


def test_recorded_calls_are_mapped_or_need_nothing_but_for_those_named_here() -> None:
    answers = {call: actions_of(Call(*call, "111122223333", "eu-west-1")) for call in RECORDED}
    unmapped = {call for call, answer in answers.items() if isinstance(answer, Unmapped)}
    assert unmapped == UNMAPPED
    assert len(unmapped) / len(answers) < 0.03
    assert len(answers) > 300
