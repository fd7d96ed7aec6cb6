"""How a credential finding is repaired: the steps, in an order in which nothing is lost that cannot be had back.

Look, tell the owner, deactivate, wait, undo if something broke, and only then delete. Nothing in here runs a command.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sekisho.analyzers.credentials.of_account import WANTED_LENGTH, WANTED_REUSE
from sekisho.analyzers.credentials.repair_case import (
    A_WHILE,
    WIDTH,
    Case,
    Step,
    StepKind,
    events,
    iam,
    known,
    told,
)
from sekisho.analyzers.credentials.repair_roles import unused_permission, unused_role
from sekisho.analyzers.observation import CredentialRisk, Observation
from sekisho.analyzers.quoting import quoted


def repair_steps(observation: Observation) -> tuple[Step, ...]:
    """Return what to do about a credential finding, in this order.

    Raises:
        KeyError: when we have no steps for a check, which is our fault.
        TypeError: when the observation is no credential finding.
    """
    risk = observation.outcome
    if not isinstance(risk, CredentialRisk):
        raise TypeError(f"no credential finding on {observation.resource!r}")
    return tuple(_STEPS[risk.check](_Case(risk, observation.resource, observation.resource_owner_account)))


def known_key_id(risk: CredentialRisk) -> str | None:
    """Return the id of the access key that a finding is on; None when it names none, but for instance a column."""
    return risk.credential if _ACCESS_KEY.pattern.fullmatch(risk.credential) else None


# What the steps are about.


@dataclass(frozen=True, slots=True)
class _Sort:
    """A sort of credential that can be deactivated: what the AWS CLI calls it.

    Attributes:
        noun: as in `update-NOUN`.
        spoken: as in a sentence.
        placeholder: stands for an id that is not known.
        pattern: of the ids. Source: IAM API reference, the constraints of `AccessKeyId` and of its likes.
    """

    noun: str
    spoken: str
    option: str
    placeholder: str
    pattern: re.Pattern[str]


_ACCESS_KEY = _Sort(
    "access-key", "access key", "--access-key-id", "ACCESS_KEY_ID", re.compile(r"(?a:(AKIA|ASIA)\w{12,124})")
)
_CERTIFICATE = _Sort(
    "signing-certificate", "signing certificate", "--certificate-id", "CERTIFICATE_ID", re.compile(r"(?a:\w{24,128})")
)
_SERVICE_SPECIFIC = _Sort(
    "service-specific-credential",
    "service-specific credential",
    "--service-specific-credential-id",
    "SERVICE_SPECIFIC_CREDENTIAL_ID",
    re.compile(r"(?a:\w{20,128})"),
)


@dataclass(frozen=True, slots=True)
class _Case(Case):
    """A finding on a credential of one of these sorts."""

    def id_of(self, sort: _Sort) -> str:
        return self.risk.credential if sort.pattern.fullmatch(self.risk.credential) else sort.placeholder


# What several repairs have in common.


def _found(case: _Case, sort: _Sort) -> Iterator[Step]:
    """Look the credential up, which also tells its id where that is not known."""
    listing = iam(f"list-{sort.noun}s", *case.of_user)
    if case.id_of(sort) == sort.placeholder:
        told = "of several it is the one whose status and date of creation fit the finding"
        text = f"Find the id of the {sort.spoken}, which stands below as {sort.placeholder}: {told}."
    else:
        text = f"See that the {sort.spoken} {quoted(case.id_of(sort), WIDTH)} still exists, and whether it is active."
    yield Step(StepKind.LOOK, text, listing)
    if sort == _ACCESS_KEY:
        text = "Ask for its last use again, as the credential report may be hours behind."
        yield Step(StepKind.LOOK, text, _last_used(case.id_of(sort)))


def _last_used(key: str) -> tuple[str, ...]:
    return iam("get-access-key-last-used", "--access-key-id", key)


def _switched_off(case: _Case, sort: _Sort) -> Iterator[Step]:
    deactivated = f"Deactivate the {sort.spoken}, which can be undone."
    yield Step(StepKind.DEACTIVATE, deactivated, _with_status(case, sort, "Inactive"))
    yield from _gone_after_a_while(case, sort)


def _gone_after_a_while(case: _Case, sort: _Sort) -> Iterator[Step]:
    yield _waited(case, sort)
    yield Step(StepKind.UNDO, "If something broke, make it active again.", _with_status(case, sort, "Active"))
    text = f"If nothing broke, delete the {sort.spoken}, which cannot be undone."
    yield Step(StepKind.DELETE, text, _deleted(case, sort))


def _with_status(case: _Case, sort: _Sort, status: str) -> tuple[str, ...]:
    return iam(f"update-{sort.noun}", *case.of_user, sort.option, case.id_of(sort), "--status", status)


def _deleted(case: _Case, sort: _Sort) -> tuple[str, ...]:
    return iam(f"delete-{sort.noun}", *case.of_user, sort.option, case.id_of(sort))


def _waited(case: _Case, sort: _Sort) -> Step:
    if sort != _ACCESS_KEY:
        return Step(StepKind.WAIT, f"Wait {A_WHILE}.")
    text = f"Wait {A_WHILE}, and watch for `AccessDenied` and `InvalidClientTokenId` with this key."
    return Step(StepKind.WAIT, text, events("AccessKeyId", case.id_of(sort)))


# Access keys, certificates and service-specific credentials of users.


def _unused_key(case: _Case) -> Iterator[Step]:
    yield from _retired(case, _ACCESS_KEY)


def _certificate(case: _Case) -> Iterator[Step]:
    yield from _retired(case, _CERTIFICATE)


def _service_specific(case: _Case) -> Iterator[Step]:
    yield from _retired(case, _SERVICE_SPECIFIC, "will be deactivated, or replaced first by one that expires")


def _retired(case: _Case, sort: _Sort, fate: str = "will be deactivated") -> Iterator[Step]:
    yield known(case)
    yield from _found(case, sort)
    yield told(case, f"that the {sort.spoken} {fate}")
    yield from _switched_off(case, sort)


def _inactive_key(case: _Case) -> Iterator[Step]:
    yield known(case)
    yield from _found(case, _ACCESS_KEY)
    yield told(case, "that the inactive access key will be deleted")
    yield from _gone_after_a_while(case, _ACCESS_KEY)


def _second_of_two_keys(case: _Case) -> Iterator[Step]:
    yield known(case)
    yield from _found(case, _ACCESS_KEY)
    yield told(case, "that one of the two keys will be deactivated, the one that is used no more")
    yield from _switched_off(case, _ACCESS_KEY)


def _rotated_key(case: _Case) -> Iterator[Step]:
    text = (
        "Make a second key and deploy it, unless nothing needs the old one: the secret is shown only once, and IAM "
        "refuses while there are two keys."
    )
    yield from _replaced(case, Step(StepKind.CREATE, text, iam("create-access-key", *case.of_user)))


def _separated_keys(case: _Case) -> Iterator[Step]:
    yield from _replaced(case, _as_role("Give the program behind one of the two keys a role of its own"))


def _separated_program(case: _Case) -> Iterator[Step]:
    yield from _replaced(case, _as_role("Give the program a role, and leave the user to the person"))


def _role_instead(case: _Case) -> Iterator[Step]:
    text = "Give the program a role, and a person access through IAM Identity Center, as both get keys that expire"
    yield from _replaced(case, _as_role(text))


def _as_role(text: str) -> Step:
    command = iam("create-role", "--role-name", "ROLE_NAME", "--assume-role-policy-document", "file://TRUST.json")
    return Step(StepKind.CREATE, f"{text}; a user of its own will do where it cannot take a role.", command)


def _replaced(case: _Case, replacement: Step) -> Iterator[Step]:
    """Yield the steps for a key in use: something else takes its place before it is deactivated."""
    yield known(case)
    yield from _found(case, _ACCESS_KEY)
    services = iam("generate-service-last-accessed-details", "--arn", case.arn)
    yield Step(StepKind.LOOK, "See which services the user calls, where denied attempts are counted too.", services)
    yield told(case, "that the access key will be replaced")
    yield replacement
    if replacement.command == iam("create-access-key", *case.of_user):
        yield Step(StepKind.LOOK, "See that the new key is used.", _last_used("NEW_ACCESS_KEY_ID"))
    watched = "See that the old key is used no more, before anything is done to it."
    yield Step(StepKind.LOOK, watched, _last_used(case.id_of(_ACCESS_KEY)))
    yield from _switched_off(case, _ACCESS_KEY)


def _beyond_the_report(case: _Case) -> Iterator[Step]:
    yield known(case)
    for operation in _LISTS:
        text = "List what the user has, with what the report has no column for."
        yield Step(StepKind.LOOK, text, iam(operation, *case.of_user))
    yield told(case, "that what nobody uses of it will be deactivated")


_LISTS = ("list-access-keys", "list-signing-certificates", "list-ssh-public-keys", "list-service-specific-credentials")


# Passwords.


def _unused_password(case: _Case) -> Iterator[Step]:
    yield from _password_looked_at(case)
    yield told(case, "that the password will be deleted, which leaves the user and its keys")
    yield from _password_deleted(case)


def _expired_password(case: _Case) -> Iterator[Step]:
    yield from _password_looked_at(case)
    yield told(case, "to sign in and set a new password")
    text = "Where expiry locks the user out, set a password for the next sign-in alone."
    yield Step(StepKind.SETTING, text, iam("update-login-profile", *case.of_user, *_NEW_PASSWORD))
    yield from _password_deleted(case)


_NEW_PASSWORD = ("--password", "TEMPORARY_PASSWORD", "--password-reset-required")


def _password_looked_at(case: _Case) -> Iterator[Step]:
    yield known(case)
    text = "See that the login profile still exists, and when it was made."
    yield Step(StepKind.LOOK, text, iam("get-login-profile", *case.of_user))


def _password_deleted(case: _Case) -> Iterator[Step]:
    """Yield the steps for what cannot be tried out: the wait for the owner comes before, and undoing after."""
    yield Step(StepKind.WAIT, f"Give the owner time to answer, {A_WHILE}.")
    text = (
        "If nobody needs it, delete the login profile: it cannot be deactivated, and only an administrator can set a "
        "new password afterwards."
    )
    yield Step(StepKind.DELETE, text, iam("delete-login-profile", *case.of_user))
    text = (
        "Where the password has leaked, deny everything to sessions in the console that began before now, which live "
        "on for up to twelve hours; access keys are denied nothing by it."
    )
    policy = ("--policy-document", json.dumps(_OLD_SESSIONS, separators=(",", ":")))
    yield Step(StepKind.SETTING, text, iam("put-user-policy", *case.of_user, *_CUT, *policy))
    text = "If someone needs it after all, set a password as an administrator, for the next sign-in alone."
    yield Step(StepKind.UNDO, text, iam("create-login-profile", *case.of_user, *_NEW_PASSWORD))


_CUT = ("--policy-name", "NoOldSessions")
_OLD_SESSIONS = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "TIME_OF_NOW"}},
    },
}
"""Source: IAM User Guide, "Revoke IAM role temporary security credentials"; a key alone has no such time."""


# The password policy.


def _password_policy(case: _Case) -> Iterator[Step]:
    yield from _with_password_policy(case, ())


def _password_expiry(case: _Case) -> Iterator[Step]:
    yield from _with_password_policy(case, ("--max-password-age", "90"))


def _with_password_policy(case: _Case, further: tuple[str, ...]) -> Iterator[Step]:
    text = "Note the settings as they are; `NoSuchEntity` means that there are none."
    yield Step(StepKind.LOOK, text, iam("get-account-password-policy"))
    yield told(case, "that the password policy changes, which binds each user at the next change of password")
    expiry = ", and set an expiry only if your own rules ask for it, as NIST and CIS no longer do" if further else ""
    text = (
        "Set the whole policy in one command, with any stricter setting that you noted added to it, since what is "
        f"left out falls back to its default{expiry}."
    )
    asked = {fact.name: fact.value for fact in case.risk.facts}
    length, reuse = asked.get(WANTED_LENGTH, "14"), asked.get(WANTED_REUSE, "24")
    numbers = ("--minimum-password-length", length, "--password-reuse-prevention", reuse)
    yield Step(StepKind.SETTING, text, iam("update-account-password-policy", *numbers, *_STRICT, *further))
    if case.risk.check == "CRED-PW-POLICY-NONE":
        text = "To undo it, delete the policy."
        yield Step(StepKind.UNDO, text, iam("delete-account-password-policy"))
    else:
        yield Step(StepKind.UNDO, "To undo it, run the same command with the settings that you noted.")


_STRICT = (
    *("--require-symbols", "--require-numbers", "--require-uppercase-characters", "--require-lowercase-characters"),
    "--allow-users-to-change-password",
)


# MFA of users.


def _console_mfa(case: _Case) -> Iterator[Step]:
    yield known(case)
    listing = iam("list-mfa-devices", *case.of_user)
    yield Step(StepKind.LOOK, "See whether a device was registered since.", listing)
    text = f"Ask the owner of {case.owner} to register a device, as nobody can do that without having it at hand."
    yield Step(StepKind.TELL, text)
    yield Step(StepKind.WAIT, "Wait until the day that you set the owner.", listing)
    text = (
        "Then allow nothing but registering a device without MFA, knowing that this stops the access keys of the user "
        "too, unless they get a session with MFA."
    )
    policy = ("--policy-document", _mfa_policy(case))
    yield Step(StepKind.SETTING, text, iam("put-user-policy", *case.of_user, *_NAMED, *policy))
    undone = "If something broke, take the policy off again."
    yield Step(StepKind.UNDO, undone, iam("delete-user-policy", *case.of_user, *_NAMED))


_NAMED = ("--policy-name", "OnlyWithMFA")


def _mfa_policy(case: _Case) -> str:
    """Return a policy for one user that allows only registering a device of its own as long as it has no MFA.

    Source: IAM User Guide, "AWS: Allows MFA-authenticated IAM users to manage their own credentials".
    """
    devices = f"arn:{case.partition}:iam::{case.account}:mfa/*"
    without_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    statements = [
        {"Effect": "Allow", "Action": _ON_USER, "Resource": case.arn},
        {"Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": devices},
        {"Effect": "Allow", "Action": "iam:ListVirtualMFADevices", "Resource": "*"},
        {"Effect": "Deny", "NotAction": (*_ON_USER, *_FURTHER), "Resource": "*", "Condition": without_mfa},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


_ON_USER = ("iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices", "iam:ResyncMFADevice")
_FURTHER = (
    *("iam:ChangePassword", "iam:CreateVirtualMFADevice", "iam:ListVirtualMFADevices"),
    *("iam:GetMFADevice", "sts:GetSessionToken"),
)


# The root user. A finding does not tell whether the account is a member of an organization, so both ways are told.

_ITSELF = "Management or standalone account, as root itself"
_MEMBER = "Member account, from the management or the delegated account"


def _root_key(case: _Case) -> Iterator[Step]:
    yield from _root_credential(case, _ACCESS_KEY)


def _root_certificate(case: _Case) -> Iterator[Step]:
    yield from _root_credential(case, _CERTIFICATE)


def _root_credential(case: _Case, sort: _Sort) -> Iterator[Step]:
    """Yield the steps for what root can deactivate.

    The session that may delete the credentials of a member's root may not deactivate them, so that a service control
    policy stands in. Source: AWS Managed Policy Reference, "IAMDeleteRootUserCredentials".
    """
    yield from _root_looked_at(case)
    yield from _found(case, sort)
    yield told(case, f"that the {sort.spoken} of root will be deactivated")
    text = f"{_ITSELF}: deactivate the {sort.spoken}."
    yield Step(StepKind.DEACTIVATE, text, _with_status(case, sort, "Inactive"))
    text = f"{_MEMBER}: attach a service control policy that denies everything to root, as a stand-in."
    yield Step(StepKind.DEACTIVATE, text, _policy_on(case, "attach-policy"))
    yield _waited(case, sort)
    text = f"{_ITSELF}: if something broke, make it active again."
    yield Step(StepKind.UNDO, text, _with_status(case, sort, "Active"))
    text = f"{_MEMBER}: if something broke, and before the session that deletes, take that policy off."
    yield Step(StepKind.UNDO, text, _policy_on(case, "detach-policy"))
    yield from _root_session_that_deletes(case)
    text = f"In that session, or as root itself, delete the {sort.spoken}, which cannot be undone."
    yield Step(StepKind.DELETE, text, _deleted(case, sort))


def _root_mfa(case: _Case) -> Iterator[Step]:
    yield from _root_looked_at(case)
    yield Step(StepKind.LOOK, "In that session, or as root itself, list the devices.", iam("list-mfa-devices"))
    yield told(case, "that root needs MFA, or no password at all")
    text = (
        f"{_ITSELF}: register two security keys under Security credentials, since nobody can enable MFA for someone "
        "else, and one may get lost."
    )
    yield Step(StepKind.SETTING, text)
    if case.risk.check == "CRED-ROOT-MFA-VIRTUAL":
        text = f"{_ITSELF}: then sign in with a new device once, and remove the virtual one."
        yield Step(StepKind.SETTING, text, iam("deactivate-mfa-device", "--serial-number", "SERIAL_NUMBER"))
    yield from _root_password_deleted(case)


def _root_used(case: _Case) -> Iterator[Step]:
    yield from _root_looked_at(case)
    of_root = events("Username", "root")
    yield Step(StepKind.LOOK, "See what root did, in each Region and in `us-east-1`, where sign-ins are.", of_root)
    yield told(case, "that root is in use")
    text = "Give whoever or whatever used root a role, and keep root for the few tasks that only root can do."
    yield Step(StepKind.SETTING, text)
    text = f"{_ITSELF}: keep the password and the MFA devices locked away, and delete the access keys."
    yield Step(StepKind.SETTING, text)
    yield from _root_password_deleted(case)


def _root_central(case: _Case) -> Iterator[Step]:
    yield from _root_looked_at(case)
    yield told(case, "that the root credentials of members will be managed centrally, and can then be deleted")
    trusted = ("aws", "organizations", "enable-aws-service-access", "--service-principal", "iam.amazonaws.com")
    yield Step(StepKind.SETTING, "From the management account let IAM work with the organization.", trusted)
    text = "Turn central management on, which deletes nothing by itself."
    yield Step(StepKind.SETTING, text, iam("enable-organizations-root-credentials-management"))
    text = "To undo it, turn central management off."
    yield Step(StepKind.UNDO, text, iam("disable-organizations-root-credentials-management"))
    yield from _root_password_deleted(case)


def _root_looked_at(case: _Case) -> Iterator[Step]:
    yield known(case)
    text = (
        f"{_MEMBER}: see that RootCredentialsManagement is on, so that nobody has to sign in as root; "
        "`aws iam enable-organizations-root-credentials-management` turns it on."
    )
    yield Step(StepKind.LOOK, text, iam("list-organizations-features"))
    text = f"{_MEMBER}: open a session that may look, through an endpoint of STS in a Region, and use its credentials."
    yield Step(StepKind.LOOK, text, _root_session(case, "IAMAuditRootUserCredentials"))
    text = (
        "Management or standalone account: sign in as root, for instance to CloudShell, as only root itself can do it."
    )
    yield Step(StepKind.LOOK, text)


def _root_password_deleted(case: _Case) -> Iterator[Step]:
    yield Step(StepKind.WAIT, f"Give the owner time to answer, {A_WHILE}.")
    yield from _root_session_that_deletes(case)
    text = (
        "Member account: in that session delete the password of root, which it does not need; it cannot be "
        "deactivated, and root must reset it afterwards, once an administrator allows that."
    )
    yield Step(StepKind.DELETE, text, iam("delete-login-profile"))
    text = "Member account: if it is needed after all, open a session that may allow a new password."
    yield Step(StepKind.UNDO, text, _root_session(case, "IAMCreateRootUserPassword"))
    text = "Member account: in that session allow root to reset its password by e-mail."
    yield Step(StepKind.UNDO, text, iam("create-login-profile"))


def _root_session_that_deletes(case: _Case) -> Iterator[Step]:
    text = f"{_MEMBER}: open a session that may delete, and use its credentials."
    yield Step(StepKind.DELETE, text, _root_session(case, "IAMDeleteRootUserCredentials"))


def _root_session(case: _Case, task: str) -> tuple[str, ...]:
    policy = f"arn=arn:{case.partition}:iam::aws:policy/root-task/{task}"
    options = ("--target-principal", case.account, "--duration-seconds", "900", "--task-policy-arn", policy)
    return ("aws", "sts", "assume-root", *options)


def _policy_on(case: _Case, operation: str) -> tuple[str, ...]:
    return ("aws", "organizations", operation, "--policy-id", "POLICY_ID", "--target-id", case.account)


# The data.


def _stale_report(case: _Case) -> Iterator[Step]:
    yield known(case)
    yield Step(StepKind.LOOK, "Have a new report made.", iam("generate-credential-report"))
    yield Step(StepKind.LOOK, "Read it, some seconds later.", iam("get-credential-report"))
    text = (
        "Allow the role that scans `iam:GenerateCredentialReport` and `iam:GetCredentialReport` on `*`, and scan again."
    )
    yield Step(StepKind.SETTING, text)


_STEPS: Final[Mapping[str, Callable[[_Case], Iterator[Step]]]] = {
    "CRED-ROOT-KEY": _root_key,
    "CRED-ROOT-MFA": _root_mfa,
    "CRED-ROOT-MFA-VIRTUAL": _root_mfa,
    "CRED-ROOT-USED": _root_used,
    "CRED-ROOT-CERT": _root_certificate,
    "CRED-ROOT-CENTRAL": _root_central,
    "CRED-PW-UNUSED": _unused_password,
    "CRED-PW-NEVER": _unused_password,
    "CRED-KEY-UNUSED": _unused_key,
    "CRED-KEY-NEVER": _unused_key,
    "CRED-KEY-INITIAL": _unused_key,
    "CRED-KEY-OLD": _rotated_key,
    "CRED-KEY-INACTIVE": _inactive_key,
    "CRED-KEY-TWO-USED": _separated_keys,
    "CRED-KEY-TWO": _second_of_two_keys,
    "CRED-MFA-CONSOLE": _console_mfa,
    "CRED-MFA-KEY": _role_instead,
    "CRED-PW-KEY": _separated_program,
    "CRED-PW-POLICY-NONE": _password_policy,
    "CRED-PW-POLICY-LENGTH": _password_policy,
    "CRED-PW-POLICY-REUSE": _password_policy,
    "CRED-PW-POLICY-CLASSES": _password_policy,
    "CRED-PW-POLICY-EXPIRY": _password_expiry,
    "CRED-PW-NOEXPIRY": _password_expiry,
    "CRED-PW-EXPIRED": _expired_password,
    "CRED-SSC": _service_specific,
    "CRED-CERT": _certificate,
    "CRED-USER-NOT-ROLE": _role_instead,
    "CRED-ROLE-UNUSED": unused_role,
    "CRED-PERMISSION-UNUSED": unused_permission,
    "CRED-REPORT-INCOMPLETE": _beyond_the_report,
    "CRED-STALE-REPORT": _stale_report,
}
"""How each check is repaired."""
