"""What is irregular in how services record the names of their resources, as tables."""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from urllib.parse import urlsplit

PATHS: Final[Mapping[str, Mapping[str, str]]] = {
    "kms:reencryptfrom key": {"KeyId": "sourcekeyid"},
    "kms:reencryptto key": {"KeyId": "destinationkeyid"},
    "glue:createtable table": {"TableName": "tableinput.name"},
    "glue:updatetable table": {"TableName": "tableinput.name|name"},
    "glue:createdatabase database": {"DatabaseName": "databaseinput.name"},
    "glue:createpartition table": {"TableName": "tablename"},
    "glue:createuserdefinedfunction userdefinedfunction": {"UserDefinedFunctionName": "functioninput.functionname"},
    "glue:createconnection connection": {"ConnectionName": "connectioninput.name"},
    "glue catalog": {"CatalogName": ""},
    "athena:createnamedquery workgroup": {"WorkGroupName": "workgroup"},
    **{
        f"wafv2:{operation} {kind}": {"Name": "", "Id": "", "Scope": ""}
        for operation, kinds in (
            ("createwebacl", ("ipset", "managedruleset", "regexpatternset", "rulegroup")),
            ("updatewebacl", ("ipset", "managedruleset", "regexpatternset", "rulegroup")),
            ("createrulegroup", ("ipset", "regexpatternset")),
            ("updaterulegroup", ("ipset", "regexpatternset")),
            ("putmanagedrulesetversions", ("rulegroup",)),
        )
        for kind in kinds  # its rules name them by their ARNs; the name and the id are those of what is made
    },
    "ecs service": {"ClusterName": "cluster"},
    "ecs task": {"ClusterName": "cluster"},
    "ecs task-set": {"ClusterName": "cluster"},
    "ecs container-instance": {"ClusterName": "cluster"},
    "ecs:runtask task-definition": {
        "TaskDefinitionFamilyName": "taskdefinition",
        "TaskDefinitionRevisionNumber": "taskdefinition",
    },
    "ecs:starttask task-definition": {
        "TaskDefinitionFamilyName": "taskdefinition",
        "TaskDefinitionRevisionNumber": "taskdefinition",
    },
    "ecs:registertaskdefinition task-definition": {"TaskDefinitionFamilyName": "family"},
    "ecs:deregistertaskdefinition task-definition": {
        "TaskDefinitionFamilyName": "taskdefinition",
        "TaskDefinitionRevisionNumber": "taskdefinition",
    },
    "ecs:deletetaskdefinitions task-definition": {
        "TaskDefinitionFamilyName": "taskdefinitions",
        "TaskDefinitionRevisionNumber": "taskdefinitions",
    },
    "ssm:getparametersbypath parameter": {"ParameterNameWithoutLeadingSlash": "path"},
    "ssm:sendcommand instance": {"InstanceId": "instanceids"},
    "ssm:sendcommand managed-instance": {"InstanceId": "instanceids"},
    "ssm:startsession instance": {"InstanceId": "target"},
    "ssm:startsession managed-instance": {"InstanceId": "target"},
    "ssm:startsession document": {"DocumentName": "documentname"},
    "events rule-on-custom-event-bus": {"EventBusName": "eventbusname"},
    "events event-busv2": {"EventBusName": ""},
    "events:putevents event-bus": {"EventBusName": "entries.eventbusname"},
    "sqs queue": {"QueueName": "queueurl|queuename"},
    "secretsmanager secret": {"SecretId": "secretid|secretidlist|name"},
    "ses:sendemail identity": {"IdentityName": "source|fromemailaddress"},
    "ses:sendrawemail identity": {"IdentityName": "source|fromemailaddress"},
    "ses:sendtemplatedemail identity": {"IdentityName": "source|fromemailaddress"},
    "elasticloadbalancing loadbalancer": {"LoadBalancerName": "loadbalancername|loadbalancernames"},
    "elasticmapreduce cluster": {"ClusterId": "clusterid|jobflowid|jobflowids|resourceid"},
    "workspaces directory": {"DirectoryId": "directoryid|resourceid"},
    "organizations account": {"AccountId": "accountid|targetid|resourceid"},
    "organizations organizationalunit": {"OrganizationalUnitId": "organizationalunitid|targetid|parentid|resourceid"},
    "organizations root": {"RootId": "rootid|targetid|parentid|resourceid"},
    "organizations policy": {"PolicyId": "policyid|resourceid"},
    "autoscaling:createorupdatetags autoscalinggroup": {"GroupFriendlyName": "tags.resourceid"},
    "autoscaling:deletetags autoscalinggroup": {"GroupFriendlyName": "tags.resourceid"},
    "codebuild project": {"ProjectName": "projectname|project|name|names|id|ids|buildid|buildbatchid"},
    "s3 bucket": {"BucketName": "bucketname"},
    "s3 object": {"BucketName": "bucketname", "ObjectName": "key"},
    "iam role": {"RoleNameWithPath": "rolename"},
    "iam user": {"UserNameWithPath": "username"},
    "iam group": {"GroupNameWithPath": "groupname"},
    "iam policy": {"PolicyNameWithPath": "policyname"},
    "iam:putrolepolicy policy": {"PolicyNameWithPath": ""},
    "iam instance-profile": {"InstanceProfileNameWithPath": "instanceprofilename"},
    "iam server-certificate": {"CertificateNameWithPath": "servercertificatename"},
    "iam:createvirtualmfadevice mfa": {"MfaTokenIdWithPath": "virtualmfadevicename"},
    "iam:createopenidconnectprovider oidc-provider": {"OidcProviderName": "url"},
    "lambda layerversion": {"LayerName": "layername", "LayerVersion": "versionnumber"},
    "eks cluster": {"ClusterName": "clustername|name"},
    "ssm document": {"DocumentName": "documentname|name|entries.name"},
    "lambda function": {"FunctionName": "functionname"},
    "dynamodb table": {"TableName": "tablename"},
    "dynamodb index": {"TableName": "tablename", "IndexName": "indexname"},
    "dynamodb:batchgetitem table": {"TableName": "requestitems.tablename|requestitems|tablename"},
    "dynamodb:batchwriteitem table": {"TableName": "requestitems.tablename|requestitems|tablename"},
}
"""Paths of parameters that the generated table has not, or has wrong, by action or operation and resource type."""

