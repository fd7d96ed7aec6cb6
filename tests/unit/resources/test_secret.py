"""Secrets: the key stands behind the policy, and what is not known of the key is said."""

import pytest

from sekisho.resources.answers import UnreadableError
from sekisho.resources.documents import MalformedDocumentError
from sekisho.resources.secret import read_secret
from sekisho.resources.snapshot import ApiCall
from unit.resources.builders import KEY, OWNER, SECRET, VENDOR, allow, answered, failed, policy_text, secret

OPEN = policy_text(allow({"AWS": VENDOR}, "secretsmanager:GetSecretValue"))
KEY_POLICY = policy_text(allow({"AWS": VENDOR}, "kms:Decrypt"))
GOT_KEY = (
    answered("kms.describe_key", {"KeyMetadata": {"Arn": KEY}}),
    answered("kms.get_key_policy", {"Policy": KEY_POLICY}),
)


@pytest.mark.parametrize(
    "key_id",
    [
        pytest.param(None, id="no key is named"),
        pytest.param("", id="the key's name is empty"),
        pytest.param("alias/aws/secretsmanager", id="the alias is named"),
        pytest.param(f"arn:aws:kms:us-east-1:{OWNER}:alias/aws/secretsmanager", id="the alias is named by its ARN"),
    ],
)
def test_a_secret_under_the_default_key_is_closed_whatever_its_policy_says(key_id: str | None) -> None:
    exposure = read_secret(secret(policy=OPEN, key_id=key_id))

    assert exposure.ways == ()
    assert exposure.further == ()
    assert exposure.approximations == ()
    assert any("aws/secretsmanager" in note for note in exposure.notes)


@pytest.mark.parametrize("key_id", ["alias/my-aws/secretsmanager", "alias/aws/secretsmanager-2", KEY])
def test_a_key_of_its_own_is_not_taken_for_the_default_one(key_id: str) -> None:
    assert len(read_secret(secret(*GOT_KEY, policy=OPEN, key_id=key_id)).ways) == 1


def test_a_secret_without_policy_is_closed() -> None:
    exposure = read_secret(secret(policy=""))

    assert exposure.ways == ()
    assert exposure.notes == ("it has no SecretPolicy: only its own account gets in",)


def test_behind_a_secret_stands_its_key_for_reading_the_value_alone() -> None:
    exposure = read_secret(secret(*GOT_KEY, policy=OPEN))

    (way,) = exposure.ways
    (gate,) = exposure.further
    assert [one.name for one in way.gates[0].documents] == ["SecretPolicy"]
    assert way.gates[0].documents[0].resource == SECRET
    assert (gate.document, gate.resource, gate.action) == ("KeyPolicy", KEY, "kms:Decrypt")
    assert gate.needed_for == {"secretsmanager:GetSecretValue"}
    assert gate.given == {"kms:viaservice": ("secretsmanager.us-east-1.amazonaws.com",)}
    assert exposure.approximations == exposure.notes == ()


def test_a_key_named_by_its_id_is_shown_by_its_arn() -> None:
    exposure = read_secret(secret(*GOT_KEY, policy=OPEN, key_id="1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f"))

    assert exposure.further[0].resource == KEY


def test_the_grants_of_the_key_open_it_too() -> None:
    grant = {"GranteePrincipal": f"arn:aws:iam::{VENDOR}:role/reader", "Operations": ["Decrypt"]}
    exposure = read_secret(secret(*GOT_KEY, answered("kms.list_grants", {"Grants": [grant]}), policy=OPEN))

    assert [one.name for one in exposure.further[0].gate.documents] == ["KeyPolicy", "Grants"]


@pytest.mark.parametrize(
    ("calls", "because"),
    [
        pytest.param((), "is not known", id="the key was never asked for"),
        pytest.param((failed("kms.get_key_policy", "AccessDeniedException"),), "AccessDeniedException", id="denied"),
        pytest.param(
            (*GOT_KEY, failed("kms.list_grants", "AccessDeniedException")), "kms.list_grants", id="grants are denied"
        ),
        pytest.param(
            (answered("kms.get_key_policy", {"Policy": "{"}),), "KeyPolicy is malformed", id="the policy is no JSON"
        ),
        pytest.param((answered("kms.get_key_policy", {"Policy": 1}),), "neither text", id="the policy is a number"),
        pytest.param((answered("kms.get_key_policy", {}),), "has no policy", id="there is no policy"),
    ],
)
def test_a_key_that_is_not_known_leaves_the_secret_open_with_an_approximation(
    calls: tuple[ApiCall, ...], because: str
) -> None:
    exposure = read_secret(secret(*calls, policy=OPEN))

    assert len(exposure.ways) == 1
    assert exposure.further == ()
    (said,) = exposure.approximations
    assert because in said
    assert KEY in said


def test_a_key_in_another_account_is_named_where_it_could_not_be_read() -> None:
    foreign = f"arn:aws:kms:us-east-1:{VENDOR}:key/1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f"
    calls = (failed("kms.describe_key", "AccessDeniedException"), failed("kms.get_key_policy", "AccessDeniedException"))
    exposure = read_secret(secret(*calls, policy=OPEN, key_id=foreign))

    assert len(exposure.ways) == 1
    (said,) = exposure.approximations
    assert foreign in said


def test_without_a_description_the_key_is_shown_as_the_secret_names_it() -> None:
    calls = (
        failed("kms.describe_key", "AccessDeniedException"),
        answered("kms.get_key_policy", {"Policy": KEY_POLICY}),
    )
    exposure = read_secret(secret(*calls, policy=OPEN, key_id="alias/own"))

    assert exposure.further[0].resource == "alias/own"


def test_a_secret_whose_own_policy_could_not_be_read_is_not_understood() -> None:
    resource = secret(policy=OPEN)
    denied = (failed("secretsmanager.get_resource_policy", "AccessDeniedException"),)

    with pytest.raises(UnreadableError):
        read_secret(type(resource)(resource.resource_type, SECRET, OWNER, "us-east-1", denied))


def test_a_malformed_secret_policy_is_an_error() -> None:
    with pytest.raises(MalformedDocumentError, match="SecretPolicy"):
        read_secret(secret(policy="{"))
