"""Who calls: the principals of a trail, and how CloudTrail writes each of their sessions.

Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random
from typing import Any, Final

from trails.secrets import ACCESS_KEYS
from trails.world import CHINA, DATA, GOV, PARTITIONS, PROD, TOOLS, UPPER


class Kind(Enum):
    """What makes the sessions of principals look different."""

    ROLE = auto()
    """A role that somebody assumed."""
    ON_INSTANCE = auto()
    """A role of an instance profile."""
    ON_FUNCTION = auto()
    """A role that a function runs with."""
    SSO = auto()
    """The role of a permission set."""
    WITHOUT_ISSUER = auto()
    """A role whose records lack `sessionIssuer`, as some old ones do."""
    RECREATED = auto()
    """A role that was deleted and made again half-way."""
    USER = auto()
    """A user, with keys, with MFA and in the console."""
    FEDERATED = auto()
    """A user who hands out sessions with GetFederationToken."""


OFFICE: Final = "iam organizations cloudtrail config kms acm route53 cloudfront tag backup sts secretsmanager"
APP: Final = (
    "s3 dynamodb sqs sns kms secretsmanager ssm lambda kinesis cloudwatch logs sts rds-data states events bedrock"
)
DEPLOY: Final = (
    "cloudformation iam lambda ecs ecr s3 ec2 logs events scheduler states codebuild apigateway elasticloadbalancing"
    " autoscaling sns sqs dynamodb firehose kinesis eks"
)
PLATFORM: Final = "ec2 autoscaling elasticloadbalancing ecs eks ecr rds elasticfilesystem cloudwatch logs backup ssm"
LAKE: Final = "s3 glue athena kms firehose kinesis dynamodb sagemaker bedrock batch logs rds rds-data lambda"
WATCH: Final = "cloudwatch logs ec2 rds s3 lambda tag config cloudtrail cognito-idp sns sqs"
EVERYTHING: Final = " ".join(dict.fromkeys(f"{OFFICE} {APP} {DEPLOY} {PLATFORM} {LAKE} {WATCH}".split()))
ABROAD_FREE: Final = "s3 dynamodb lambda kms sqs ec2 logs iam sts"


@dataclass(frozen=True, slots=True)
class Principal:
    """A principal whose calls count for its policy.

    Attributes:
        path: of the role or the user, with its name.
        account: where it lives.
        kind: how its sessions look.
        job: the services that it uses, by prefix of their actions.
        weight: its share of all calls.
        breadth: the share of the calls of these services that it makes at all.
    """

    path: str
    account: str
    kind: Kind
    job: str
    weight: float
    breadth: float = 0.5

    @property
    def name(self) -> str:
        """Its name, without path."""
        return self.path.rpartition("/")[2]

    @property
    def is_user(self) -> bool:
        """Whether it is a user."""
        return self.kind in {Kind.USER, Kind.FEDERATED}

    @property
    def partition(self) -> str:
        """The name of its partition."""
        return PARTITIONS[self.account].name

    @property
    def arn(self) -> str:
        """Its ARN, with path."""
        return f"arn:{self.partition}:iam::{self.account}:{'user' if self.is_user else 'role'}/{self.path}"


SSO_PATH: Final = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_"

PRINCIPALS: Final[tuple[Principal, ...]] = (
    # Few of them make most of the calls.
    Principal("orders-api", PROD, Kind.ON_FUNCTION, APP, 30, 0.3),
    Principal("app/ingest-worker", PROD, Kind.ON_INSTANCE, APP, 22, 0.3),
    Principal("service-role/lake-etl", DATA, Kind.ROLE, LAKE, 20, 0.5),
    Principal("search-api", PROD, Kind.ON_FUNCTION, APP, 12, 0.25),
    Principal("app/media/transcoder", PROD, Kind.ROLE, APP, 9, 0.25),
    Principal("monitoring", TOOLS, Kind.ROLE, WATCH, 8, 0.7),
    Principal("lake-reader", DATA, Kind.ON_FUNCTION, LAKE, 7, 0.3),
    Principal("ci/deploy", TOOLS, Kind.ROLE, DEPLOY, 6, 0.8),
    Principal("deploy", PROD, Kind.ROLE, DEPLOY, 6, 0.8),
    Principal("eks-node", PROD, Kind.ON_INSTANCE, "ecr ec2 eks autoscaling elasticloadbalancing s3 sts logs", 5, 0.4),
    Principal("ledger-writer", PROD, Kind.ON_FUNCTION, APP, 4, 0.2),
    Principal("fraud-model", DATA, Kind.ROLE, LAKE, 4, 0.4),
    Principal("service-role/stream-loader", DATA, Kind.ROLE, "kinesis firehose s3 kms logs glue", 4, 0.5),
    Principal("catalog-sync", DATA, Kind.ON_FUNCTION, APP, 3, 0.2),
    Principal("reports", PROD, Kind.ROLE, LAKE, 3, 0.3),
    Principal("cross-reader", TOOLS, Kind.ROLE, "s3 kms sts dynamodb secretsmanager lambda sqs", 3, 0.7),
    Principal("platform/operator", PROD, Kind.ROLE, PLATFORM, 3, 0.8),
    Principal("platform/operator", DATA, Kind.ROLE, PLATFORM, 2, 0.5),
    Principal("backup", PROD, Kind.ROLE, "backup dynamodb rds ec2 s3", 1, 0.4),
    Principal("mailer", PROD, Kind.ON_FUNCTION, "sqs sns ssm secretsmanager logs kms", 2, 0.4),
    Principal("auditor", TOOLS, Kind.ROLE, OFFICE, 2, 0.6),
    Principal("legacy-batch", PROD, Kind.WITHOUT_ISSUER, "s3 sqs batch logs", 1, 0.4),
    Principal("rebuilt", PROD, Kind.RECREATED, "s3 sns ec2 logs", 1, 0.4),
    Principal(f"{SSO_PATH}AdministratorAccess_0123456789abcdef", PROD, Kind.SSO, EVERYTHING, 4, 1.0),
    Principal(f"{SSO_PATH}AdministratorAccess_fedcba9876543210", DATA, Kind.SSO, EVERYTHING, 2, 0.6),
    Principal(f"{SSO_PATH}Data_Science_00112233aabbccdd", DATA, Kind.SSO, LAKE, 2, 0.6),
    Principal(f"{SSO_PATH}ReadOnly_99887766aabbccdd", TOOLS, Kind.SSO, WATCH, 2, 0.5),
    Principal("people/alice", PROD, Kind.USER, DEPLOY, 1, 0.4),
    Principal("bob", PROD, Kind.USER, PLATFORM, 1, 0.4),
    Principal("people/carol", DATA, Kind.USER, LAKE, 1, 0.4),
    Principal("ci-bot", TOOLS, Kind.USER, "ecr ecs s3 cloudformation sts codebuild", 2, 0.5),
    Principal("uploader", DATA, Kind.USER, "s3 kms", 2, 0.6),
    Principal("office/dave", TOOLS, Kind.USER, OFFICE, 1, 0.5),
    Principal("broker", TOOLS, Kind.FEDERATED, "s3 ec2 logs cloudwatch", 1, 0.4),
    Principal("portal/issuer", PROD, Kind.FEDERATED, "s3 dynamodb", 1, 0.4),
    Principal("gov-app", GOV, Kind.ON_INSTANCE, ABROAD_FREE, 2, 0.5),
    Principal("ops/gov-admin", GOV, Kind.ROLE, ABROAD_FREE, 1, 0.5),
    Principal("people/erin", GOV, Kind.USER, ABROAD_FREE, 1, 0.4),
    Principal("cn-app", CHINA, Kind.ON_FUNCTION, ABROAD_FREE, 2, 0.5),
    Principal("people/feng", CHINA, Kind.USER, ABROAD_FREE, 1, 0.4),
)
"""Everybody whose calls count."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session of a principal, or the use of a user's keys for a while.

    Attributes:
        identity: the `userIdentity`.
        arn: the `arn` in it, by which messages of refusals name the caller.
        name: the `principalId` in it, which is all that another account is told.
        from_console: whether a person clicked.
        address: the `sourceIPAddress`.
    """

    identity: Mapping[str, Any]
    arn: str
    name: str
    from_console: bool
    address: str


class Sessions:
    """The sessions of a principal, one for every twelve hours."""

    LENGTH: Final = timedelta(hours=12)

    def __init__(self, principal: Principal, rng: Random, start: datetime, half: datetime) -> None:
        self._principal = principal
        self._rng = rng
        self._start = start
        self._half = half
        self._unique = tuple("".join(rng.choices(UPPER, k=17)) for _ in range(2))
        self._made: dict[int, Session] = {}

    def at(self, moment: datetime) -> Session:
        """Return the session that makes the calls of a moment."""
        number = (moment - self._start) // self.LENGTH
        if number not in self._made:
            self._made[number] = self._new(number)
        return self._made[number]

    def _new(self, number: int) -> Session:
        created = self._start + number * self.LENGTH
        if self._principal.kind is Kind.USER:
            return self._of_user(number, created)
        if self._principal.kind is Kind.FEDERATED:
            return self._federated(created)
        return self._of_role(number, created)

    def _of_role(self, number: int, created: datetime) -> Session:
        who = self._principal
        again = who.kind is Kind.RECREATED and created >= self._half
        unique = f"AROA{self._unique[again]}"
        name = self._session_name(number)
        arn = f"arn:{who.partition}:sts::{who.account}:assumed-role/{who.name}/{name}"
        context: dict[str, Any] = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": unique,
                "arn": who.arn,
                "accountId": who.account,
                "userName": who.name,
            },
            "attributes": _attributes(created, mfa=who.kind is Kind.SSO),
        }
        if who.kind is Kind.WITHOUT_ISSUER:
            del context["sessionIssuer"]
        if who.kind is Kind.ON_INSTANCE:
            context["ec2RoleDelivery"] = "2.0"
        identity = {
            "type": "AssumedRole",
            "principalId": f"{unique}:{name}",
            "arn": arn,
            "accountId": who.account,
            "accessKeyId": self._key("ASIA"),
            "sessionContext": context,
        }
        if who.kind is Kind.ON_FUNCTION:
            region = PARTITIONS[who.account].home
            function = f"arn:{who.partition}:lambda:{region}:{who.account}:function:{name}"
            identity["inScopeOf"] = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": function}
        console = who.kind is Kind.SSO and number % 2 == 0
        return Session(identity, arn, f"{unique}:{name}", console, self._address())

    def _session_name(self, number: int) -> str:
        match self._principal.kind:
            case Kind.ON_INSTANCE:
                return f"i-0{self._rng.getrandbits(64):016x}"
            case Kind.ON_FUNCTION:
                return self._principal.name
            case Kind.SSO:
                return f"person{number % 7}@example.com"
            case _:
                return f"run-{number}"

    def _of_user(self, number: int, created: datetime) -> Session:
        who = self._principal
        with_session = number % 3
        identity: dict[str, Any] = {
            "type": "IAMUser",
            "principalId": f"AIDA{self._unique[0]}",
            "arn": who.arn,
            "accountId": who.account,
            "accessKeyId": self._key("ASIA") if with_session else ACCESS_KEYS[number % len(ACCESS_KEYS)],
            "userName": who.name,
        }
        if with_session:
            attributes = _attributes(created, mfa=with_session == 1)
            identity["sessionContext"] = {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": attributes}
        return Session(identity, who.arn, identity["principalId"], with_session == 2, self._address())

    def _federated(self, created: datetime) -> Session:
        who = self._principal
        arn = f"arn:{who.partition}:sts::{who.account}:federated-user/guest"
        issuer = {
            "type": "IAMUser",
            "principalId": f"AIDA{self._unique[0]}",
            "arn": who.arn,
            "accountId": who.account,
            "userName": who.name,
        }
        identity = {
            "type": "FederatedUser",
            "principalId": f"{who.account}:guest",
            "arn": arn,
            "accountId": who.account,
            "accessKeyId": self._key("ASIA"),
            "sessionContext": {
                "sessionIssuer": issuer,
                "webIdFederationData": {},
                "attributes": _attributes(created, mfa=False),
            },
        }
        return Session(identity, arn, f"{who.account}:guest", from_console=False, address=self._address())

    def _key(self, start: str) -> str:
        return start + "".join(self._rng.choices(UPPER, k=16))

    def _address(self) -> str:
        return f"198.51.{self._rng.randrange(100, 104)}.{self._rng.randrange(1, 255)}"


def _attributes(created: datetime, *, mfa: bool) -> Mapping[str, str]:
    return {"creationDate": f"{created:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": str(mfa).lower()}
