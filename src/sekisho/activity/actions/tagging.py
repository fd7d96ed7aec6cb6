"""What a call that makes a resource with tags needs beside its own action."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from sekisho.activity.actions.known import find_action
from sekisho.activity.actions.needed import NeededAction, inferred
from sekisho.activity.actions.parameters import arn, fields, is_given, items, parameters_of, text, words
from sekisho.activity.actions.sources import tables
from sekisho.activity.call import Call
from sekisho.activity.permission import Basis
from sekisho.policy.patterns import literal

TAG_PARAMETERS: Final = frozenset(
    words(
        """tags tag taglist tagset tagslist tagsmodel tagspecifications resourcetags certificatetags backupplantags
        backupvaulttags userpooltags"""
    )
)
_SPECIFICATIONS: Final = ("tagspecificationset", "tagspecifications", "tagspecification")
READS: Final = TAG_PARAMETERS | frozenset(_SPECIFICATIONS)


def _rows(action: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), action)


ON_CREATION: Final[Mapping[str, Mapping[str, str]]] = {
    "acm": _rows("AddTagsToCertificate", "RequestCertificate ImportCertificate"),
    "athena": _rows("TagResource", "CreateWorkGroup CreateDataCatalog"),
    "backup": _rows("TagResource", "CreateBackupPlan CreateBackupVault"),
    "batch": _rows("TagResource", "CreateComputeEnvironment CreateJobQueue RegisterJobDefinition SubmitJob"),
    "dynamodb": _rows("TagResource", "CreateTable"),
    "ecs": _rows(
        "TagResource",
        "CreateCapacityProvider CreateCluster CreateService CreateTaskSet RegisterTaskDefinition RunTask StartTask",
    ),
    "eks": _rows("TagResource", "CreateCluster CreateNodegroup CreateFargateProfile CreateAddon CreateAccessEntry"),
    "elasticbeanstalk": _rows("AddTags", "CreateApplication CreateApplicationVersion CreateEnvironment"),
    "elasticmapreduce": _rows("AddTags", "RunJobFlow"),
    "es": _rows("AddTags", "CreateDomain CreateElasticsearchDomain"),
    "glue": _rows(
        "TagResource", "CreateCrawler CreateJob CreateTrigger CreateWorkflow CreateConnection CreateDatabase"
    ),
    "iam": {
        "CreateInstanceProfile": "TagInstanceProfile",
        "CreateOpenIDConnectProvider": "TagOpenIDConnectProvider",
        "CreatePolicy": "TagPolicy",
        "CreateRole": "TagRole",
        "CreateSAMLProvider": "TagSAMLProvider",
        "CreateUser": "TagUser",
        "CreateVirtualMFADevice": "TagMFADevice",
        "UploadServerCertificate": "TagServerCertificate",
    },
    "kinesis": _rows("TagResource", "CreateStream RegisterStreamConsumer"),
    "lambda": _rows("TagResource", "CreateFunction CreateEventSourceMapping CreateCodeSigningConfig"),
    "logs": _rows("TagResource", "CreateLogGroup"),
    "redshift": _rows(
        "CreateTags", "CreateCluster CreateClusterParameterGroup CreateClusterSnapshot CreateClusterSubnetGroup"
    ),
    "ssm": _rows(
        "AddTagsToResource",
        "CreateActivation CreateDocument CreateMaintenanceWindow CreateOpsItem CreatePatchBaseline PutParameter",
    ),
    "states": _rows("TagResource", "CreateActivity CreateStateMachine"),
    "transfer": _rows("TagResource", "CreateServer CreateUser"),
    "workspaces": _rows("CreateTags", "CreateWorkspaces"),
}
"""Calls that need a tagging action when they have tags, by prefix, beside those that the generated table has.

Source: the user guide of each service, on tags or on actions: "Tagging resources during creation", "Tagging IAM
resources", "Using tags with Lambda functions" and the like.
"""

CREATE_ACTION: Final[Mapping[str, str]] = {
    "ec2": "ec2:CreateAction",
    "ecs": "ecs:CreateAction",
    "elasticloadbalancing": "elasticloadbalancing:CreateAction",
    "elasticfilesystem": "elasticfilesystem:CreateAction",
}
"""Condition keys with the call that tags what it makes, by prefix."""

_TAGGING_OF_EC2: Final = "ec2:CreateTags"


def tagging_of(prefix: str, name: str) -> Callable[[Call], tuple[NeededAction, ...]] | None:
    """Return what says whether a call tags what it makes; None for calls that need no action for that."""
    if prefix == "ec2":
        return None if name in {"CreateTags", "DeleteTags"} else partial(_of_ec2, name=name)
    own = ON_CREATION.get(prefix, {}).get(name)
    action = find_action(prefix, own) if own else tables()["tagging"].get(prefix, {}).get(name.lower())
    return partial(_of_parameters, needed=_needed(prefix, name, action)) if action else None


def _needed(prefix: str, name: str, action: str) -> NeededAction:
    key = CREATE_ACTION.get(prefix)
    context = {key: (name,)} if key else {}
    return NeededAction(action, Basis.INFERRED, f"{name} with tags", context=context)


def _of_parameters(call: Call, *, needed: NeededAction) -> tuple[NeededAction, ...]:
    parameters = parameters_of(call)
    return (needed,) if any(is_given(parameters[name]) for name in TAG_PARAMETERS & parameters.keys()) else ()


def _of_ec2(call: Call, *, name: str) -> tuple[NeededAction, ...]:
    """Return the tagging of what a call to EC2 makes, on any resource of the types that it tags.

    Source: Amazon EC2 User Guide, "Grant permission to tag Amazon EC2 resources during creation".
    """
    if not call.parameters:
        return ()
    parameters = parameters_of(call)
    specifications = next((parameters[one] for one in _SPECIFICATIONS if is_given(parameters.get(one))), None)
    listed = [fields(one) for one in items(specifications)]
    if not any(is_given(one.get(key)) for one in listed for key in ("tags", "tag", "tagset")):
        return ()
    types = {text(one.get("resourcetype")) for one in listed}
    resources = None if "" in types else tuple(sorted(arn(call, "ec2", f"{literal(one)}/*") for one in types))
    found = inferred(_TAGGING_OF_EC2, f"{name} with tags", resources)
    return (NeededAction(found.action, found.basis, found.rule, found.resources, {"ec2:CreateAction": (name,)}),)
