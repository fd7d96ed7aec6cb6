"""The endpoint over HTTP, with operations that answer what a test tells them to; and the clients to call it with."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import uvicorn
from botocore.config import Config
from mypy_boto3_accessanalyzer import AccessAnalyzerClient
from starlette.types import ASGIApp

from sekisho.api import IssuedKey, Limits, Operation, Rate, RequestContext, make_app
from sekisho.api.exchange import HttpRequest
from sekisho.api.model import operation_models
from sekisho.server import BoundedConnection
from unit.api.signing import ADMIN, OPERATOR, READER, REGION, Keys

SECRET = bytes(range(32))
NO_LIMITS = Limits(requests=Rate(1e6, 1_000_000), failures=Rate(1e6, 1_000_000))
AWS = Path(sys.executable).parent / "aws"


@dataclass
class Stub:
    """Every operation at once: keeps what it was called with, answers or raises what it was given."""

    output: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    params: Mapping[str, Any] | None = None
    context: RequestContext | None = None
    now: datetime | None = None

    def __call__(self, params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        self.params, self.context = params, context
        if self.error:
            raise self.error
        return self.output

    def clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def operations(self) -> dict[str, Operation]:
        return dict.fromkeys(operation_models(), self)


@dataclass(frozen=True)
class Server:
    """A running endpoint."""

    address: str
    stub: Stub
    keys: Keys

    def client(
        self, key: IssuedKey = ADMIN, *, region: str = REGION, checks_itself: bool = True
    ) -> AccessAnalyzerClient:
        return boto3.client(
            "accessanalyzer",
            endpoint_url=self.address,
            region_name=region,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret,
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=checks_itself),
        )

    def aws(self, *arguments: str, key: IssuedKey = ADMIN) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_ACCESSANALYZER": self.address,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }
        command = [str(AWS), "accessanalyzer", *arguments, "--output", "json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def send(self, request: HttpRequest) -> tuple[int, Mapping[str, str], bytes]:
        """Send a request as it is, and return the status, the headers by their names in lower case, and the body."""
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        target = request.raw_path.decode() + (f"?{request.query.decode()}" if request.query else "")
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        stated = {name for name, _ in request.headers}
        for name, value in request.headers:
            connection.putheader(name, value)
        if "content-length" not in stated and "transfer-encoding" not in stated:
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of this machine, and lend its address."""
    # Named as TCP, so that asyncio turns Nagle's algorithm off; an answer takes 40 ms otherwise.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http=BoundedConnection, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def running_stub(limits: Limits = NO_LIMITS) -> Iterator[Server]:
    """Serve a stub for every operation."""
    stub = Stub()
    keys = Keys(READER, OPERATOR, ADMIN)
    app = make_app(stub.operations(), keys, secret=SECRET, clock=stub.clock, limits=limits)
    with running(app) as address:
        yield Server(address, stub, keys)
