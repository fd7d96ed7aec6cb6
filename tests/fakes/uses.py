"""Rows of kept usage, as one role of one account has them."""

import json
from collections.abc import Mapping
from typing import Any

from sekisho.activity.usage import Usage, UseOf

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"


def use_of(
    service: str,
    name: str,
    parameters: Mapping[str, Any] | None,
    *,
    first: str,
    last: str,
    region: str = "eu-west-1",
    outcome: str = "succeeded",
    endpoint: str = "",
    via: str = "",
    has_mfa: bool = False,
    count: int = 1,
    sample: str = "",
) -> UseOf:
    """Return the row of a call.

    Args:
        service: the first part of its event source.
        name: of the call.
        parameters: what is kept of them.
        first: when it was made for the first time.
        last: when for the last time.
        region: where.
        outcome: by its name.
        endpoint: the VPC endpoint.
        via: the service that made it for the role.
        has_mfa: whether the session had it.
        count: how often.
        sample: the `eventID` of one of them.
    """
    usage = Usage(
        ROLE,
        nobody="",
        unique_id="AROA",
        is_path_known=True,
        has_mfa=has_mfa,
        account=ACCOUNT,
        region=region,
        partition="aws",
        source=f"{service}.amazonaws.com",
        name=name,
        outcome=outcome,
        error_code="",
        denial="",
        invoked_by=via,
        endpoint=endpoint,
        call=json.dumps([parameters, []]),
    )
    return UseOf(usage, count, first, last, sample)
