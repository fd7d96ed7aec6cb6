"""An IAM to test against: an HTTP server that speaks the Query protocol and answers what a script says.

Beside it, as much of STS and Organizations as entering the accounts of an organization takes.
"""

import base64
import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

OWNER = "123456789012"
MEMBER = "210987654321"

REPORT = """\
user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,\
mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,\
cert_2_last_rotated
<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00Z,true,2026-11-01T00:00:00Z,2020-01-01T00:00:00Z,\
not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
alice,arn:aws:iam::123456789012:user/people/alice,2024-01-01T00:00:00Z,true,2026-11-20T08:00:00Z,\
2024-01-01T00:00:00Z,N/A,true,true,2024-01-01T00:00:00Z,2026-11-21T09:00:00Z,eu-west-1,s3,false,N/A,N/A,N/A,N/A,\
false,N/A,false,N/A
"bot,old","arn:aws:iam::123456789012:user/bot,old",2023-01-01T00:00:00Z,false,N/A,N/A,N/A,false,false,\
2023-01-01T00:00:00Z,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
idle,arn:aws:iam::123456789012:user/idle,2023-01-01T00:00:00Z,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,\
N/A,N/A,N/A,N/A,false,N/A,false,N/A
signer,arn:aws:iam::123456789012:user/signer,2023-01-01T00:00:00Z,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,\
false,N/A,N/A,N/A,N/A,true,2023-01-01T00:00:00Z,false,N/A"""
"""As AWS writes it: no newline at the end, names in quotes where they hold a comma."""

SEED = b"must-not-leave"


@dataclass(frozen=True)
class Refusal:
    """An error of the service, by the code that it has on the wire."""

    code: str = "AccessDenied"
    status: int = 403


Answer = Mapping[str, Any] | Refusal | Callable[[Mapping[str, str]], "Mapping[str, Any] | Refusal"]
"""What an operation returns, or how that follows from its parameters."""

EXPIRED = Refusal("ReportExpired", 410)
NOT_PRESENT = Refusal("ReportNotPresent", 410)
NOT_READY = Refusal("ReportInProgress", 404)
TOO_MANY = Refusal("LimitExceeded", 409)
FAILURE = Refusal("ServiceFailure", 500)
NO_ENTITY = Refusal("NoSuchEntity", 404)
STARTED = {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}
IN_PROGRESS = {"State": "INPROGRESS"}
COMPLETE = {"State": "COMPLETE"}


def report_answer(content: str | bytes = REPORT) -> Mapping[str, Any]:
    """Return the answer that holds a report."""
    raw = content.encode() if isinstance(content, str) else content
    return {"Content": raw, "ReportFormat": "text/csv", "GeneratedTime": "2026-11-22T11:30:00Z"}


def _keys_of(params: Mapping[str, str]) -> Mapping[str, Any]:
    keys = {
        "alice": [("AKIAEXAMPLEALICE", "Active", "2024-01-01T00:00:00Z")],
        "bot,old": [
            ("AKIAEXAMPLEBOT00", "Inactive", "2022-12-01T00:00:00Z"),
            ("AKIAEXAMPLEGONE0", "Expired", "2022-11-01T00:00:00Z"),
        ],
    }
    user = params["UserName"]
    made = [
        {"UserName": user, "AccessKeyId": key, "Status": status, "CreateDate": created}
        for key, status, created in keys.get(user, ())
    ]
    return {"AccessKeyMetadata": made, "IsTruncated": False}


def _last_use_of(params: Mapping[str, str]) -> Mapping[str, Any]:
    if params["AccessKeyId"] == "AKIAEXAMPLEALICE":
        used = {"LastUsedDate": "2026-11-22T11:00:00Z", "ServiceName": "s3", "Region": "eu-west-1"}
        return {"UserName": "alice", "AccessKeyLastUsed": used}
    return {"UserName": "bot,old", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}


def _devices_of(params: Mapping[str, str]) -> Mapping[str, Any]:
    devices = {"alice": [f"arn:aws:iam::{OWNER}:u2f/user/alice/key-ABC", "GAHT12345678"]}
    user = params["UserName"]
    made = [
        {"UserName": user, "SerialNumber": serial, "EnableDate": "2024-01-02T00:00:00Z"}
        for serial in devices.get(user, ())
    ]
    return {"MFADevices": made, "IsTruncated": False}


