"""An AWS to test against: moto's server in a process of its own, and a proxy that sees every call and can spoil it."""

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import boto3
import botocore.session
from botocore import xform_name
from botocore.model import ServiceModel

OWNER = "123456789012"
PARTNER = "444455556666"
REGION = "us-east-1"
ELSEWHERE = "eu-west-1"

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
"""What a client needs to speak with moto and with nobody else."""


@contextmanager
def running_moto() -> Iterator[str]:
    """Start moto's server and lend its address."""
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_ready(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def reset_moto(endpoint: str) -> None:
    """Forget all accounts."""
    connection = HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    connection.request("POST", "/moto-api/reset")
    assert connection.getresponse().status == 200
    connection.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/moto-api/data.json")
            connection.getresponse()
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            connection.close()
            return
    raise TimeoutError("moto did not come up within a minute")


# --- an account to read


def client(endpoint: str, service: str, region: str = REGION) -> Any:
    """Return a client of the test account, for setting it up."""
    session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
    made = session.client(service, endpoint_url=endpoint)
    made.meta.events.register("before-sign.s3-control", _leave_account_out_of_host)
    return made


def _leave_account_out_of_host(request: Any, **_: Any) -> None:
    url = urlsplit(request.url)
    request.url = url._replace(netloc=url.netloc.partition(".")[2]).geturl()


def policy(action: str, resource: str = "*", principal: str = PARTNER) -> str:
    """Return a policy that lets another account in, spaced as only a person would."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": action,
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=1)


def trust_policy(principal: str = PARTNER) -> str:
    """Return a trust policy that lets another account in."""
    document = json.loads(policy("sts:AssumeRole", principal=principal))
    del document["Statement"][0]["Resource"]
    return json.dumps(document, indent=1)


def build_account(endpoint: str) -> None:
    """Put at least one of everything that is read into the test account."""
    _build_buckets(endpoint)
    client(endpoint, "iam").create_role(RoleName="partner", AssumeRolePolicyDocument=trust_policy())
    key = _build_key(endpoint)
    _build_functions(endpoint)
    sqs = client(endpoint, "sqs")
    for number in range(3):
        url = sqs.create_queue(QueueName=f"queue-{number}")["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy("sqs:SendMessage")})
    sns = client(endpoint, "sns", ELSEWHERE)
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy("sns:Publish", topic))
    _build_secrets(endpoint, key)


def _build_buckets(endpoint: str) -> None:
    s3 = client(endpoint, "s3")
    control = client(endpoint, "s3control")
    s3.create_bucket(Bucket="open-bucket")
    s3.put_bucket_policy(Bucket="open-bucket", Policy=policy("s3:GetObject", "arn:aws:s3:::open-bucket/*"))
    s3.put_public_access_block(Bucket="open-bucket", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_ownership_controls(
        Bucket="open-bucket", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.create_bucket(Bucket="bare-bucket", CreateBucketConfiguration={"LocationConstraint": ELSEWHERE})
    control.put_public_access_block(AccountId=OWNER, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    control.create_access_point(AccountId=OWNER, Name="door", Bucket="open-bucket")
    control.put_access_point_policy(
        AccountId=OWNER, Name="door", Policy=policy("s3:GetObject", f"arn:aws:s3:{REGION}:{OWNER}:accesspoint/door")
    )
    mrap = client(endpoint, "s3control", "us-west-2")
    mrap.create_multi_region_access_point(
        AccountId=OWNER, ClientToken="once", Details={"Name": "everywhere", "Regions": [{"Bucket": "open-bucket"}]}
    )
    mrap.put_multi_region_access_point_policy(
        AccountId=OWNER,
        ClientToken="twice",
        Details={
            "Name": "everywhere",
            "Policy": policy("s3:GetObject", f"arn:aws:s3::{OWNER}:accesspoint/everywhere"),
        },
    )


def _build_key(endpoint: str) -> str:
    kms = client(endpoint, "kms")
    key: str = kms.create_key(Policy=policy("kms:Decrypt"))["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/secrets", TargetKeyId=key)
    kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{PARTNER}:role/reader", Operations=["Decrypt"])
    return key


def _build_functions(endpoint: str) -> None:
    role = client(endpoint, "iam").create_role(RoleName="runner", AssumeRolePolicyDocument=trust_policy(OWNER))
    aws_lambda = client(endpoint, "lambda")
    code = BytesIO()
    with ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handle(event, context): return event")
    for name in ("shared", "private"):
        aws_lambda.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role["Role"]["Arn"],
            Handler="app.handle",
            Code={"ZipFile": code.getvalue()},
            Environment={"Variables": {"PASSWORD": "must-not-leave"}},
        )
    aws_lambda.add_permission(
        FunctionName="shared", StatementId="partner", Action="lambda:InvokeFunction", Principal=PARTNER
    )
    aws_lambda.create_function_url_config(FunctionName="shared", AuthType="NONE")
    version = aws_lambda.publish_layer_version(LayerName="layer", Content={"ZipFile": code.getvalue()})["Version"]
    aws_lambda.add_layer_version_permission(
        LayerName="layer",
        VersionNumber=version,
        StatementId="partner",
        Action="lambda:GetLayerVersion",
        Principal=PARTNER,
    )


def _build_secrets(endpoint: str, key: str) -> None:
    secrets = client(endpoint, "secretsmanager")
    for name, encryption in (("by-id", key), ("by-alias", "alias/secrets"), ("by-default", None)):
        chosen = {} if encryption is None else {"KmsKeyId": encryption}
        arn = secrets.create_secret(
            Name=name, SecretString="must-not-leave", Tags=[{"Key": "t", "Value": "must-not-leave"}], **chosen
        )["ARN"]
        secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy("secretsmanager:GetSecretValue"))


# --- which operation a request asks for


SERVICES = (
    *("s3", "s3control", "iam", "kms", "lambda", "sqs", "sns", "secretsmanager", "organizations", "sts", "ec2"),
    "cloudtrail",
)


def identify(method: str, target: str, headers: dict[str, str], body: bytes) -> str:
    """Return the call that a request makes, `<boto3 client>.<method>`, as its service's description has it."""
    if json_target := headers.get("x-amz-target"):
        prefix, _, operation = json_target.rpartition(".")
        return _named(_json_services()[prefix], operation)
    service = _scope(headers)
    url = urlsplit(target)
    if service in {"iam", "sns", "sts", "ec2"}:
        return _named(service, parse_qs(body.decode())["Action"][0])
    if url.path.startswith("/v20180820/"):
        service = "s3control"
    return _named(service, _rest_operation(service, method, url.path, url.query))


def _scope(headers: dict[str, str]) -> str:
    signed = re.search(r"Credential=[^/]+/[0-9]+/[^/]+/([^/]+)/", headers.get("authorization", ""))
    return signed[1] if signed else "unsigned"


def _named(service: str, operation: str) -> str:
    return f"{service}.{xform_name(operation)}"


@cache
def service_model(service: str) -> ServiceModel:
    """Return the published description of a service."""
    return botocore.session.get_session().get_service_model(service)


@cache
def _json_services() -> dict[str, str]:
    return {
        prefix: name for name in SERVICES if (prefix := service_model(name).metadata.get("targetPrefix")) is not None
    }


def _rest_operation(service: str, method: str, path: str, query: str) -> str:
    """Return the operation whose path and fixed query fit the request most closely."""
    given = set(parse_qs(query, keep_blank_values=True))
    fitting: list[tuple[tuple[int, int], str]] = []
    for name in service_model(service).operation_names:
        http = service_model(service).operation_model(name).http
        template, _, fixed = http["requestUri"].partition("?")
        wanted = set(parse_qs(fixed, keep_blank_values=True))
        pattern = re.sub(r"\\{\w+(\\\+)?\\}", _placeholder, re.escape(template.rstrip("/"))) + "/?"
        if http["method"] == method and wanted <= given and re.fullmatch(pattern, path):
            fitting.append(((len(wanted), len(template)), name))
    assert fitting, f"no operation of {service} is {method} {path}?{query}"
    closest = max(closeness for closeness, _ in fitting)
    # Of two equals the first by name: `ListBuckets` rather than `ListDirectoryBuckets`.
    return min(name for closeness, name in fitting if closeness == closest)


def _placeholder(found: re.Match[str]) -> str:
    return ".+" if found[1] else "[^/]+"


# --- a proxy that can spoil answers


@dataclass(frozen=True)
class Refuses:
    """The service refuses, always or the first few times."""

    code: str = "AccessDenied"
    status: int = 403
    times: int | None = None


@dataclass(frozen=True)
class Hangs:
    """The service accepts the request and never answers."""


@dataclass(frozen=True)
class Babbles:
    """The service answers well-formed HTTP that means nothing."""

    body: bytes = b"<html>sign in to the guest network"


@dataclass(frozen=True)
class HangsUp:
    """The service closes the connection."""


@dataclass(frozen=True)
class BreaksOff:
    """The service closes the connection in the middle of its answer, always or the first few times."""

    times: int | None = None


@dataclass(frozen=True)
class LivesIn:
    """What is asked for is in this Region, and the service sends all others there."""

    region: str


Fault = Refuses | Hangs | Babbles | HangsUp | BreaksOff | LivesIn


@dataclass
class Wire:
    """What went over the proxy, and what is to go wrong on it.

    Attributes:
        faults: by call, `kms.get_key_policy`, or by call and a text that occurs in its request,
            `kms.get_key_policy key-1`. A fault with the text wins.
        seen: how often each call was made.
        targets: the path and query of each request.
        hung: set to let go of those that wait for a service that hangs.
    """

    endpoint: str
    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    seen: Counter[str] = field(default_factory=Counter[str])
    targets: list[str] = field(default_factory=list[str])
    spoilt: defaultdict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    hung: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, call: str, request: str) -> Fault | None:
        with self.lock:
            self.seen[call] += 1
            self.targets.append(request.partition("\n")[0])
            for name, fault in sorted(self.faults.items(), reverse=True):
                asked, _, text = name.partition(" ")
                if asked != call or text not in request:
                    continue
                self.spoilt[name] += 1
                if (
                    isinstance(fault, Refuses | BreaksOff)
                    and fault.times is not None
                    and self.spoilt[name] > fault.times
                ):
                    return None
                return fault
        return None

    def clear(self) -> None:
        self.faults.clear()
        self.seen.clear()
        self.targets.clear()
        self.spoilt.clear()


