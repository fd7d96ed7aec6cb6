"""AWS's stand-in, what stands between it and those under test, and the API over a store of the sample's findings."""

from collections.abc import Callable, Iterator

import pytest
from mypy_boto3_accessanalyzer import AccessAnalyzerClient

from surfaces.api_service import Served, serving_sample
from surfaces.aws import Wire, reset_moto, running_moto, running_proxy


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with running_moto() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def proxy(moto: str) -> Iterator[Wire]:
    with running_proxy(moto) as found:
        yield found


@pytest.fixture
def wire(moto: str, proxy: Wire) -> Wire:
    reset_moto(moto)
    proxy.clear()
    return proxy


@pytest.fixture
def served(new_database: Callable[[], str]) -> Iterator[Served]:
    with serving_sample(new_database()) as service:
        yield service


@pytest.fixture
def client(served: Served) -> AccessAnalyzerClient:
    return served.server.client()