def listed_users(**sign_ins: str | None) -> Callable[[Mapping[str, str]], Mapping[str, Any]]:
    """Return the listing of the users of the report on two pages.

    Args:
        sign_ins: by user, when they last signed in; None for a user who is gone.
    """
    known = {"alice": "2026-11-20T08:00:00Z", "bot,old": "", "idle": "", "signer": "", **sign_ins}
    users = [
        {"UserName": name, "Arn": f"arn:aws:iam::{OWNER}:user/{name}", "CreateDate": "2023-01-01T00:00:00Z"}
        | ({"PasswordLastUsed": used} if used else {})
        for name, used in known.items()
        if used is not None
    ]

    def page(params: Mapping[str, str]) -> Mapping[str, Any]:
        if "Marker" in params:
            return {"Users": users[1:], "IsTruncated": False}
        return {"Users": users[:1], "IsTruncated": True, "Marker": "next"}

    return page


def _login_profile_of(params: Mapping[str, str]) -> Mapping[str, Any] | Refusal:
    if params["UserName"] != "alice":
        return NO_ENTITY
    made = {"UserName": "alice", "CreateDate": "2024-01-01T00:00:00Z", "PasswordResetRequired": False}
    return {"LoginProfile": made}


def _service_specific(params: Mapping[str, str]) -> Mapping[str, Any]:
    """Return one credential a page, as an account with many has it."""
    assert params["AllUsers"] == "true"
    names = ["alice", "git"]
    place = int(params.get("Marker", "0"))
    one = {
        "UserName": names[place],
        "Status": ["Active", "Inactive"][place],
        "ServiceUserName": f"{names[place]}-at-{OWNER}",
        "CreateDate": "2026-01-01T00:00:00Z",
        "ServiceSpecificCredentialId": f"ACCA{place}",
        "ServiceName": ["bedrock.amazonaws.com", "codecommit.amazonaws.com"][place],
        **({"ExpirationDate": "2027-01-01T00:00:00Z"} if place == 0 else {}),
    }
    following = {"IsTruncated": True, "Marker": "1"} if place == 0 else {"IsTruncated": False}
    return {"ServiceSpecificCredentials": [one], **following}


ADMIN, IDLE = f"arn:aws:iam::{OWNER}:role/admin", f"arn:aws:iam::{OWNER}:role/jobs/idle"
LINKED = f"arn:aws:iam::{OWNER}:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"
RESERVED = f"arn:aws:iam::{OWNER}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Reader_0123456789abcdef"
ALICE = f"arn:aws:iam::{OWNER}:user/people/alice"
MISSING_JOB = {"JobStatus": "FAILED", "Error": {"Code": "SomethingBroke", "Message": "the test broke it"}}


