"""The `accessanalyzer` service as botocore describes it: its operations, where each is found, and its errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, StructureShape

SERVICE = "accessanalyzer"


@cache
def service_model() -> ServiceModel:
    """Return the description that came with botocore, whatever else a user keeps in `~/.aws/models`."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model(SERVICE, "service-2"), SERVICE)


@cache
def operation_models() -> Mapping[str, OperationModel]:
    """Return every operation by name."""
    service = service_model()
    return {name: service.operation_model(name) for name in service.operation_names}


@cache
def error_shapes() -> Mapping[str, StructureShape]:
    """Return every modelled error by its code."""
    shapes = [shape for shape in service_model().error_shapes if isinstance(shape, StructureShape)]
    return {str(shape.metadata["error"].get("code", shape.name)): shape for shape in shapes}


@dataclass(frozen=True, slots=True)
class Label:
    """A part of a path that the caller fills in."""

    name: str


@dataclass(frozen=True, slots=True)
class Match:
    """The operation that a request names.

    Attributes:
        labels: what stands in the place of each label, still percent-encoded.
    """

    operation: OperationModel
    labels: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Route:
    """Where an operation is found: a method and a path, one segment after the other."""

    operation: OperationModel
    method: str
    segments: tuple[bytes | Label, ...]

    def match(self, method: str, segments: list[bytes]) -> Match | None:
        """Return what the request says in this route's words, or None when it means another one."""
        if method != self.method or len(segments) != len(self.segments):
            return None
        labels: dict[str, bytes] = {}
        for expected, given in zip(self.segments, segments, strict=True):
            match expected:
                case Label(name=name) if given not in _NO_LABEL:
                    labels[name] = given
                case bytes() if given == expected:
                    pass
                case _:
                    return None
        return Match(self.operation, labels)


_NO_LABEL = frozenset({b"", b".", b".."})
"""What a path loses when it is normalised. A signature covers the normalised path, so these may mean nothing."""


class Routes:
    """The way from a method and a path to an operation.

    Source: Smithy 2.0, "HTTP bindings"; botocore's `http.method` and `http.requestUri` of each operation.
    """

    def __init__(self, operations: Mapping[str, OperationModel]) -> None:
        routes = [_route(operation) for operation in operations.values()]
        self._routes = sorted(routes, key=lambda route: sum(isinstance(one, Label) for one in route.segments))

    def match(self, method: str, raw_path: bytes) -> Match | None:
        """Return the operation, or None when there is none. Literal segments are preferred to labels.

        Args:
            method: in upper case.
            raw_path: percent-encoded; a slash inside a label is written `%2F`.
        """
        root, *segments = raw_path.split(b"/")
        if root:
            return None
        return next((found for route in self._routes if (found := route.match(method, segments))), None)


def _route(operation: OperationModel) -> Route:
    _, *segments = str(operation.http["requestUri"]).split("/")
    return Route(operation, str(operation.http["method"]), tuple(map(_segment, segments)))


def _segment(text: str) -> bytes | Label:
    return Label(text[1:-1]) if text.startswith("{") else text.encode()
