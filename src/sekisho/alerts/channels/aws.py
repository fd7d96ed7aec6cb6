"""What the targets in AWS share: their clients, and what the errors of AWS mean.

Source: the API references of the services, "Common Errors"; Boto3 documentation, "Error handling".
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ParamValidationError

from sekisho.alerts.channel import BrokenTargetError, RefusedError, TemporaryError
from sekisho.alerts.channels.texts import clipped, line
from sekisho.alerts.errors import DeliveryError

AwsClients: TypeAlias = Callable[[str, str | None], Any]
"""Makes a client of a service, by boto3's name for it, in a Region; None for that of the credentials."""

LONGEST_TOLD: Final = 200

_LATER: Final = re.compile(
    "(?i).*(Throttl|TooManyRequests|LimitExceeded|SlowDown|RequestTimeout|Internal|ServiceUnavailable|ServiceFailure).*"
)
_NEVER: Final = re.compile("(?i)(Validation|Invalid(Parameter|Argument|Input)|Malformed|.*TooLarge|.*TooLong).*")


def aws_clients(service: str, region: str | None) -> Any:
    """Return a client with the credentials of the environment; what fails at once is tried again by whoever calls."""
    config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
    session: Any = boto3.Session()
    return session.client(service, region_name=region, config=config)


def aws_failure(error: ClientError | BotoCoreError, place: str) -> DeliveryError:
    """Return what an error of AWS means for a target."""
    match error:
        case ClientError():
            told = error.response.get("Error", {})
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            return code_failure(str(told.get("Code", "")), str(told.get("Message", "")), place, status=status)
        case ParamValidationError():
            return RefusedError(f"{place}: {_told(str(error))}")
        case NoCredentialsError() | NoRegionError():
            return BrokenTargetError(f"{place}: {_told(str(error))}")
        case _:  # no connection, or none in time
            return TemporaryError(f"{place}: {_told(str(error))}")


def code_failure(code: str, message: str, place: str, *, status: int = 0) -> DeliveryError:
    """Return what a code of AWS means; one that nobody knows is about the target.

    Args:
        code: such as `ThrottlingException`.
        message: AWS's own words.
        place: who says so.
        status: of HTTP; 0 where there was none of its own.
    """
    told = f"{place}: {_told(f'{code}: {message}')}"
    if _LATER.fullmatch(code) or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return TemporaryError(told)
    if _NEVER.fullmatch(code) and "TopicArn" not in message:  # that is a setting
        return RefusedError(told)
    return BrokenTargetError(told)


def _told(text: str) -> str:
    return clipped(line(text), LONGEST_TOLD)
