"""The conformance cases that one policy decides, as yes-or-no questions that every tool can be asked.

The folders named in `SEKISHO_CASES` count too, as in the tests.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CASES = Path(__file__).resolve().parent.parent / "tests" / "conformance"


@dataclass(frozen=True, slots=True)
class Probe:
    """A policy, and whether it lets anybody outside the owner's account in.

    Attributes:
        public: whether it lets everybody in; None when the case does not say.
    """

    id: str
    text: str
    resource_type: str
    owner_account: str
    resource: str
    outside: bool
    public: bool | None


_POLICY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "AWS::S3::Bucket": ("s3.get_bucket_policy", ("Policy",)),
    "AWS::IAM::Role": ("iam.get_role", ("Role", "AssumeRolePolicyDocument")),
    "AWS::KMS::Key": ("kms.get_key_policy", ("Policy",)),
    "AWS::Lambda::Function": ("lambda.get_policy", ("Policy",)),
    "AWS::Lambda::LayerVersion": ("lambda.get_layer_version_policy", ("Policy",)),
    "AWS::SQS::Queue": ("sqs.get_queue_attributes", ("Attributes", "Policy")),
    "AWS::SNS::Topic": ("sns.get_topic_attributes", ("Attributes", "Policy")),
}
_DESCRIBING = frozenset({"s3.get_bucket_location", "kms.describe_key"})


def probes() -> Iterator[Probe]:
    """Yield the cases with an account as the zone of trust, and a resource with a policy and nothing else."""
    folders = [_CASES, *(Path(one) for one in os.environ.get("SEKISHO_CASES", "").split(os.pathsep) if one)]
    for folder in folders:
        for path in sorted((folder / "external-access").glob("*.json")):
            one = _probe(json.loads(path.read_text("utf-8")))
            if one is not None:
                yield one


def _probe(case: Mapping[str, Any]) -> Probe | None:
    kind, resource, zone = case["resourceType"], case["resource"], case["zoneOfTrust"]
    if kind not in _POLICY or zone["type"] != "ACCOUNT" or zone["accountId"] != resource["ownerAccount"]:
        return None
    call, within = _POLICY[kind]
    if not all(one["call"] == call or _says_nothing(one, case) for one in resource["apiCalls"]):
        return None
    text: Any = next((one.get("response") for one in resource["apiCalls"] if one["call"] == call), None)
    for name in within:
        text = text.get(name) if isinstance(text, Mapping) else None
    expected = case["expected"]
    if not isinstance(text, str) or not _is_policy(text) or any("error" in one for one in expected):
        return None
    said = [one.get("isPublic") for one in expected]
    public = True if True in said else None if None in said else False
    return Probe(
        case["id"], text, kind, resource["ownerAccount"], resource["arn"], outside=bool(expected), public=public
    )


def _is_policy(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _says_nothing(call: Mapping[str, Any], case: Mapping[str, Any]) -> bool:
    """Say whether an answer adds nothing to the policy: an error for "there is none", or nothing but the owner.

    The owner's canonical id adds something where the policy names it.
    """
    if "error" in call:
        return not call["error"]["Code"].startswith("AccessDenied")
    if call["call"] in _DESCRIBING:
        return True
    answer: Mapping[str, Any] = call.get("response") or {}
    if call["call"] == "s3.get_bucket_acl":
        owner = answer.get("Owner", {}).get("ID")
        if owner is not None and owner in json.dumps(
            [one for one in case["resource"]["apiCalls"] if one["call"] != call["call"]]
        ):
            return False
        return all(grant.get("Grantee", {}).get("ID") == owner for grant in answer.get("Grants", ()))
    if call["call"].endswith("get_public_access_block"):
        return not any(answer.get("PublicAccessBlockConfiguration", {}).values())
    return not any(value for name, value in answer.items() if name != "ResponseMetadata")
