"""How an unused role and an unused permission are repaired.

A role is stopped by one more inline policy that denies it everything, because that is undone by taking it off again:
its trust policy and its permissions stay as they are until it is deleted. Source: IAM User Guide, "Delete roles or
instance profiles", "Versioning IAM policies".
"""

import json
from collections.abc import Iterator
from typing import Final

from sekisho.analyzers.credentials.repair_case import (
    A_WHILE,
    WIDTH,
    Case,
    Step,
    StepKind,
    events,
    iam,
    known,
    option,
    role_name,
    told,
    user_name,
)
from sekisho.analyzers.quoting import quoted

_POLICY: Final = ("--policy-name", "POLICY_NAME")
_MANAGED: Final = ("--policy-arn", "POLICY_ARN")
_REWRITTEN: Final = ("--policy-document", "file://POLICY.json")

_STOP: Final = ("--policy-name", "DenyAllAsUnused")
_NOTHING: Final = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}, separators=(",", ":")
)


def unused_role(case: Case) -> Iterator[Step]:
    """Yield the steps for a role that nobody uses."""
    role = option("--role-name", role_name(case.arn) or "ROLE_NAME")
    yield known(case)
    text = "See who may assume the role, and whether it was used since."
    yield Step(StepKind.LOOK, text, iam("get-role", *role))
    text = "See whether an instance profile hands it to machines, which may have to be given another role first."
    yield Step(StepKind.LOOK, text, iam("list-instance-profiles-for-role", *role))
    text = "Look in each Region for who assumed it in the last 90 days."
    yield Step(StepKind.LOOK, text, events("ResourceName", case.arn))
    yield told(case, "that it will be stopped, and later deleted")
    text = "Deny the role everything, which stops its sessions too, can be undone and leaves the role as it is."
    yield Step(StepKind.DEACTIVATE, text, iam("put-role-policy", *role, *_STOP, "--policy-document", _NOTHING))
    text = f"Wait {A_WHILE}, and watch for who assumes the role all the same, and for `AccessDenied`."
    yield Step(StepKind.WAIT, text, events("ResourceName", case.arn))
    text = "If something broke, take the policy off again."
    yield Step(StepKind.UNDO, text, iam("delete-role-policy", *role, *_STOP))
    yield from _role_deleted(role)


def _role_deleted(role: tuple[str, ...]) -> Iterator[Step]:
    """Yield the steps that take off what keeps IAM from deleting a role, and then delete it."""
    text = "If nothing broke, note the role with all its policies, as what follows cannot be undone."
    yield Step(StepKind.LOOK, text, iam("list-attached-role-policies", *role))
    yield Step(StepKind.LOOK, "List its inline policies too, and note each.", iam("list-role-policies", *role))
    profile = ("--instance-profile-name", "INSTANCE_PROFILE_NAME")
    text = "Take the role out of each instance profile."
    yield Step(StepKind.DELETE, text, iam("remove-role-from-instance-profile", *profile, *role))
    text = "Delete each inline policy, the one that stopped it last."
    yield Step(StepKind.DELETE, text, iam("delete-role-policy", *role, *_POLICY))
    yield Step(StepKind.DELETE, "Detach each managed policy.", iam("detach-role-policy", *role, *_MANAGED))
    yield Step(StepKind.DELETE, "Delete the role.", iam("delete-role", *role))


def unused_permission(case: Case) -> Iterator[Step]:
    """Yield the steps for a service, or actions of one, that a user or role may use and does not."""
    service = quoted(case.risk.credential, WIDTH)
    namespace = case.risk.credential or "SERVICE_NAMESPACE"
    yield known(case)
    text = "Have AWS say again what was last accessed, where denied attempts are counted too."
    details = ("--arn", case.arn, "--granularity", "ACTION_LEVEL")
    yield Step(StepKind.LOOK, text, iam("generate-service-last-accessed-details", *details))
    text = f"See which policies allow {service}: inline ones, attached ones, and those of groups."
    granting = ("--arn", case.arn, "--service-namespaces", namespace)
    yield Step(StepKind.LOOK, text, iam("list-policies-granting-service-access", *granting))
    text = "Of each managed policy note the version that is in force, and see who else has it."
    yield Step(StepKind.LOOK, text, iam("get-policy", *_MANAGED))
    yield Step(StepKind.LOOK, "See who else has it.", iam("list-entities-for-policy", *_MANAGED))
    yield told(case, f"that it will lose what it does not use of {service}")
    text = (
        "Of a policy of your own make a version without what is unused, and of one that AWS manages or others need a "
        "copy to attach in its place."
    )
    yield Step(StepKind.SETTING, text, iam("create-policy-version", *_MANAGED, *_REWRITTEN, "--set-as-default"))
    yield from _inline(case)
    yield Step(StepKind.WAIT, f"Wait {A_WHILE}, and watch for `AccessDenied`.")
    text = "If something broke, put the version that you noted in force again, or the inline policy that you noted."
    version = ("--version-id", "VERSION_ID")
    yield Step(StepKind.UNDO, text, iam("set-default-policy-version", *_MANAGED, *version))


def _inline(case: Case) -> Iterator[Step]:
    text = "Of an inline policy note the text, and write it anew without what is unused."
    if (role := role_name(case.arn)) is not None:
        command = iam("put-role-policy", *option("--role-name", role), *_POLICY, *_REWRITTEN)
    else:
        user = user_name(case.arn) or "USER_NAME"
        command = iam("put-user-policy", *option("--user-name", user), *_POLICY, *_REWRITTEN)
    yield Step(StepKind.SETTING, text, command)
