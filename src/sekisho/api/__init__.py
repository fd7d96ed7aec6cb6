"""The `accessanalyzer` endpoint: AWS's REST JSON protocol, signatures, roles and limits, around operations plugged in.

It knows the service description that comes with botocore, and nothing of findings, analyzers or stores: an operation is
a function from checked parameters to an output.
"""

from sekisho.api.app import Observer, make_app
from sekisho.api.errors import ApiError, FieldProblem, Reason, validation_error
from sekisho.api.exchange import HttpRequest, HttpResponse
from sekisho.api.identity import Caller, IssuedKey, KeyRing, Role
from sekisho.api.limits import Limits, Rate
from sekisho.api.log import Trace
from sekisho.api.open import OpenRoute
from sekisho.api.operation import Operation, RequestContext
from sekisho.api.signed import SignedRoute

__all__ = [
    "ApiError",
    "Caller",
    "FieldProblem",
    "HttpRequest",
    "HttpResponse",
    "IssuedKey",
    "KeyRing",
    "Limits",
    "Observer",
    "OpenRoute",
    "Operation",
    "Rate",
    "Reason",
    "RequestContext",
    "Role",
    "SignedRoute",
    "Trace",
    "make_app",
    "validation_error",
]