def _listed_user(name: str, path: str = "/", **tags: str) -> Mapping[str, Any]:
    return {
        "Path": path,
        "UserName": name,
        "UserId": "AIDA",
        "Arn": f"arn:aws:iam::{OWNER}:user{path}{name}",
        "CreateDate": "2024-01-01T00:00:00Z",
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": SEED.decode()}],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def _listed_role(arn: str, used: Mapping[str, str] | None = None, **tags: str) -> Mapping[str, Any]:
    path, _, name = arn.partition(":role")[2].rpartition("/")
    return {
        "Path": f"{path}/",
        "RoleName": name,
        "RoleId": "AROA",
        "Arn": arn,
        "CreateDate": "2024-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": SEED.decode(),
        "RoleLastUsed": used or {},
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def principals_of(params: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the users, and two of the roles, on one page, and the roles that are AWS's own on the next."""
    assert {params["Filter.member.1"], params["Filter.member.2"]} == {"User", "Role"}
    others: Mapping[str, Any] = {"GroupDetailList": [], "Policies": []}
    if "Marker" in params:
        roles = [_listed_role(LINKED), _listed_role(RESERVED)]
        return {"UserDetailList": [], "RoleDetailList": roles, "IsTruncated": False, **others}
    used = {"LastUsedDate": "2026-11-20T10:00:00Z", "Region": "eu-west-1"}
    return {
        "UserDetailList": [_listed_user("alice", "/people/", team="web"), _listed_user("idle")],
        "RoleDetailList": [_listed_role(ADMIN, used, team="core", empty=""), _listed_role(IDLE)],
        "IsTruncated": True,
        "Marker": "roles",
        **others,
    }


def job(arn: str) -> str:
    """Return the id of the job for a user or role."""
    return str(uuid5(NAMESPACE_URL, arn))


def job_of(params: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the job that is begun for a user or role."""
    assert params["Granularity"] == "ACTION_LEVEL"
    return {"JobId": job(params["Arn"])}


def services_of(params: Mapping[str, str]) -> Mapping[str, Any]:
    """Return one service a page, as for whoever may use many."""
    made = {"JobStatus": "COMPLETED", "JobType": "ACTION_LEVEL", "JobCreationDate": "2026-11-22T12:00:00Z"}
    if "Marker" in params:
        never = {"ServiceName": "Amazon SQS", "ServiceNamespace": "sqs", "TotalAuthenticatedEntities": 0}
        return {**made, "ServicesLastAccessed": [never], "IsTruncated": False}
    actions = [
        {
            "ActionName": "ListAllMyBuckets",
            "LastAccessedTime": "2026-11-21T09:00:00Z",
            "LastAccessedRegion": "eu-west-1",
        },
        {"ActionName": "CreateBucket"},
    ]
    used = {
        "ServiceName": "Amazon S3",
        "ServiceNamespace": "s3",
        "LastAuthenticated": "2026-11-21T09:00:00Z",
        "TotalAuthenticatedEntities": 1,
        "TrackedActionsLastAccessed": actions,
    }
    return {**made, "ServicesLastAccessed": [used], "IsTruncated": True, "Marker": "sqs"}


class Slow:
    """Jobs that AWS takes its time for: each is under way for some questions.

    Attributes:
        questions: how often each job is asked for before it has ended.
        told: what it tells then.
    """

    def __init__(self, questions: int, told: Answer = services_of) -> None:
        self._left: defaultdict[str, int] = defaultdict(lambda: questions)
        self._told = told

    def __call__(self, params: Mapping[str, str]) -> Mapping[str, Any] | Refusal:
        """Return what a question is answered."""
        self._left[params["JobId"]] -= 1
        if self._left[params["JobId"]] >= 0:
            return {"JobStatus": "IN_PROGRESS", "JobCreationDate": "2026-11-22T12:00:00Z"}
        return self._told(params) if callable(self._told) else self._told


def _virtual_device(user: str, **members: Any) -> Mapping[str, Any]:
    return {
        "SerialNumber": f"arn:aws:iam::{OWNER}:mfa/{user.rpartition('/')[2]}",
        "Base32StringSeed": SEED,
        "QRCodePNG": SEED,
        "User": {
            "Path": "/",
            "UserName": "x",
            "UserId": "AIDA",
            "Arn": f"arn:aws:iam::{OWNER}:{user}",
            "CreateDate": "2020-01-01T00:00:00Z",
        },
        **members,
    }


def an_account() -> dict[str, Answer]:
    """Return what an account answers in which all is well."""
    return {
        "GenerateCredentialReport": COMPLETE,
        "GetCredentialReport": report_answer(),
        "GetAccountSummary": {
            "SummaryMap": {
                "Users": 4,
                "AccountMFAEnabled": 1,
                "AccountAccessKeysPresent": 0,
                "AccountPasswordPresent": 1,
            }
        },
        "GetAccountPasswordPolicy": {
            "PasswordPolicy": {
                "MinimumPasswordLength": 14,
                "RequireSymbols": True,
                "RequireNumbers": True,
                "RequireUppercaseCharacters": False,
                "RequireLowercaseCharacters": True,
                "AllowUsersToChangePassword": True,
                "ExpirePasswords": False,
                "PasswordReusePrevention": 24,
            }
        },
        "ListVirtualMFADevices": {
            "VirtualMFADevices": [
                _virtual_device("root", EnableDate="2020-01-02T00:00:00Z"),
                _virtual_device("user/alice", EnableDate="2024-01-02T00:00:00Z"),
            ],
            "IsTruncated": False,
        },
        "ListServiceSpecificCredentials": _service_specific,
        "ListOrganizationsFeatures": {"OrganizationId": "o-example", "EnabledFeatures": ["RootCredentialsManagement"]},
        "ListAccessKeys": _keys_of,
        "GetAccessKeyLastUsed": _last_use_of,
        "ListMFADevices": _devices_of,
        "ListUsers": listed_users(),
        "GetLoginProfile": _login_profile_of,
        "GetAccountAuthorizationDetails": principals_of,
        "GenerateServiceLastAccessedDetails": job_of,
        "GetServiceLastAccessedDetails": services_of,
    }


def an_organization() -> dict[str, Mapping[str, Any] | Refusal]:
    """Return what Organizations answers of a management account and one member."""
    return {
        "DescribeOrganization": {"Organization": {"Id": "o-example", "MasterAccountId": OWNER}},
        "ListRoots": {"Roots": [{"Id": "r-root"}]},
        "ListAccountsForParent": {"Accounts": [{"Id": OWNER}, {"Id": MEMBER}]},
        "ListOrganizationalUnitsForParent": {"OrganizationalUnits": []},
        "ListPolicies": {"Policies": []},
    }


@dataclass
class FakeIam:
    """What the server answers, and what it was asked.

    Attributes:
        script: by operation, what it answers in turn; the last one stays.
        refuses_entry: whether the role in the member cannot be assumed.
        asked: by account and operation, how often.
        users: by operation, the users, keys or roles it was asked about.
    """

    endpoint: str = ""
    script: dict[str, list[Answer]] = field(default_factory=lambda: {name: [one] for name, one in an_account().items()})
    organization: dict[str, Mapping[str, Any] | Refusal] = field(default_factory=an_organization)
    refuses_entry: bool = False
    asked: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    users: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answers(self, operation: str, *in_turn: Answer) -> None:
        """Set what an operation answers, first to last."""
        self.script[operation] = list(in_turn)

    def count(self, operation: str, account: str = OWNER) -> int:
        """Return how often an account was asked something."""
        return self.asked[account, operation]

    def answer(self, account: str, operation: str, params: Mapping[str, str]) -> Mapping[str, Any] | Refusal:
        with self.lock:
            self.asked[account, operation] += 1
            about = ("UserName", "AccessKeyId", "Arn")
            self.users[operation].update(params[name] for name in about if name in params)
            in_turn = self.script[operation]
            told = in_turn.pop(0) if len(in_turn) > 1 else in_turn[0]
        return told(params) if callable(told) else told


@contextmanager
def running_iam() -> Iterator[FakeIam]:
    """Start the server and lend it."""
    iam = FakeIam()

    class Handler(_Handler):
        fake = iam

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    iam.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield iam
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body waits 40 ms for the header to be acknowledged
    fake: ClassVar[FakeIam]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        target = self.headers.get("X-Amz-Target", "")
        if target:
            told = self.fake.organization[target.rpartition(".")[2]]
            status, content = (told.status, {"__type": told.code}) if isinstance(told, Refusal) else (200, told)
            self._send(status, "application/x-amz-json-1.1", json.dumps(content).encode())
            return
        params = dict(parse_qsl(body, keep_blank_values=True))
        operation = params.pop("Action")
        told = _entered(self.fake, operation, params) or self.fake.answer(self._account(), operation, params)
        if isinstance(told, Refusal):
            error = f"<Error><Type>Sender</Type><Code>{told.code}</Code><Message>the test says no</Message></Error>"
            self._send(told.status, "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode())
            return
        result = f"<{operation}Result>{_xml(told)}</{operation}Result>"
        self._send(200, "text/xml", f"<{operation}Response>{result}</{operation}Response>".encode())

    def _account(self) -> str:
        """Return whose credentials signed: a session's key ends with the account that was entered."""
        entered = re.search(r"Credential=ASIA([0-9]{12})/", self.headers["Authorization"])
        return entered[1] if entered else OWNER

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


def _entered(fake: FakeIam, operation: str, params: Mapping[str, str]) -> Mapping[str, Any] | Refusal | None:
    """Return what STS answers; None for other services."""
    match operation:
        case "GetCallerIdentity":
            return {"Account": OWNER, "Arn": f"arn:aws:iam::{OWNER}:user/reader", "UserId": "AIDA"}
        case "AssumeRole" if fake.refuses_entry:
            return Refusal()
        case "AssumeRole":
            keys = {
                "AccessKeyId": f"ASIA{params['RoleArn'].split(':')[4]}",
                "SecretAccessKey": "s",
                "SessionToken": "t",
            }
            return {"Credentials": {**keys, "Expiration": "2099-01-01T00:00:00Z"}}
        case _:
            return None


def _xml(value: Any, name: str = "") -> str:
    """Return a value as the Query protocol has it: lists of members, and one map, that of the account summary."""
    if name == "SummaryMap":
        return "".join(f"<entry><key>{key}</key><value>{one}</value></entry>" for key, one in value.items())
    match value:
        case Mapping():
            return "".join(f"<{key}>{_xml(one, key)}</{key}>" for key, one in value.items())
        case list():
            return "".join(f"<member>{_xml(one)}</member>" for one in value)
        case bool():
            return str(value).lower()
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return escape(str(value))
