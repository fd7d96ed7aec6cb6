"""A test account with four resources of each kind: closed, open to an account, to an organization, to everyone."""

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from surfaces.aws import OWNER, PARTNER, client

ORGANIZATION = "o-z9y8x7w6v5"
OPENINGS = ("closed", "account", "organization", "public")


@dataclass(frozen=True)
class Way:
    """A finding, as far as it says who gets in."""

    resource: str
    principal: str
    condition: tuple[tuple[str, str], ...] = ()
    is_public: bool = False


def ways_into(resource: str, opening: str) -> set[Way]:
    """The findings expected on a resource with one of the openings."""
    match opening:
        case "account":
            return {Way(resource, PARTNER)}
        case "organization":
            return {Way(resource, "*", (("aws:PrincipalOrgID", ORGANIZATION),))}
        case "public":
            return {Way(resource, "*", is_public=True)}
        case _:
            return set()


def policy(opening: str, action: str, resource: str | None) -> str:
    """A policy with one opening; closed means open to the owner."""
    principal: Any = {"closed": {"AWS": OWNER}, "account": {"AWS": PARTNER}}.get(opening, "*")
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    if resource is not None:
        statement["Resource"] = resource
    if opening == "organization":
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class AccountOfFour:
    """The account; each resource can be given another opening afterwards."""

    def __init__(self, endpoint: str) -> None:
        self.s3, self.iam, self.kms = (client(endpoint, name) for name in ("s3", "iam", "kms"))
        self.functions, self.sqs, self.sns = (client(endpoint, name) for name in ("lambda", "sqs", "sns"))
        self.secrets = client(endpoint, "secretsmanager")
        self.expected: set[Way] = set()
        code = BytesIO()
        with ZipFile(code, "w") as archive:
            archive.writestr("app.py", "def handle(event, context): return event")
        self._code = code.getvalue()
        self._key = self.kms.create_key()["KeyMetadata"]["KeyId"]

    def build(self) -> None:
        """Make four resources of each of the eight types."""
        self.iam.create_role(RoleName="runner", AssumeRolePolicyDocument=policy("closed", "sts:AssumeRole", None))
        for opening in OPENINGS:
            for make in (
                self._bucket, self._role, self._make_key, self._function, self._layer_version, self._queue,
                self._topic, self._secret,
            ):  # fmt: skip
                self.expected |= ways_into(make(opening), opening)

    def open_bucket(self, bucket: str, opening: str) -> None:
        """Give a bucket another policy."""
        self.s3.put_bucket_policy(Bucket=bucket, Policy=policy(opening, "s3:GetObject", f"arn:aws:s3:::{bucket}/*"))

    def open_queue(self, name: str, opening: str) -> None:
        """Give a queue another policy."""
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(opening, "sqs:SendMessage", "*")})

    def open_role(self, name: str, opening: str) -> None:
        """Give a role another trust policy."""
        self.iam.update_assume_role_policy(RoleName=name, PolicyDocument=policy(opening, "sts:AssumeRole", None))

    def _bucket(self, opening: str) -> str:
        name = f"bucket-{opening}"
        self.s3.create_bucket(Bucket=name)
        self.open_bucket(name, opening)
        return f"arn:aws:s3:::{name}"

    def _role(self, opening: str) -> str:
        made = self.iam.create_role(
            RoleName=f"role-{opening}", AssumeRolePolicyDocument=policy(opening, "sts:AssumeRole", None)
        )
        arn: str = made["Role"]["Arn"]
        return arn

    def _make_key(self, opening: str) -> str:
        arn: str = self.kms.create_key(Policy=policy(opening, "kms:Decrypt", "*"))["KeyMetadata"]["Arn"]
        return arn

    def _function(self, opening: str) -> str:
        name = f"function-{opening}"
        arn: str = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=f"arn:aws:iam::{OWNER}:role/runner",
            Handler="app.handle",
            Code={"ZipFile": self._code},
        )["FunctionArn"]
        granted: dict[str, dict[str, str]] = {
            "closed": {"Principal": "sns.amazonaws.com"},
            "account": {"Principal": PARTNER},
            "organization": {"Principal": "*", "PrincipalOrgID": ORGANIZATION},
            "public": {"Principal": "*"},
        }
        self.functions.add_permission(
            FunctionName=name, StatementId="one", Action="lambda:InvokeFunction", **granted[opening]
        )
        return arn

    def _layer_version(self, opening: str) -> str:
        name = f"layer-{opening}"
        made = self.functions.publish_layer_version(LayerName=name, Content={"ZipFile": self._code})
        granted: dict[str, dict[str, str]] = {
            "account": {"Principal": PARTNER},
            "organization": {"Principal": "*", "OrganizationId": ORGANIZATION},
            "public": {"Principal": "*"},
        }
        if opening in granted:
            self.functions.add_layer_version_permission(
                LayerName=name,
                VersionNumber=made["Version"],
                StatementId="one",
                Action="lambda:GetLayerVersion",
                **granted[opening],
            )
        arn: str = made["LayerVersionArn"]
        return arn

    def _queue(self, opening: str) -> str:
        self.sqs.create_queue(QueueName=f"queue-{opening}")
        self.open_queue(f"queue-{opening}", opening)
        return f"arn:aws:sqs:us-east-1:{OWNER}:queue-{opening}"

    def _topic(self, opening: str) -> str:
        arn: str = self.sns.create_topic(Name=f"topic-{opening}")["TopicArn"]
        self.sns.set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=policy(opening, "sns:Publish", arn)
        )
        return arn

    def _secret(self, opening: str) -> str:
        arn: str = self.secrets.create_secret(
            Name=f"secret-{opening}", SecretString="must-not-leave", KmsKeyId=self._key
        )["ARN"]
        self.secrets.put_resource_policy(
            SecretId=arn, ResourcePolicy=policy(opening, "secretsmanager:GetSecretValue", "*")
        )
        return arn
