"""Errors as a client sees them. The modelled ones are data; the few of AWS's front end are a table here."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from http import HTTPStatus
from typing import Any

from sekisho.api.model import error_shapes

COMMON_ERRORS: Mapping[str, int] = {
    "IncompleteSignatureException": HTTPStatus.BAD_REQUEST,
    "InvalidSignatureException": HTTPStatus.FORBIDDEN,
    "MissingAuthenticationTokenException": HTTPStatus.FORBIDDEN,
    "RequestEntityTooLargeException": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "RequestExpired": HTTPStatus.BAD_REQUEST,
    "RequestTimeoutException": HTTPStatus.REQUEST_TIMEOUT,
    "UnrecognizedClientException": HTTPStatus.FORBIDDEN,
}
"""Errors that any AWS service may answer before the operation is reached; they have a message and nothing else.

Source: IAM API reference, "Common Error Types"; AWS Management Console, "Common Errors", for those about HTTP. On the
wire most codes end in `Exception`, as REST services send them.
"""


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        code: what clients choose their exception class by.
        status: of the HTTP answer.
        members: of the modelled shape, `message` among them.
    """

    def __init__(self, code: str, message: str, **members: Any) -> None:
        """Make an error that the service description or `COMMON_ERRORS` knows.

        Raises:
            TypeError: there is no such error, or it has other members: a mistake of ours.
        """
        super().__init__(message)
        self.code = code
        self.status = _status(code)
        self.members: Mapping[str, Any] = {"message": message, **members}
        self._check()

    def _check(self) -> None:
        shape = error_shapes().get(self.code)
        known = set(shape.members) if shape else {"message"}
        required = set(shape.required_members) if shape else {"message"}
        if not required <= set(self.members) <= known:
            raise TypeError(f"{self.code} has the members {sorted(known)}, not {sorted(self.members)}")


class Reason(Enum):
    """Why input was refused. Source: Access Analyzer API reference, `ValidationException`."""

    UNKNOWN_OPERATION = "unknownOperation"
    CANNOT_PARSE = "cannotParse"
    FIELD_VALIDATION_FAILED = "fieldValidationFailed"
    OTHER = "other"
    NOT_SUPPORTED = "notSupported"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of the input, and where it is: `filter.isPublic.eq[0]`."""

    name: str
    message: str


def validation_error(reason: Reason, message: str, fields: Sequence[FieldProblem] = ()) -> ApiError:
    """Return the error for input that cannot be used; `fields` says which part of it."""
    listed = [{"name": one.name, "message": one.message} for one in fields]
    members = {"fieldList": listed} if listed else {}
    return ApiError("ValidationException", message, reason=reason.value, **members)


def throttling_error(wait: timedelta) -> ApiError:
    """Return the error for a caller who should come again after `wait`, rounded up to seconds."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    return ApiError("ThrottlingException", "Rate exceeded", retryAfterSeconds=seconds)


def internal_error() -> ApiError:
    """Return the error for a mistake of ours. What happened is in the log, under the request id, and nowhere else."""
    return ApiError("InternalServerException", "an internal error occurred; the log has it under the request id")


def _status(code: str) -> int:
    if code in COMMON_ERRORS:
        return int(COMMON_ERRORS[code])
    if code not in error_shapes():
        raise TypeError(f"the service has no error {code}")
    return int(error_shapes()[code].metadata["error"]["httpStatusCode"])
