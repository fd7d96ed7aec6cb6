import pytest
from botocore.model import OperationModel
from hypothesis import given
from hypothesis import strategies as st

from sekisho.api.model import Routes, error_shapes, operation_models

ROUTES = Routes(operation_models())
SUPPORTED = {"structure", "list", "map", "string", "integer", "long", "boolean", "timestamp"}


def found(method: str, path: bytes) -> tuple[str, dict[str, bytes]] | None:
    match = ROUTES.match(method, path)
    return None if match is None else (match.operation.name, dict(match.labels))


@pytest.mark.parametrize("operation", operation_models().values(), ids=lambda one: one.name)
def test_every_operation_is_found_where_the_description_puts_it(operation: OperationModel) -> None:
    path = operation.http["requestUri"].replace("{", "a%2F").replace("}", "")

    match = found(operation.http["method"], path.encode())

    assert match is not None
    assert match[0] == operation.name
    assert all(label == f"a%2F{name}".encode() for name, label in match[1].items())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", b"/tags/arn:aws:x/y", id="a slash ends a label"),
        pytest.param("GET", b"/tags/", id="an empty label"),
        pytest.param("GET", b"/analyzer/.", id="a segment that a signature doesn't cover"),
        pytest.param("GET", b"/tags/..", id="the segment above"),
        pytest.param("GET", b"//analyzer", id="an empty segment"),
        pytest.param("GET", b"/analyzer/", id="a slash at the end"),
        pytest.param("GET", b"", id="no path"),
        pytest.param("GET", b"http://host/analyzer", id="a whole address"),
        pytest.param("get", b"/analyzer", id="a method in small letters"),
        pytest.param("PATCH", b"/analyzer", id="another method"),
    ],
)
def test_nothing_is_found_elsewhere(method: str, path: bytes) -> None:
    assert found(method, path) is None


def test_a_literal_segment_is_preferred_to_a_label() -> None:
    assert found("POST", b"/analyzer/findings/statistics") == ("GetFindingsStatistics", {})


@given(st.sampled_from(["GET", "PUT", "POST", "DELETE"]), st.binary(max_size=30))
def test_any_path_is_found_or_not(method: str, path: bytes) -> None:
    match = ROUTES.match(method, b"/tags/" + path)

    assert match is None or match.labels == {"resourceArn": path}


def test_the_description_uses_no_type_that_cannot_be_read_or_written() -> None:
    service = next(iter(operation_models().values())).service_model

    assert {service.shape_for(name).type_name for name in service.shape_names} <= SUPPORTED


def test_nothing_of_a_request_has_its_place_in_a_header() -> None:
    shapes = [model.input_shape for model in operation_models().values() if model.input_shape]
    places = {member.serialization.get("location") for shape in shapes for member in shape.members.values()}

    assert places == {None, "uri", "querystring"}


def test_errors_go_by_the_code_that_clients_see() -> None:
    assert error_shapes()["ThrottlingException"].metadata["error"]["httpStatusCode"] == 429
    assert len(error_shapes()) == 9