DEFAULTS: Final[Mapping[str, str]] = {
    "ecs ClusterName": "default",
    "athena WorkGroupName": "primary",
    "elasticache CacheParameterGroupName": "default.*",
    "events EventBusName": "default",
}
"""What a service takes for a name that the request leaves out.

Source: the API reference of each service. ElastiCache looks for permission on the default parameter group of the engine
too: Amazon ElastiCache User Guide, "Using condition keys".
"""

OWNERS: Final[Mapping[str, tuple[str, ...]]] = {
    "glue": ("catalogid",),
    "athena": (),
    "ecr": ("registryid",),
    "s3": ("accountid",),
    "quicksight": ("awsaccountid",),
    "lakeformation": ("catalogid",),
}
"""The parameters in which the account of the resource is, where it is not the caller's."""

ONLY: Final[Mapping[str, re.Pattern[str]]] = {
    "ssm instance": re.compile(r".*/i-[^/]*"),
    "ssm managed-instance": re.compile(r".*/mi-[^/]*"),
    "events rule-on-custom-event-bus": re.compile(r"(?!.*:rule/default/).*"),
    "elasticmapreduce cluster": re.compile(r".*/j-[^/]*"),
    "workspaces directory": re.compile(r".*/d-[^/]*"),
    "organizations account": re.compile(r".*/\d{12}"),
    "events rule-on-default-event-bus": re.compile(r".*:rule/[^/]*"),
}
"""What the ARNs of a resource type look like where several types have the same template or parameters."""

TAGGED_BY_SSM: Final[Mapping[str, str]] = {
    "association": "association",
    "automation": "automation-execution",
    "document": "document",
    "maintenancewindow": "maintenancewindow",
    "managedinstance": "managed-instance",
    "opsitem": "opsitem",
    "opsmetadata": "opsmetadata",
    "parameter": "parameter",
    "patchbaseline": "patchbaseline",
}
"""What an ARN has for the `resourceType` of a call that tags.

Source: Systems Manager API reference, AddTagsToResource."""

LOAD_BALANCERS: Final[Mapping[str, str]] = {
    "application": "loadbalancer/app/",
    "network": "loadbalancer/net/",
    "gateway": "loadbalancer/gwy/",
    "": "loadbalancer/app/",
}
"""The resource types of load balancers by their `type`.

Source: Elastic Load Balancing API reference, CreateLoadBalancer."""

Told: TypeAlias = dict[str, str]
"""Values of variables of an ARN template, of the account and the region too."""


