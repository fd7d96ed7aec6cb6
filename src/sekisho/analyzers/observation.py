"""What an analyzer saw: access or a failure to decide, on one resource, at one moment."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import TypeAlias

import msgspec

from sekisho.resources.gaps import Gap


class FindingType(Enum):
    """The kinds of finding, by the API's names. Source: Access Analyzer API reference, `FindingType`."""

    EXTERNAL_ACCESS = "ExternalAccess"
    UNUSED_IAM_ROLE = "UnusedIAMRole"
    UNUSED_IAM_USER_ACCESS_KEY = "UnusedIAMUserAccessKey"
    UNUSED_IAM_USER_PASSWORD = "UnusedIAMUserPassword"  # noqa: S105 - a name
    UNUSED_PERMISSION = "UnusedPermission"
    CREDENTIAL = "Credential"
    """Ours: whatever else is wrong with a credential; its check says what."""


class ErrorCode(Enum):
    """Why a resource has no verdict. Source: Access Analyzer API reference, `FindingSummary.error`."""

    ACCESS_DENIED = "ACCESS_DENIED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Severity(Enum):
    """How much a finding matters, from worst to least; the value is its rank, for comparing."""

    CRITICAL = 5
    HIGH = 4
    MEDIUM = 3
    LOW = 2
    INFORMATIONAL = 1


class ResourceControlPolicyRestriction(Enum):
    """Whether a resource control policy stands in the way. Source: Access Analyzer API reference."""

    APPLICABLE = "APPLICABLE"
    FAILED_TO_EVALUATE_RCP = "FAILED_TO_EVALUATE_RCP"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Source(msgspec.Struct, frozen=True, gc=False):
    """What opens a bucket. Source: Access Analyzer API reference, `FindingSource`.

    Attributes:
        type: `POLICY`, `BUCKET_ACL`, `S3_ACCESS_POINT` or `S3_ACCESS_POINT_ACCOUNT`.
    """

    type: str
    access_point_arn: str | None = None
    access_point_account: str | None = None


class WitnessRequest(msgspec.Struct, frozen=True, gc=False):
    """A request that gets through, as it is shown: the evaluator has allowed it.

    Attributes:
        principal: `{"AWS": arn}`, `{"Federated": provider}`, `{"CanonicalUser": id}`, or `{"AWS": "anonymous"}`.
        context: condition keys in their usual spelling; a tuple for a multivalued key.
    """

    principal: Mapping[str, str]
    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...]]


class Because(msgspec.Struct, frozen=True, gc=False):
    """One statement that lets the access in.

    Attributes:
        document: which document, for instance `BucketPolicy`, `KeyPolicy`, `TrustPolicy`, `BucketAcl`, `Grants`.
        statement: its index in the document, from 0.
        path: where in the document, for instance `Statement[1].Principal`.
        line: the line of the statement in the document's text, from 1; None for what is not text.
    """

    document: str
    statement: int
    path: str
    sid: str | None = None
    line: int | None = None


class Blocker(msgspec.Struct, frozen=True, gc=False):
    """What outside the resource's own policy stands in the way of the access.

    Attributes:
        document: for instance `KeyPolicy`.
        resource: the ARN of what carries the document, where there is one.
        reason: one sentence for the reader.
    """

    document: str
    resource: str | None
    reason: str


class Remedy(msgspec.Struct, frozen=True, gc=False):
    """What would close the access: a sentence, and a policy where one exists, as JSON text."""

    text: str
    policy: str | None = None


class ExternalAccess(msgspec.Struct, frozen=True, gc=False):
    """A way in from outside the zone of trust, with the request that proves it.

    Attributes:
        principal: one entry, `AWS`, `Federated` or `CanonicalUser`.
        action: concrete names, sorted.
        condition: condition key to the one value that the region has for it.
        severity_rule: the rule that set the severity, in words.
        sentence: who can do what, and why, in one English sentence; empty in what was stored before there was one.
    """

    principal: Mapping[str, str]
    action: tuple[str, ...]
    condition: Mapping[str, str]
    is_public: bool
    witness: WitnessRequest
    because: tuple[Because, ...]
    severity: Severity
    severity_rule: str
    remedy: Remedy = Remedy("")
    sources: tuple[Source, ...] = ()
    blocked_by: tuple[Blocker, ...] = ()
    resource_control_policy_restriction: ResourceControlPolicyRestriction = (
        ResourceControlPolicyRestriction.NOT_APPLICABLE
    )
    approximations: tuple[str, ...] = ()
    sentence: str = ""


