"""A place that publishes a Service Reference, as AWS documents it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

AWS = "https://servicereference.us-east-1.amazonaws.com"
LIST = "/v1/service-list.json"


def operation(name: str, *actions: str) -> dict[str, Any]:
    """An operation, and the actions that may be asked for in it."""
    authorized = [{"Name": one.partition(":")[2], "Service": one.partition(":")[0]} for one in actions]
    return {
        "Name": name,
        **({"AuthorizedActions": authorized} if authorized else {}),
        "SDK": [{"Name": "example", "Method": name.lower(), "Package": "Boto3"}],
    }


def service(prefix: str, actions: tuple[str, ...], *operations: dict[str, Any]) -> dict[str, Any]:
    """The file of a service, with more in it than is read."""
    return {
        "Name": prefix,
        "Actions": [
            {
                "Name": name,
                "ActionConditionKeys": ["aws:RequestTag/${TagKey}"],
                "Annotations": {"Properties": {"IsList": False, "IsWrite": True}},
                "Resources": [{"Name": "thing"}],
                "SupportedBy": {"IAM Access Analyzer Policy Generation": False, "IAM Action Last Accessed": False},
            }
            for name in actions
        ],
        "ConditionKeys": [{"Name": "aws:RequestTag/${TagKey}", "Types": ["String"]}],
        "Operations": list(operations),
        "Resources": [
            {"Name": "thing", "ARNFormats": [f"arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:t/${{T}}"]}
        ],
        "Version": "v1.4",
    }


@dataclass
class Publisher:
    """What is published, and what was asked for.

    Attributes:
        base: what stands before `v1/`.
        files: what is at each path; None is a redirect to where there is something.
        asked: the paths, in order.
    """

    base: str = ""
    files: dict[str, bytes | None] = field(default_factory=dict[str, "bytes | None"])
    asked: list[str] = field(default_factory=list[str])

    def publish(self, services: Mapping[str, dict[str, Any]], below: str = "") -> None:
        """Publish services, at the addresses that AWS has them at."""
        listed = [{"service": name, "url": f"{AWS}/v1/{name}/{name}.json"} for name in services]
        self.files[f"{below}{LIST}"] = json.dumps(listed).encode()
        for name, one in services.items():
            self.files[f"{below}/v1/{name}/{name}.json"] = json.dumps(one).encode()


@contextmanager
def publisher() -> Iterator[Publisher]:
    """Publish on a port of this machine."""
    found = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            content = found.files.get(self.path, b"")
            if content is None:
                self.send_response(302)
                self.send_header("Location", LIST)
            else:
                self.send_response(200 if self.path in found.files else 404)
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        found.base = f"http://127.0.0.1:{server.server_port}"
        yield found
        server.shutdown()
        thread.join()
