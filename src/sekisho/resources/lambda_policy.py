"""Lambda policies as stand-ins for AWS give them back: the parameters of AddPermission, as they were passed.

AWS itself writes `{"AWS": "arn:aws:iam::111122223333:root"}` where AddPermission was called with `111122223333`, and a
condition on `aws:PrincipalOrgID` for an organization. Moto keeps the parameters. What they mean is beyond doubt, so
they are written here as AWS would.
"""

import json
import re
from typing import Any

from sekisho.reasoning import Document
from sekisho.resources.documents import MalformedDocumentError, policy_document
from sekisho.resources.snapshot import Json

_ACCOUNT_OR_ARN = re.compile(r"[0-9]{12}|arn:.+")


def lambda_document(name: str, text: Json, resource: str) -> Document | None:
    """Do what `policy_document` does, for texts of either spelling.

    What stand-ins write is no policy as it stands, and what is one needs no rewriting.
    """
    try:
        return policy_document(name, text, resource)
    except MalformedDocumentError:
        rewritten = as_aws_writes_it(text)
        if rewritten is text:
            raise
        return policy_document(name, rewritten, resource)


def as_aws_writes_it(text: Json) -> Json:
    """Return the text of a policy with such statements rewritten; any other text as it is."""
    if not isinstance(text, str):
        return text
    try:
        document: Any = json.loads(text)
        statements: list[Any] = list(document["Statement"])
        rewritten = [_rewritten(dict(one)) for one in statements]
    except (ValueError, TypeError, KeyError, RecursionError):
        return text  # no such policy; whoever parses it says what is wrong
    return text if rewritten == statements else json.dumps({**document, "Statement": rewritten})


def _rewritten(written: dict[str, Any]) -> dict[str, Any]:
    principal = written.get("Principal")
    if isinstance(principal, str) and _ACCOUNT_OR_ARN.fullmatch(principal):
        written["Principal"] = {"AWS": principal}
    if isinstance(organization := written.pop("OrganizationId", None), str):
        block = dict(written.get("Condition") or {})
        block["StringEquals"] = {**block.get("StringEquals", {}), "aws:PrincipalOrgID": organization}
        written["Condition"] = block
    return written
