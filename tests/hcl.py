"""Terraform's configuration language, read by a parser that is not ours."""

# The parser has no types.
# pyright: reportUnknownMemberType=false

from collections.abc import Mapping
from io import StringIO
from typing import Any, cast

import hcl2


def policy_documents(text: str) -> Mapping[str, list[dict[str, Any]]]:
    """Return the statements of each data source `aws_iam_policy_document`, by its name."""
    document = cast("dict[str, list[dict[str, dict[str, Any]]]]", hcl2.load(StringIO(text)))
    return {
        name.strip('"'): body["statement"]
        for block in document["data"]
        for name, body in block.get('"aws_iam_policy_document"', {}).items()
    }
