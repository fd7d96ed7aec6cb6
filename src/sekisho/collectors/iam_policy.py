"""The permissions that a reading takes: derived from the calls that it can make, so the two cannot drift apart."""

import json
from typing import Any

from sekisho.collectors.collector import Reads
from sekisho.collectors.events.calls import intake_statements
from sekisho.collectors.options import DEFAULT_ROLE_NAME
from sekisho.collectors.services import ACCOUNT_READS, CREDENTIAL_READS, ORGANIZATION_READS

_ENTER = "sts:AssumeRole"


def read_policy(
    *,
    organization: bool = False,
    events: bool = False,
    role_name: str = DEFAULT_ROLE_NAME,
    partition: str = "aws",
) -> dict[str, Any]:
    """Return the least policy that lets Sekisho read an account, or with `organization` all accounts of one.

    Member accounts need no more than the policy for one account, on the role that is assumed in them. With `events` it
    may take events too, each of which it deletes from the queue once it has it.
    """
    statements: list[dict[str, Any]] = [
        {
            "Sid": "SekishoReads",
            "Effect": "Allow",
            "Action": _actions({**CREDENTIAL_READS, **(ORGANIZATION_READS if organization else ACCOUNT_READS)}),
            "Resource": "*",
        }
    ]
    if organization:
        role = f"arn:{partition}:iam::*:role/{role_name}"
        statements.append({"Sid": "SekishoEntersMembers", "Effect": "Allow", "Action": _ENTER, "Resource": role})
    if events:
        statements += intake_statements(partition)
    return {"Version": "2012-10-17", "Statement": statements}


def session_policy(reads: Reads) -> str:
    """Return the policy for these calls in a member account, as short as it can be: STS takes 2,048 characters."""
    statement = {"Effect": "Allow", "Action": _actions(reads), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def _actions(reads: Reads) -> list[str]:
    return sorted({read.action for read in reads.values() if read.action is not None} - {_ENTER})
