"""IAM, STS, KMS, Secrets Manager, Organizations, Cognito and ACM.

Sources: IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"; AWS KMS Developer Guide, "AWS KMS log
entries"; AWS Secrets Manager User Guide, "Log AWS Secrets Manager events with AWS CloudTrail".
"""

from collections.abc import Mapping
from typing import Any, Final

from trails.rows import Row, Service, Shorthand

ROLE: Final = "arn:{p}:iam::{a}:role/{named_role}"
IAM_ARNS: Final = {
    "role": ROLE,
    "user": "arn:{p}:iam::{a}:user/{named_user}",
    "group": "arn:{p}:iam::{a}:group/{named_group}",
    "policy": "arn:{p}:iam::{a}:policy/{named_policy}",
    "profile": "arn:{p}:iam::{a}:instance-profile/{ec2_role}",
}
iam: Final = Shorthand("iam", IAM_ARNS)

ON_ROLE: Final = {"roleName": "{named_role}"}
ON_USER: Final = {"userName": "{named_user}"}
ON_GROUP: Final = {"groupName": "{named_group}"}
ON_POLICY: Final = {"policyArn": IAM_ARNS["policy"]}
DOCUMENT: Final = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",'
    ' "Principal": {"AWS": "arn:{p}:iam::{a}:role/{grantee_role}"}, "Action": "sts:AssumeRole"}]}'
)

IAM_ROWS: Final = (
    *(
        iam(name, ON_ROLE, "role")
        for name in ("GetRole", "ListRolePolicies", "ListAttachedRolePolicies", "ListRoleTags")
    ),
    iam("DeleteRole", ON_ROLE, "role"),
    iam(
        "CreateRole",
        {"path": "/", "roleName": "{named_role}", "assumeRolePolicyDocument": DOCUMENT},
        "role",
        response={"role": {"arn": ROLE, "roleId": "AROA{fresh_upper17}", "roleName": "{named_role}", "path": "/"}},
    ),
    iam(
        "CreateRole",
        {
            "path": "/",
            "roleName": "{named_role}",
            "assumeRolePolicyDocument": DOCUMENT,
            "tags": [{"key": "team", "value": "data"}],
        },
        "role",
        "TagRole role",
    ),
    iam("UpdateRole", ON_ROLE | {"maxSessionDuration": 7200}, "role"),
    iam("UpdateAssumeRolePolicy", ON_ROLE | {"policyDocument": DOCUMENT}, "role"),
    iam("AttachRolePolicy", ON_ROLE | {"policyArn": "arn:{p}:iam::aws:policy/ReadOnlyAccess"}, "role"),
    iam("DetachRolePolicy", ON_ROLE | {"policyArn": "arn:{p}:iam::aws:policy/ReadOnlyAccess"}, "role"),
    iam("PutRolePolicy", ON_ROLE | {"policyName": "inline", "policyDocument": DOCUMENT}, "role"),
    iam("GetRolePolicy", ON_ROLE | {"policyName": "inline"}, "role"),
    iam("DeleteRolePolicy", ON_ROLE | {"policyName": "inline"}, "role"),
    iam("TagRole", ON_ROLE | {"tags": [{"key": "team", "value": "data"}]}, "role"),
    *(
        iam(name, ON_USER, "user")
        for name in (
            "GetUser",
            "ListAccessKeys",
            "ListMFADevices",
            "ListGroupsForUser",
            "ListUserPolicies",
            "ListAttachedUserPolicies",
            "GetLoginProfile",
            "DeleteUser",
            "DeleteLoginProfile",
        )
    ),
    iam("CreateUser", ON_USER, "user", response={"user": {"arn": IAM_ARNS["user"], "userName": "{named_user}"}}),
    iam(
        "CreateAccessKey",
        ON_USER,
        "user",
        response={
            "accessKey": {
                "accessKeyId": "{secret}",
                "secretAccessKey": "{secret}",
                "userName": "{named_user}",
                "status": "Active",
            }
        },
    ),
    iam("UpdateAccessKey", ON_USER | {"accessKeyId": "{secret}", "status": "Inactive"}, "user"),
    iam("DeleteAccessKey", ON_USER | {"accessKeyId": "AKIA{fresh_upper16}"}, "user"),
    iam("CreateLoginProfile", ON_USER | {"password": "{secret}", "passwordResetRequired": True}, "user"),
    iam("GetAccessKeyLastUsed", {"accessKeyId": "AKIA{fresh_upper16}"}, "arn:{p}:iam::{a}:user/*"),
    iam("AddUserToGroup", ON_GROUP | ON_USER, "group"),
    iam("RemoveUserFromGroup", ON_GROUP | ON_USER, "group"),
    iam("CreateGroup", ON_GROUP, "group"),
    iam("GetGroup", ON_GROUP, "group"),
    iam("ListGroupPolicies", ON_GROUP, "group"),
    iam("AttachUserPolicy", ON_USER | {"policyArn": "arn:{p}:iam::aws:policy/ReadOnlyAccess"}, "user"),
    iam(
        "CreatePolicy",
        {"policyName": "{named_policy}", "policyDocument": DOCUMENT},
        "policy",
        response={"policy": {"arn": IAM_ARNS["policy"], "policyName": "{named_policy}"}},
    ),
    *(
        iam(name, ON_POLICY | more, "policy")
        for name, more in (
            ("GetPolicy", {}),
            ("GetPolicyVersion", {"versionId": "v1"}),
            ("ListPolicyVersions", {}),
            ("ListEntitiesForPolicy", {}),
            ("CreatePolicyVersion", {"policyDocument": DOCUMENT, "setAsDefault": True}),
            ("DeletePolicy", {}),
        )
    ),
    iam("GetInstanceProfile", {"instanceProfileName": "{ec2_role}"}, "profile"),
    iam("CreateInstanceProfile", {"instanceProfileName": "{ec2_role}"}, "profile"),
    iam(
        "AddRoleToInstanceProfile",
        {"instanceProfileName": "{ec2_role}", "roleName": "{ec2_role}"},
        "profile",
        passes=["ec2.amazonaws.com ec2_role"],
    ),
    *(
        iam(name, None, "*")
        for name in (
            "ListRoles",
            "ListUsers",
            "ListGroups",
            "ListPolicies",
            "ListInstanceProfiles",
            "GetAccountSummary",
            "ListAccountAliases",
            "GetAccountPasswordPolicy",
            "GenerateCredentialReport",
            "GetCredentialReport",
            "ListVirtualMFADevices",
        )
    ),
    # The first use of a service makes its role, with the caller's credentials.
    iam(
        "CreateServiceLinkedRole",
        {"aWSServiceName": "autoscaling.amazonaws.com"},
        "arn:{p}:iam::{a}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        via="autoscaling.amazonaws.com",
        response={
            "role": {
                "path": "/aws-service-role/autoscaling.amazonaws.com/",
                "roleName": "AWSServiceRoleForAutoScaling",
                "arn": "arn:{p}:iam::{a}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
            }
        },
    ),
)

