"""The installed program as a server, in a process of its own; and the clients to ask it with."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from mypy_boto3_accessanalyzer import AccessAnalyzerClient

from sekisho.api import HttpRequest, IssuedKey, Role
from unit.api.signing import sign

SEKISHO = Path(sys.executable).parent / "sekisho"
REGION = "us-east-1"

T = TypeVar("T")


def wait_for(ask: Callable[[], T], *, seconds: float = 30) -> T:
    """Ask until there is an answer."""
    until = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)
    return found


class Program:
    """The installed program, with a home of its own."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), **environment}

    def run(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [SEKISHO, *arguments],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    def issue_key(self, role: Role) -> IssuedKey:
        made = json.loads(self.document("keys", "create", "--role", role.value, "--format", "json"))
        return IssuedKey(made["accessKeyId"], made["secretAccessKey"], role)

    def document(self, *arguments: str) -> str:
        done = subprocess.run(
            [SEKISHO, *arguments], cwd=self.home, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    @contextmanager
    def serving(self, *arguments: str) -> Iterator["Served"]:
        """Serve on a free port, and stop it at the end, if nobody did before."""
        with subprocess.Popen(
            [SEKISHO, "serve", "--port", "0", *arguments],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            served = Served(process)
            try:
                served.wait_until_it_listens()
                yield served
            finally:
                process.terminate()
                process.wait(30)
                served.join()


class Served:
    """A running server."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self.other: list[str] = []
        self.printed: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        self._threads = [
            threading.Thread(target=self._listen, args=(process.stderr,)),
            threading.Thread(target=self.printed.extend, args=(process.stdout,)),
        ]
        for thread in self._threads:
            thread.start()
        self.url = ""

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            try:
                self.said.append(json.loads(line))
            except ValueError:
                self.other.append(line)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def wait_until_it_listens(self) -> None:
        self.url = wait_for(
            lambda: next((one["url"] for one in self.said if one.get("message") == "listening"), self._dead())
        )

    def _dead(self) -> str:
        assert self.process.poll() is None, self.other
        return ""

    def client(self, key: IssuedKey) -> AccessAnalyzerClient:
        return boto3.client(
            "accessanalyzer",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        key: IssuedKey | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> tuple[int, str]:
        """Return the status and the body of an answer."""
        content = b"" if body is None else json.dumps(body).encode()
        given = {"host": urlsplit(self.url).netloc, **(headers or {})}
        request = HttpRequest(method, path.encode(), b"", tuple(given.items()), content)
        if key is not None:
            request = sign(request, key)
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        connection.request(method, path, content, dict(request.headers))
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        connection.close()
        return found

    def metric(self, page: str, name: str) -> list[float]:
        """Return the values of a metric, labels aside."""
        return [float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", page, re.MULTILINE)]