def _queue(text: str) -> Told:
    """Return what the URL or the name of a queue says.

    Source: Amazon SQS Developer Guide, "Queue and message identifiers".
    """
    if "://" not in text:
        return {"QueueName": text}
    try:
        parts = urlsplit(text)
    except ValueError:
        return {}
    path = parts.path.strip("/").split("/")
    if len(path) != _ACCOUNT_AND_NAME or not (path[0].isdigit() and path[1]):
        return {}
    region = re.match(r"(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.", parts.netloc)
    return {"QueueName": path[1], "Account": path[0], **({"Region": region[1]} if region else {})}


def _secret(text: str) -> Told:
    """Return the name of a secret with any ending, which its ARN has and its name has not.

    Source: AWS Secrets Manager User Guide, "IAM policies": six question marks for the ending.
    """
    return {"SecretId": f"{text}{_ANY_ENDING}"}


def _parameter(text: str) -> Told:
    """Return the name of a parameter without its first slash and its version or label."""
    return {"ParameterNameWithoutLeadingSlash": text.removeprefix("/").partition(":")[0]}


def _family(text: str) -> Told:
    """Return the family of a task definition and its revision, which is the latest where there is none."""
    family, _, revision = text.partition(":")
    return {"TaskDefinitionFamilyName": family, **({"TaskDefinitionRevisionNumber": revision} if revision else {})}


def _revision(text: str) -> Told:
    return _family(text) if ":" in text else {}


def _function(text: str) -> Told:
    """Return the function of a name, or a partial ARN, with or without a qualifier.

    Source: AWS Lambda API reference, Invoke: function name formats.
    """
    owner, found, name = text.partition(":function:")
    if not found:
        return {"FunctionName": text}
    return {"FunctionName": name, "Account": owner.rpartition(":")[2]}


def _key(text: str) -> Told:
    """Return the id of a key, and nothing of an alias, which does not say what key it is."""
    return {} if text.startswith("alias/") else {"KeyId": text}


def _alias(text: str) -> Told:
    return {"Alias": text.removeprefix("alias/")}


def _scope(text: str) -> Told:
    """Return the scope of a web ACL as its ARN has it; those of CloudFront are in us-east-1."""
    return {"Scope": "global", "Region": "us-east-1"} if text.upper() == "CLOUDFRONT" else {"Scope": text.lower()}


def _last(variable: str) -> Callable[[str], Told]:
    """Return a reader of what is behind the last slash: `/hostedzone/Z1`."""
    return lambda text: {variable: text.rpartition("/")[2]}


def _of_build(text: str) -> Told:
    """Return the project of a build, whose id has it before a colon."""
    return {"ProjectName": text.partition(":")[0]}


def _sender(text: str) -> Told:
    """Return the address of a sender without the name before it."""
    return {"IdentityName": text.rpartition("<")[2].rstrip("> ")}


def _bucket(text: str) -> Told:
    """Return the name of a bucket, and nothing of an access point, whose ARN is another."""
    return {} if text.startswith("arn:") else {"BucketName": text}


VALUES: Final[Mapping[str, Callable[[str], Told]]] = {
    "sqs QueueName": _queue,
    "secretsmanager SecretId": _secret,
    "ssm ParameterNameWithoutLeadingSlash": _parameter,
    "ecs TaskDefinitionFamilyName": _family,
    "ecs TaskDefinitionRevisionNumber": _revision,
    "lambda FunctionName": _function,
    "kms KeyId": _key,
    "kms Alias": _alias,
    "wafv2 Scope": _scope,
    "iam OidcProviderName": lambda text: {"OidcProviderName": text.removeprefix("https://")},
    "codebuild ProjectName": _of_build,
    "route53 Id": _last("Id"),
    "ses IdentityName": _sender,
    "s3 BucketName": _bucket,
}
"""How a service writes the value of a variable, where it is not the value itself."""


def _whole_secret(arn: str) -> str:
    """Return the ARN of a secret with an ending, if with any: callers may leave it out."""
    return arn if re.search(r"-[A-Za-z0-9]{6}$", arn) else f"{arn}{_ANY_ENDING}"


def _topic(arn: str) -> str:
    """Return the topic of a topic or a subscription."""
    return ":".join(arn.split(":")[:6])


ARNS: Final[Mapping[str, Callable[[str], str]]] = {"secretsmanager": _whole_secret, "sns": _topic}
"""How the ARNs that the requests of a service have become those of its resources."""

_ACCOUNT_AND_NAME: Final = 2
_ANY_ENDING: Final = "-" + "?" * 6