ADDS_EDGE_ROLE: Final = iam(
    "AddRoleToInstanceProfile",
    {"instanceProfileName": "edge-profile", "roleName": "edge-instances"},
    "arn:{p}:iam::{a}:instance-profile/edge-profile",
    passes=["ec2.amazonaws.com arn:{p}:iam::{me}:role/edge-instances"],
)
"""Puts a role in a profile of another name."""

sts: Final = Shorthand("sts", {"role": "arn:{p}:iam::{a}:role/{target_role}"})
ASSUMED: Final = {
    "credentials": {
        "accessKeyId": "ASIA{fresh_upper16}",
        "sessionToken": "{secret}",
        "expiration": "Nov 22, 2026, 11:00:00 AM",
    },
    "assumedRoleUser": {
        "assumedRoleId": "AROA{fresh_upper17}:{session}",
        "arn": "arn:{p}:sts::{a}:assumed-role/{target_role}/{session}",
    },
}
ASKED: Final = {
    "roleArn": "arn:{p}:iam::{a}:role/{target_role}",
    "roleSessionName": "{session}",
    "durationSeconds": 3600,
}
STS_ROWS: Final = (
    sts("AssumeRole", ASKED, "role", touched={"AWS::IAM::Role": "role"}, response=ASSUMED, reads=True),
    sts("AssumeRole", ASKED, "role", touched={"AWS::IAM::Role": "role"}, response=ASSUMED, reads=True, abroad=True),
    sts(
        "AssumeRole",
        ASKED | {"tags": [{"key": "team", "value": "data"}], "externalId": "{session}"},
        "role",
        "TagSession role",
        touched={"AWS::IAM::Role": "role"},
        response=ASSUMED,
        reads=True,
    ),
    sts("GetCallerIdentity", None),
    sts(
        "GetSessionToken",
        {"durationSeconds": 43200},
        response={"credentials": {"accessKeyId": "ASIA{fresh_upper16}", "sessionToken": "{secret}"}},
    ),
    sts(
        "DecodeAuthorizationMessage",
        {"encodedMessage": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "*",
        reads=True,
    ),
    sts("GetAccessKeyInfo", {"accessKeyId": "AKIA{fresh_upper16}"}, "*"),
)

KEY: Final = "arn:{p}:kms:{r}:{a}:key/{kms_key}"
KMS_ARNS: Final = {
    "key": KEY,
    "target": "arn:{p}:kms:{r}:{a}:key/{other_kms_key}",
    "alias": "arn:{p}:kms:{r}:{a}:alias/{alias}",
}
kms: Final = Shorthand("kms", KMS_ARNS)
TOUCHES_KEY: Final = {"AWS::KMS::Key": "key"}


def on_key(
    name: str,
    more: Mapping[str, Any] | None = None,
    *,
    key: str | None = KEY,
    via: str = "",
    reads: bool = True,
    abroad: bool = False,
    response: Mapping[str, Any] | None = None,
) -> Row:
    """Return the row of a call on one key, which `resources` names even where the parameters do not."""
    asked = ({} if key is None else {"keyId": key}) | dict(more or {})
    return kms(name, asked, "key", touched=TOUCHES_KEY, via=via, reads=reads, abroad=abroad, response=response)


SYMMETRIC: Final = {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
KMS_ROWS: Final = (
    on_key("Decrypt", SYMMETRIC | {"encryptionContext": {"app": "{function}"}}, key=None),
    on_key("Decrypt", SYMMETRIC, key=None, abroad=True),
    on_key(
        "Decrypt",
        SYMMETRIC
        | {
            "encryptionContext": {
                "SecretARN": "arn:{p}:secretsmanager:{r}:{a}:secret:{secret_name}-AbCdEf",
                "SecretVersionId": "{fresh_uuid}",
            }
        },
        key=None,
        via="secretsmanager.amazonaws.com",
    ),
    on_key(
        "Decrypt",
        SYMMETRIC | {"encryptionContext": {"PARAMETER_ARN": "arn:{p}:ssm:{r}:{a}:parameter/{parameter}"}},
        key=None,
        via="ssm.amazonaws.com",
    ),
    on_key(
        "Decrypt",
        SYMMETRIC | {"encryptionContext": {"aws:s3:arn": "arn:{p}:s3:::{bucket}"}},
        key=None,
        via="AWS Internal",
    ),
    on_key(
        "Decrypt",
        SYMMETRIC | {"encryptionContext": {"aws:lambda:FunctionArn": "arn:{p}:lambda:{r}:{a}:function:{function}"}},
        key=None,
        via="lambda.amazonaws.com",
    ),
    on_key(
        "GenerateDataKey",
        {"keySpec": "AES_256", "encryptionContext": {"aws:s3:arn": "arn:{p}:s3:::{bucket}"}},
        via="AWS Internal",
    ),
    on_key("GenerateDataKey", {"keySpec": "AES_256"}, key="alias/{alias}"),
    on_key("GenerateDataKey", {"keySpec": "AES_256"}, abroad=True),
    on_key("GenerateDataKeyWithoutPlaintext", {"numberOfBytes": 64}),
    on_key("Encrypt", SYMMETRIC, key="alias/{alias}"),
    on_key("Encrypt", SYMMETRIC | {"plaintext": "{secret}"}, key="{kms_key}"),
    on_key("DescribeKey", key="{kms_key}"),
    on_key("DescribeKey", key="alias/{alias}"),
    on_key("GetKeyPolicy", {"policyName": "default"}),
    on_key("GetKeyRotationStatus", key="{kms_key}"),
    on_key("ListGrants", key="{kms_key}"),
    on_key("ListResourceTags", key="{kms_key}"),
    on_key("ListKeyPolicies", key="{kms_key}"),
    on_key("PutKeyPolicy", {"policyName": "default", "policy": DOCUMENT}, reads=False),
    on_key("EnableKeyRotation", key="{kms_key}", reads=False),
    on_key("DisableKey", key="{kms_key}", reads=False),
    on_key("ScheduleKeyDeletion", {"pendingWindowInDays": 30}, key="{kms_key}", reads=False),
    on_key("TagResource", {"tags": [{"tagKey": "team", "tagValue": "data"}]}, key="{kms_key}", reads=False),
    # The grantee is a role, but nothing is handed to a service.
    on_key(
        "CreateGrant",
        {"granteePrincipal": "arn:{p}:iam::{a}:role/{grantee_role}", "operations": ["Decrypt", "DescribeKey"]},
        reads=False,
        response={"grantId": "{fresh_hex32}"},
    ),
    on_key("Sign", {"signingAlgorithm": "RSASSA_PSS_SHA_256", "messageType": "DIGEST"}),
    on_key("Verify", {"signingAlgorithm": "RSASSA_PSS_SHA_256", "messageType": "DIGEST"}),
    on_key("GetPublicKey", key="{kms_key}"),
    kms(
        "ReEncrypt",
        {
            "sourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "destinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "destinationKeyId": KMS_ARNS["target"],
            "sourceKeyId": KEY,
        },
        "ReEncryptFrom key",
        "ReEncryptTo target",
        touched={"AWS::KMS::Key": "key target"},
        reads=True,
    ),
    kms("ListKeys", None, "*"),
    kms("ListAliases", {"limit": 100}, "*"),
    kms(
        "CreateKey",
        {"keyUsage": "ENCRYPT_DECRYPT", "keySpec": "SYMMETRIC_DEFAULT", "origin": "AWS_KMS", "policy": ""},
        "*",
        touched=TOUCHES_KEY,
        response={"keyMetadata": {"arn": KEY, "keyId": "{kms_key}"}},
    ),
    kms(
        "CreateAlias",
        {"aliasName": "alias/{alias}", "targetKeyId": KEY},
        "alias",
        "key",
        touched={"AWS::KMS::Key": "key", "AWS::KMS::Alias": "alias"},
    ),
)

SECRET: Final = "arn:{p}:secretsmanager:{r}:{a}:secret:{secret_name}"
SECRET_ARN: Final = f"{SECRET}-AbCdEf"
secrets: Final = Shorthand("secretsmanager", {"secret": SECRET_ARN, "named": f"{SECRET}-??????"})
SECRET_ROWS: Final = (
    secrets("GetSecretValue", {"secretId": "{secret_name}"}, "named"),
    secrets("GetSecretValue", {"secretId": SECRET_ARN, "versionStage": "AWSCURRENT"}, "secret"),
    secrets("GetSecretValue", {"secretId": SECRET_ARN}, "secret", abroad=True),
    secrets(
        "BatchGetSecretValue",
        {"secretIdList": [SECRET_ARN]},
        "*",
        "GetSecretValue secret",
    ),
    secrets("DescribeSecret", {"secretId": "{secret_name}"}, "named"),
    secrets("ListSecrets", {"maxResults": 100}, "*"),
    secrets(
        "CreateSecret",
        {"name": "{secret_name}", "clientRequestToken": "{fresh_uuid}", "secretString": "{secret}"},
        "named",
        response={"arn": SECRET_ARN, "name": "{secret_name}"},
    ),
    secrets(
        "PutSecretValue",
        {"secretId": SECRET_ARN, "clientRequestToken": "{fresh_uuid}", "secretString": "{secret}"},
        "secret",
        response={"arn": SECRET_ARN},
    ),
    secrets(
        "UpdateSecret", {"secretId": SECRET_ARN, "description": "{secret}"}, "secret", response={"arn": SECRET_ARN}
    ),
    secrets(
        "DeleteSecret", {"secretId": SECRET_ARN, "recoveryWindowInDays": 7}, "secret", response={"arn": SECRET_ARN}
    ),
    secrets("GetResourcePolicy", {"secretId": SECRET_ARN}, "secret"),
    secrets("TagResource", {"secretId": SECRET_ARN, "tags": [{"key": "team", "value": "data"}]}, "secret"),
    secrets("GetRandomPassword", {"passwordLength": 32}, "*", additional={"note": "{secret}"}),
)

organizations: Final = Shorthand("organizations", {})
ORGANIZATION_ROWS: Final = (
    organizations("DescribeOrganization", None, "*"),
    organizations("ListAccounts", None, "*"),
    organizations("ListRoots", None, "*"),
    organizations("ListPolicies", {"filter": "SERVICE_CONTROL_POLICY"}, "*"),
    organizations("ListDelegatedAdministrators", {"servicePrincipal": "config.amazonaws.com"}, "*"),
    organizations("ListAWSServiceAccessForOrganization", None, "*"),
    organizations("DescribeAccount", {"accountId": "{other}"}, "arn:{p}:organizations::{a}:account/o-*/{other}"),
)

pools: Final = Shorthand("cognito-idp", {"pool": "arn:{p}:cognito-idp:{r}:{a}:userpool/{user_pool}"})
POOL: Final = {"userPoolId": "{user_pool}"}
MASKED_USER: Final = POOL | {"username": "HIDDEN_DUE_TO_SECURITY_REASONS"}
COGNITO_ROWS: Final = (
    pools("ListUserPools", {"maxResults": 60}, "*"),
    pools("DescribeUserPool", POOL, "pool"),
    pools("AdminGetUser", MASKED_USER, "pool", reads=True),
    pools(
        "AdminCreateUser",
        MASKED_USER | {"temporaryPassword": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "pool",
        additional={"sub": "{fresh_uuid}"},
    ),
    pools("AdminSetUserPassword", MASKED_USER | {"password": "{secret}", "permanent": True}, "pool"),
    pools("ListUsers", POOL | {"limit": 60}, "pool"),
    pools("UpdateUserPool", POOL | {"mfaConfiguration": "ON"}, "pool"),
)

CERTIFICATE: Final = "arn:{p}:acm:{r}:{a}:certificate/{certificate}"
acm: Final = Shorthand("acm", {"certificate": CERTIFICATE})
ACM_ROWS: Final = (
    acm("ListCertificates", {"maxItems": 1000}, "*"),
    acm("DescribeCertificate", {"certificateArn": CERTIFICATE}, "certificate"),
    acm("GetCertificate", {"certificateArn": CERTIFICATE}, "certificate"),
    acm("ListTagsForCertificate", {"certificateArn": CERTIFICATE}, "certificate"),
    acm("DeleteCertificate", {"certificateArn": CERTIFICATE}, "certificate"),
    acm(
        "ExportCertificate",
        {"certificateArn": CERTIFICATE, "passphrase": "{secret}"},
        "certificate",
        response={"certificate": "-----BEGIN", "privateKey": "{secret}"},
    ),
)

SERVICES: Final = (
    Service(
        "iam",
        "iam.amazonaws.com",
        'IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"',
        IAM_ROWS,
        denied="AccessDenied",
        missing="NoSuchEntityException",
        throttled="Throttling",
        version="1.09",
        globally=True,
    ),
    Service(
        "sts",
        "sts.amazonaws.com",
        'IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"',
        STS_ROWS,
        denied="AccessDenied",
        missing="PackedPolicyTooLargeException",
        throttled="Throttling",
        version="1.08",
    ),
    Service(
        "kms",
        "kms.amazonaws.com",
        'AWS KMS Developer Guide, "Examples of AWS KMS log entries"',
        KMS_ROWS,
        denied="AccessDenied",
        missing="DisabledException",
    ),
    Service(
        "secretsmanager",
        "secretsmanager.amazonaws.com",
        'AWS Secrets Manager User Guide, "Log AWS Secrets Manager events with AWS CloudTrail"',
        SECRET_ROWS,
        denied="AccessDenied",
    ),
    Service(
        "organizations",
        "organizations.amazonaws.com",
        'AWS Organizations User Guide, "Logging AWS Organizations API calls with AWS CloudTrail"',
        ORGANIZATION_ROWS,
        missing="AWSOrganizationsNotInUseException",
        version="1.08",
        globally=True,
    ),
    Service(
        "cognito-idp",
        "cognito-idp.amazonaws.com",
        'Amazon Cognito Developer Guide, "Amazon Cognito logging in AWS CloudTrail"',
        COGNITO_ROWS,
        missing="UserNotFoundException",
        version="1.08",
    ),
    Service(
        "acm",
        "acm.amazonaws.com",
        'AWS Certificate Manager User Guide, "Using CloudTrail with AWS Certificate Manager"',
        ACM_ROWS,
        version="1.08",
    ),
)
