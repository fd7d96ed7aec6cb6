"""CloudTrail reduced to what policies are made of: who did what, to what, when, and how often.

Records that differ in nothing that a policy could tell apart become one row. Of a call's parameters only those remain
that some rule reads; nothing else of a record goes on, so that no secret of it does.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from sekisho.activity.call import Call, TouchedResource


class Usage(msgspec.Struct, frozen=True, gc=False):
    """What all calls of one row share.

    Attributes:
        principal: the ARN of the role or user; empty for nobody.
        nobody: the name of the `Nobody`; empty for somebody.
        unique_id: of the principal, `AROA…`: two under one ARN are two principals, one after the other.
        is_path_known: whether the records told the path of the role.
        has_mfa: whether the sessions began with MFA.
        account: the account whose trail has the calls.
        region: the `awsRegion`.
        partition: `aws`, `aws-cn`, …
        source: the `eventSource`.
        name: the `eventName`.
        outcome: the value of the `Outcome`.
        error_code: as recorded; empty for a call that succeeded.
        denial: JSON of what the message of a denied call says; empty for every other.
        invoked_by: the service that called with the principal's credentials; empty for the principal itself.
        endpoint: the VPC endpoint that the calls came through; empty for none.
        call: JSON of the parameters and resources that some rule reads.
    """

    principal: str
    nobody: str
    unique_id: str
    is_path_known: bool
    has_mfa: bool
    account: str
    region: str
    partition: str
    source: str
    name: str
    outcome: str
    error_code: str
    denial: str
    invoked_by: str
    endpoint: str
    call: str


class UseOf(msgspec.Struct, frozen=True, gc=False):
    """A row of usage, with what is told of all its records.

    Attributes:
        usage: what they share.
        count: how many there were, each `eventID` once.
        first: the earliest `eventTime`, as CloudTrail writes it; `last`: the latest.
        sample: one `eventID`; empty where that is no UUID.
    """

    usage: Usage
    count: int
    first: str
    last: str
    sample: str = ""


class FileReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was found in a file.

    Attributes:
        place: what the user named: a folder or an S3 address.
        key: of the file there.
        version: changes when its content does.
        records: how many there were.
        no_calls: how many records of other types than calls, by their type.
        malformed: how many entries are no records.
        problem: why the file was not read; otherwise what was wrong with the first entry that is no record.
        is_read: whether it was read.
    """

    place: str
    key: str
    version: str
    records: int = 0
    no_calls: Mapping[str, int] = {}
    malformed: int = 0
    problem: str = ""
    is_read: bool = True


def call_of(usage: Usage) -> Call:
    """Return the call that a row is about."""
    parameters, resources = _decode(usage.call)
    return Call(
        source=usage.source,
        name=usage.name,
        account=usage.account,
        region=usage.region,
        partition=usage.partition,
        parameters=parameters,
        resources=resources,
        invoked_by=usage.invoked_by,
    )


_decode = msgspec.json.Decoder(tuple[dict[str, Any] | None, tuple[TouchedResource, ...]]).decode