@contextmanager
def running_proxy(moto: str) -> Iterator[Wire]:
    """Start a proxy before moto and lend the wire that leads through it."""

    class Handler(_Proxy):
        upstream = urlsplit(moto).netloc

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.wire = wire = Wire(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield wire
    finally:
        wire.hung.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: ClassVar[str]
    wire: ClassVar[Wire]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = identify(self.command, self.path, headers, body)
        match self.wire.fault(call, f"{self.path}\n{body.decode(errors='replace')}"):
            case None:
                self._forward(headers, body)
            case Refuses(code=code, status=status):
                self._answer(status, _error_type(call), _error_body(call, code), {"x-amzn-errortype": code})
            case Babbles(body=rubbish):
                self._answer(200, "text/html", rubbish)
            case Hangs():
                self.wire.hung.wait(60)
                self.close_connection = True
            case HangsUp():
                self.close_connection = True
            case BreaksOff():
                self.close_connection = True
                self._forward(headers, body, {"Content-Length": "1000000"})
            case LivesIn(region=region) if f"/{region}/s3/" not in headers.get("authorization", ""):
                moved = {"x-amz-bucket-region": region}
                self._answer(301, "application/xml", _error_body(call, "PermanentRedirect"), moved)
            case LivesIn():
                self._forward(headers, body)

    do_GET = do_POST = _serve  # noqa: N815 - named by the base class; reading takes no other

    def _forward(self, headers: dict[str, str], body: bytes, changed: Mapping[str, str] | None = None) -> None:
        connection = HTTPConnection(self.upstream, timeout=60)
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        passed = {"content-type", "x-amzn-errortype", "x-amzn-requestid", "x-amz-request-id", "x-amz-bucket-region"}
        kept = {
            name: value
            for name, value in answer.getheaders()
            if name.lower() in passed or name.lower().startswith("x-amz-meta-")
        }
        kind = kept.pop("Content-Type", "application/octet-stream")
        connection.close()
        self._answer(answer.status, kind, content, {**kept, **(changed or {})})

    def _answer(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        with suppress(ConnectionError):  # the client may have given up waiting
            self._send(status, {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


def _protocol(call: str) -> str:
    protocol: str = service_model(call.partition(".")[0]).metadata["protocol"]
    return protocol


def _error_type(call: str) -> str:
    return "application/json" if "json" in _protocol(call) else "application/xml"


def _error_body(call: str, code: str) -> bytes:
    message = "the test says no"
    if "json" in _protocol(call):
        return json.dumps({"__type": code, "message": message}).encode()
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    match call.partition(".")[0]:
        case "s3":
            return error.encode()
        case "ec2":
            return f"<Response><Errors>{error}</Errors></Response>".encode()
        case _:
            return f"<ErrorResponse>{error}</ErrorResponse>".encode()