class AtMost(msgspec.Struct, frozen=True):
    """Who may get in at most, and what they may do at most, where it could not be decided: no claim that they can.

    Attributes:
        principal: one entry, as in a finding.
        action: concrete names, sorted.
    """

    principal: Mapping[str, str]
    action: tuple[str, ...]


class AnalysisError(msgspec.Struct, frozen=True):
    """Why a resource could not be decided.

    Attributes:
        reason: one sentence for the reader, naming the document and the remedy.
        gaps: the calls that failed; empty when the analysis itself gave up.
        at_most: nobody else gets in; empty when not even that is known.
    """

    code: ErrorCode
    reason: str
    gaps: tuple[Gap, ...] = ()
    at_most: tuple[AtMost, ...] = ()


class CredentialKind(Enum):
    """What kind of credential a finding is on, or what stands for it."""

    PASSWORD = "Password"  # noqa: S105 - a name
    ACCESS_KEY = "AccessKey"
    MFA = "MFA"
    CERTIFICATE = "SigningCertificate"
    SERVICE_SPECIFIC = "ServiceSpecificCredential"
    USER = "User"
    ROLE = "Role"
    PERMISSION = "Permission"
    PASSWORD_POLICY = "PasswordPolicy"  # noqa: S105 - a name
    ACCOUNT = "Account"


class Fact(msgspec.Struct, frozen=True, gc=False):
    """A value that a finding rests on, and where it stands: a column of the credential report, or a call."""

    name: str
    value: str
    source: str


class CredentialRisk(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with a credential.

    Attributes:
        check: the id of the check, for instance `CRED-KEY-UNUSED`.
        credential: the id of the access key, certificate or device; where it is not known, `1` or `2` for the columns
            of the report; of permissions the namespace of the service; empty where a user or an account has but one.
        severity_rule: the rule that set the severity, in words.
        sentence: what is wrong, in one English sentence.
        last_used: None for never, as far as is known.
        days: the threshold, in days; None for a check without one.
        data_at: how old the data is that this rests on, in UTC.
    """

    check: str
    kind: CredentialKind
    credential: str
    severity: Severity
    severity_rule: str
    sentence: str
    facts: tuple[Fact, ...]
    data_at: datetime
    last_used: datetime | None = None
    days: int | None = None


Outcome: TypeAlias = ExternalAccess | AnalysisError | CredentialRisk
"""What an analyzer has to say."""


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One thing an analyzer has to say of a resource: access, or an error in its place."""

    resource: str
    resource_type: str
    resource_owner_account: str
    region: str
    finding_type: FindingType
    outcome: Outcome

    @property
    def severity(self) -> Severity | None:
        """How much it matters; None for a failure to decide."""
        return None if isinstance(self.outcome, AnalysisError) else self.outcome.severity

    def is_at_least(self, severity: Severity) -> bool:
        """Say whether it matters so much."""
        return self.severity is not None and self.severity.value >= severity.value


class ResourceAnalysis(msgspec.Struct, frozen=True, gc=False):
    """The verdict on one resource.

    Attributes:
        observations: empty means that nobody outside gets in, or that nothing is wrong with the credentials.
        notes: what a reader who asks "why not?" should know, for instance that the key of a secret admits only its
            own account, or that Block Public Access cuts a public policy.
        unjudged: the ids of the checks that nobody could make, or was asked to make, on this resource although it was
            looked at: what they found before is as it was.
    """

    resource: str
    resource_type: str
    resource_owner_account: str
    region: str
    observations: tuple[Observation, ...] = ()
    notes: tuple[str, ...] = ()
    unjudged: frozenset[str] = frozenset()
