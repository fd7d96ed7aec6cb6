"""What an operation answers when the layers below refuse: each of their errors once, as an error of the service."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sekisho.api.errors import ApiError, Reason, validation_error
from sekisho.api.model import operation_models
from sekisho.api.operation import Operation, RequestContext
from sekisho.collectors import CollectError, OutOfReachError, UnsupportedArnError
from sekisho.findings import (
    AnalyzerError,
    AnalyzerExistsError,
    ArchiveRuleError,
    ArchiveRuleExistsError,
    CriteriaError,
    FindingsError,
    TooManyAnalyzersError,
    TooManyArchiveRulesError,
    UnknownAnalyzerError,
    UnknownArchiveRuleError,
    UnknownFindingError,
    UnknownResourceError,
)
from sekisho.resources.proposed import UnreadPartError

Refusal = Callable[[Exception], ApiError]


def unknown(kind: str, identity: str, where: str = "") -> ApiError:
    """Return the error for something that is not there."""
    message = f"there is no {kind} `{identity[:200]}` {where}".rstrip()
    return ApiError("ResourceNotFoundException", message, resourceId=identity, resourceType=kind)


def quota_exceeded(message: str, kind: str, identity: str) -> ApiError:
    """Return the error for one too many."""
    return ApiError("ServiceQuotaExceededException", message, resourceId=identity, resourceType=kind)


def invalid(message: str) -> ApiError:
    """Return the error for parameters that have the right shape and cannot be used."""
    return validation_error(Reason.FIELD_VALIDATION_FAILED, message)


def _conflict(kind: str) -> Refusal:
    return lambda error: ApiError("ConflictException", str(error), resourceId=_identity(error), resourceType=kind)


def _unknown(kind: str) -> Refusal:
    return lambda error: unknown(kind, _identity(error))


def _too_many(kind: str) -> Refusal:
    return lambda error: quota_exceeded(str(error), kind, kind)


def _invalid(error: Exception) -> ApiError:
    return invalid(str(error))


def _not_supported(error: Exception) -> ApiError:
    return validation_error(Reason.NOT_SUPPORTED, str(error))


def _identity(error: Exception) -> str:
    names = ("arn", "name", "resource", "prefix")
    return next((str(getattr(error, name)) for name in names if hasattr(error, name)), "")


REFUSALS: Final[Mapping[type[Exception], Refusal]] = {
    AnalyzerError: _invalid,
    AnalyzerExistsError: _conflict("Analyzer"),
    ArchiveRuleError: _invalid,
    ArchiveRuleExistsError: _conflict("ArchiveRule"),
    CriteriaError: _invalid,
    OutOfReachError: _not_supported,
    TooManyAnalyzersError: _too_many("Analyzer"),
    TooManyArchiveRulesError: _too_many("ArchiveRule"),
    UnknownAnalyzerError: _unknown("Analyzer"),
    UnknownArchiveRuleError: _unknown("ArchiveRule"),
    UnknownFindingError: _unknown("Finding"),
    UnknownResourceError: _unknown("AnalyzedResource"),
    UnsupportedArnError: _not_supported,
    UnreadPartError: _not_supported,
}
"""The nearest class counts. What is not here is not the caller's fault: `InternalServerException`. So is what AWS would
not let us read at the moment, which is worth another attempt."""


def answering(name: str, operation: Operation) -> Operation:
    """Return the operation with what the layers below refuse as errors that the service has for it."""

    def answered(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        try:
            return operation(params, context)
        except ApiError as error:
            raise _modelled(name, error) from error
        except (FindingsError, CollectError, UnreadPartError) as error:
            refusal = next((REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS), None)
            if refusal is None:
                raise
            raise _modelled(name, refusal(error)) from error

    return answered


def _modelled(name: str, error: ApiError) -> ApiError:
    """Return an error that the operation's description lists; some have no word for what is not there."""
    listed = {shape.name for shape in operation_models()[name].error_shapes}
    return error if error.code in listed else invalid(str(error))
