# ruff: noqa: RUF001 - Japanese has parentheses of its own
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from alert_events import (
    ACCOUNT,
    ALICE,
    CAUSE,
    EVENT_ID,
    FINDING_ID,
    ROOT,
    call,
    created_key,
    found,
    found_credential,
    found_public,
    role,
    sign_in,
)
from sekisho.alerts.message import Moment, Text
from sekisho.alerts.messages import LANGUAGES, LanguageError, Template, Wording, describe, gather
from sekisho.alerts.shipped import (
    ORDER,
    ShippedRule,
    default_texts,
    key_of,
    severity_of,
    shipped_rules,
)
from sekisho.collectors.events.patterns import FORWARDED, PATTERNS

MOST_PATTERN = 2_048
"""Source: EventBridge User Guide, "Amazon EventBridge quotas"."""

SSO = role("AWSReservedSSO_Admin_0123456789abcdef", "anna@example.com")
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/sekisho-EventQueue-1A2B"
ROOT_DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device"
MANAGED = "arn:aws:iam::aws:policy/AdministratorAccess"
UNDECIDED: dict[str, Any] = {
    "error": "ACCESS_DENIED",
    "principal": None,
    "action": None,
    "isPublic": None,
    "sekisho": {"severity": None, "sentence": None, "because": [], "witness": None},
}


def asked(**parameters: Any) -> dict[str, Any]:
    return {"requestParameters": parameters}


EVENTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "logging stops": (call("StopLogging", "cloudtrail", **asked(name="main")), "logging-stopped", "CRITICAL"),
    "logging would stop, but for a denial": (
        call("DeleteTrail", "cloudtrail", **asked(name="main"), errorCode="AccessDenied"),
        "logging-stopped",
        "HIGH",
    ),
    "root stops logging": (call("StopLogging", "cloudtrail", ROOT, **asked(name="m")), "logging-stopped", "CRITICAL"),
    "our rule is disabled": (call("DisableRule", "events", **asked(name="Sekisho-guard")), "intake-cut", "CRITICAL"),
    "our rule has no targets any more": (
        call("RemoveTargets", "events", **asked(rule="sekisho-guard", ids=["queue"])),
        "intake-cut",
        "CRITICAL",
    ),
    "nothing comes in": (
        {
            "id": EVENT_ID,
            "source": "sekisho",
            "detail-type": "Sekisho Intake Silent",
            "account": ACCOUNT,
            "region": "us-east-1",
            "time": "2026-11-20T10:11:12Z",
            "detail": {"intake": QUEUE, "place": f"{ACCOUNT} us-east-1", "since": "2026-11-20T09:11:12+00:00"},
        },
        "intake-silent",
        "HIGH",
    ),
    "an event is too much for us": (
        {
            "id": "own-1",
            "source": "sekisho",
            "detail-type": "Sekisho Event Not Judged",
            "account": ACCOUNT,
            "region": "",
            "time": "2026-11-20T10:11:12Z",
            "detail": {"event": EVENT_ID, "step": "rules"},
        },
        "event-not-judged",
        "HIGH",
    ),
    "our queue is purged": (call("PurgeQueue", "sqs", **asked(queueUrl=QUEUE)), "intake-cut", "CRITICAL"),
    "a user makes a key of their own": (created_key("alice"), "access-key-created", "HIGH"),
    "a user makes a key for another": (created_key("bob"), "access-key-created", "CRITICAL"),
    "a role makes a key for a user": (created_key("bob", role()), "access-key-created", "CRITICAL"),
    "root makes a key for itself": (call("CreateAccessKey", identity=ROOT), "access-key-created", "CRITICAL"),
    "a user asks for a third key": (
        call("CreateAccessKey", errorCode="LimitExceededException"),
        "access-key-created",
        "CRITICAL",
    ),
    "a password is given that has to be changed": (
        call("CreateLoginProfile", **asked(userName="bob", passwordResetRequired=True)),
        "login-profile-set",
        "MEDIUM",
    ),
    "a password is given that others know": (
        call("CreateLoginProfile", **asked(userName="bob", passwordResetRequired=False)),
        "login-profile-set",
        "HIGH",
    ),
    "a password is reset by another": (
        call("UpdateLoginProfile", identity=SSO, **asked(userName="bob")),
        "login-profile-set",
        "HIGH",
    ),
    "a password is reset by its owner": (
        call("UpdateLoginProfile", **asked(userName="alice")),
        "login-profile-set",
        "MEDIUM",
    ),
    "root gives a password": (
        call("CreateLoginProfile", identity=ROOT, **asked(userName="bob", passwordResetRequired=True)),
        "login-profile-set",
        "HIGH",
    ),
    "MFA of a user is switched off": (
        call("DeactivateMFADevice", **asked(userName="bob", serialNumber="arn:aws:iam::1:mfa/b")),
        "mfa-deactivated",
        "HIGH",
    ),
    "root switches MFA off": (
        call("DeactivateMFADevice", identity=ROOT, **asked(userName="bob", serialNumber="x")),
        "mfa-deactivated",
        "CRITICAL",
    ),
    "MFA of root is deleted": (
        call("DeleteVirtualMFADevice", **asked(serialNumber=ROOT_DEVICE)),
        "mfa-deactivated",
        "CRITICAL",
    ),
    "root signs in": (sign_in(ROOT, mfa="Yes"), "root-activity", "HIGH"),
    "somebody fails to sign in as root": (sign_in(ROOT, "Failure", errorMessage="Failed"), "root-activity", "MEDIUM"),
    "root calls something": (call("PutBucketPolicy", "s3", ROOT, **asked(bucketName="b")), "root-activity", "HIGH"),
    "root makes a user": (call("CreateUser", identity=ROOT, **asked(userName="x")), "root-activity", "HIGH"),
    "root activates a key": (
        call("UpdateAccessKey", identity=ROOT, **asked(accessKeyId="AKIA", status="Active")),
        "root-activity",
        "HIGH",
    ),
    "the mail address of root changes": (
        call("EmailUpdated", "signin", ROOT, eventType="AwsConsoleAction"),
        "root-activity",
        "CRITICAL",
    ),
    "a service acts for root": (call("X", "new", ROOT | {"invokedBy": "backup.amazonaws.com"}), "", ""),
    "an event of a service has root in it": (call("X", "new", ROOT, eventType="AwsServiceEvent"), "", ""),
    "a user signs in without MFA": (sign_in(ALICE), "console-login-without-mfa", "MEDIUM"),
    "a user signs in without MFA, spelt the other way": (
        sign_in(ALICE) | {"detail-type": "AWS Console Sign In via CloudTrail"},
        "console-login-without-mfa",
        "MEDIUM",
    ),
    "root signs in, spelt the other way": (
        sign_in(ROOT) | {"detail-type": "AWS Console Sign In via CloudTrail"},
        "root-activity",
        "HIGH",
    ),
    "a user signs in with MFA": (sign_in(ALICE, mfa="Yes"), "", ""),
    "a user fails to sign in": (sign_in(ALICE, "Failure"), "", ""),
    "a federated person signs in": (sign_in(SSO), "", ""),
    "a provider is made": (call("CreateSAMLProvider", **asked(name="okta")), "federation-changed", "HIGH"),
    "a powerful policy is attached": (
        call("AttachRolePolicy", **asked(roleName="App", policyArn=MANAGED)),
        "powerful-policy-attached",
        "HIGH",
    ),
    "a weak policy is attached": (
        call("AttachRolePolicy", **asked(roleName="App", policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")),
        "",
        "",
    ),
    "a boundary is removed": (
        call("DeleteRolePermissionsBoundary", **asked(roleName="App")),
        "boundary-removed",
        "HIGH",
    ),
    "an account leaves": (call("LeaveOrganization", "organizations"), "organization-left", "HIGH"),
    "an account would leave, but for a denial": (
        call("LeaveOrganization", "organizations", errorCode="AccessDeniedException"),
        "organization-left",
        "HIGH",
    ),
    "certificates are trusted": (
        call("CreateTrustAnchor", "rolesanywhere", **asked(name="pki")),
        "certificates-trusted",
        "HIGH",
    ),
    "a credential of a service is made": (
        call("CreateServiceSpecificCredential", **asked(userName="bob", serviceName="codecommit.amazonaws.com")),
        "other-credential-created",
        "MEDIUM",
    ),
    "a key of Bedrock is made": (
        call("CreateServiceSpecificCredential", **asked(userName="bob", serviceName="bedrock.amazonaws.com")),
        "other-credential-created",
        "HIGH",
    ),
    "an SSH key is uploaded": (call("UploadSSHPublicKey", **asked(userName="b")), "other-credential-created", "MEDIUM"),
    "the password policy goes": (call("DeleteAccountPasswordPolicy"), "password-policy-changed", "MEDIUM"),
    "a user is made": (call("CreateUser", **asked(userName="bob")), "user-changed", "MEDIUM"),
    "a user joins a group": (
        call("AddUserToGroup", **asked(userName="bob", groupName="Admins")),
        "group-joined",
        "MEDIUM",
    ),
    "a key is activated": (
        call("UpdateAccessKey", **asked(userName="bob", accessKeyId="AKIAB", status="Active")),
        "access-key-changed",
        "MEDIUM",
    ),
    "a key is deactivated": (
        call("UpdateAccessKey", **asked(userName="bob", accessKeyId="AKIAB", status="Inactive")),
        "access-key-changed",
        "INFORMATIONAL",
    ),
    "root is taken on": (
        call("AssumeRoot", "sts", role(), **asked(targetPrincipal="444455556666", taskPolicyArn={"arn": "a/b"})),
        "root-session-assumed",
        "INFORMATIONAL",
    ),
    "a call is denied": (call("CreateAccessKey", errorCode="AccessDenied", **asked(userName="bob")), "", ""),
    "a call that nobody minds": (call("ListBuckets", "s3"), "", ""),
    "a bucket is public": (found_public(), "finding-public", "HIGH"),
    "a call made a bucket public": (found_public(sekisho={"cause": CAUSE}), "finding-public", "HIGH"),
    "a bucket is public again": (found_public("RETURNED"), "finding-public", "HIGH"),
    "a call opened a bucket": (found(sekisho={"cause": CAUSE}), "access-opened", "MEDIUM"),
    "a call opened a bucket again": (found("RETURNED", sekisho={"cause": CAUSE}), "access-opened", "MEDIUM"),
    "a way in is back": (found("RETURNED"), "finding-returned", "MEDIUM"),
    "a way in is new": (found(), "finding-new", "MEDIUM"),
    "a way in is new and matters more": (found(sekisho={"severity": "CRITICAL"}), "finding-new", "CRITICAL"),
    "a resource cannot be judged": (found(**UNDECIDED), "finding-new", "MEDIUM"),
    "a call led to what cannot be judged": (
        found(**UNDECIDED | {"sekisho": {"cause": CAUSE, "severity": None}}),
        "finding-new",
        "MEDIUM",
    ),
    "a resource can again not be judged": (found("RETURNED", **UNDECIDED), "finding-returned", "MEDIUM"),
    "a way in is new, and archived by a rule": (found(status="ARCHIVED"), "", ""),
    "a way in is changed": (found("CHANGED"), "", ""),
    "a way in is archived": (found("ARCHIVED", "ARCHIVED"), "", ""),
    "a way in is made active again": (found("UNARCHIVED"), "", ""),
    "a way in is gone": (found("RESOLVED", "RESOLVED"), "finding-resolved", "MEDIUM"),
    "a finding is deleted": (found("DELETED", "RESOLVED", isDeleted=True), "", ""),
    "a finding of AWS's own": (found(sekisho={}) | {"detail": {"status": "ACTIVE", "isPublic": True}}, "", ""),
    "a key is unused": (found_credential(), "credential-finding-new", "MEDIUM"),
    "a role is unused again": (
        found_credential("RETURNED", findingType="UnusedIAMRole", sekisho={"change": "RETURNED", "severity": "LOW"}),
        "credential-finding-new",
        "LOW",
    ),
    "a key is used again": (found_credential("RESOLVED", "RESOLVED"), "credential-finding-resolved", "MEDIUM"),
}
"""Events, which rule tells of them when all are on, and how much it makes of them."""


def matches(pattern: object, value: object) -> bool:
    """Say whether a value matches a part of a pattern; as much of EventBridge's language as the shipped rules use."""
    if isinstance(pattern, dict):
        fields = [
            matches(one, value.get(name) if isinstance(value, dict) else None)
            for name, one in pattern.items()
            if name != "$or"
        ]
        return all(fields) and ("$or" not in pattern or any(matches(one, value) for one in pattern["$or"]))
    assert isinstance(pattern, list)
    return any(accepts(one, value) for one in pattern)


def accepts(rule: object, value: Any) -> bool:
    match rule:
        case {"exists": wanted}:
            return wanted is (value is not None and not isinstance(value, dict))
        case {"anything-but": other}:
            return value is not None and value != other
        case {"prefix": {"equals-ignore-case": start}}:
            return isinstance(value, str) and value.lower().startswith(start.lower())
        case {"prefix": start}:
            return isinstance(value, str) and value.startswith(start)
        case {"suffix": end}:
            return isinstance(value, str) and value.endswith(end)
        case {"wildcard": glob}:
            return isinstance(value, str) and re.fullmatch(re.escape(glob).replace(r"\*", ".*"), value) is not None
        case str() | bool():
            return value == rule and type(value) is type(rule)
        case _:
            raise AssertionError(rule)


def first(event: Mapping[str, Any]) -> ShippedRule | None:
    return next((rule for rule in shipped_rules() if matches(json.loads(rule.pattern), event)), None)


def rule_named(name: str) -> ShippedRule:
    return next(rule for rule in shipped_rules() if rule.name == name)


def written(text: Text) -> str:
    return "".join("<moment>" if isinstance(piece, Moment) else piece for piece in text)


@pytest.mark.parametrize(("event", "name", "severity"), EVENTS.values(), ids=EVENTS)
def test_an_event_is_told_by_the_rule_that_says_most(event: dict[str, Any], name: str, severity: str) -> None:
    rule = first(event)

    assert (rule.name if rule else "") == name
    if rule:
        assert severity_of(rule, event, lambda pattern: matches(json.loads(pattern), event)).name == severity


def test_every_rule_tells_of_some_event() -> None:
    assert {name for _, name, _ in EVENTS.values() if name} == set(ORDER)


def told() -> Iterator[tuple[str, dict[str, Any], ShippedRule]]:
    for title, (event, name, _) in EVENTS.items():
        if name:
            yield title, event, rule_named(name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_says_something_good_of_every_event_that_it_tells_of(language: str) -> None:
    for title, event, rule in told():
        words = rule.words[language]
        template = Template(rule.name, words.texts)

        entry = describe(event, "{}", template, Wording(language=language, rule=rule.name, title=words.about))

        said = [written(part) for part in (entry.title, entry.text, entry.advice)]
        assert said[0], title
        assert all("  " not in part and "None" not in part and "{" not in part for part in said), (title, said)
        assert not any(re.search(r" [,.:;。、]|\(\)|（）|^[ を,]|\bby $|: $", part) for part in said), (title, said)
        assert all(bool(re.search("[ぁ-ヿ一-龥]", part)) is (language == "ja") for part in said[:1]), (title, said)
        assert not [fact for fact in entry.facts if fact.label in {"Template failed", "テンプレートのエラー"}], title


@pytest.mark.parametrize("rule", shipped_rules(), ids=ORDER)
def test_a_rule_is_whole_in_every_language(rule: ShippedRule) -> None:
    assert tuple(rule.words) == LANGUAGES
    for language in LANGUAGES:
        words = rule.words[language]
        assert words.about
        assert words.title.strip()
        assert "{count}" in words.gathered
        assert bool(re.search("[ぁ-ヿ一-龥]", words.about)) is (language == "ja")
        assert bool(words.text) is bool(rule.words["en"].text)
        assert bool(words.advice) is bool(rule.words["en"].advice)


@pytest.mark.parametrize("rule", shipped_rules(), ids=ORDER)
def test_a_pattern_is_one_that_eventbridge_would_take(rule: ShippedRule) -> None:
    for pattern in (rule.pattern, *(one.pattern for one in rule.overrides if one.pattern)):
        assert isinstance(json.loads(pattern), dict)
        assert len(pattern) <= MOST_PATTERN
        assert pattern == json.dumps(json.loads(pattern), separators=(",", ":"))


def test_rules_that_are_on_are_those_that_nobody_would_miss() -> None:
    assert [rule.name for rule in shipped_rules() if rule.is_on] == [
        "logging-stopped",
        "intake-cut",
        "intake-silent",
        "event-not-judged",
        "access-key-created",
        "login-profile-set",
        "mfa-deactivated",
        "root-activity",
        "console-login-without-mfa",
        "finding-public",
        "access-opened",
        "finding-returned",
        "finding-new",
        "credential-finding-new",
    ]


@pytest.mark.parametrize("rule", shipped_rules(), ids=ORDER)
def test_keys_are_of_what_the_events_have(rule: ShippedRule) -> None:
    event = next(event for _, event, one in told() if one is rule)

    assert key_of(event, rule.dedup_by) in {f'["{EVENT_ID}"]', f'["{FINDING_ID}"]', f'["{QUEUE}"]'}
    assert key_of(event, rule.order_by) == key_of(event, rule.dedup_by)
    assert key_of(event, rule.group_by) == f'["{ACCOUNT}"]'


def test_what_resolves_has_the_key_of_what_it_resolves() -> None:
    opened, closed = found(), found("RESOLVED", "RESOLVED")

    assert [rule.name for rule in shipped_rules() if rule.is_resolution] == [
        "finding-resolved",
        "credential-finding-resolved",
    ]
    assert key_of(opened, rule_named("finding-new").dedup_by) == key_of(closed, rule_named("finding-resolved").dedup_by)


def test_a_key_tells_what_is_missing_from_what_is_elsewhere() -> None:
    assert key_of({"a": {"b": "x", "n": 3}}, ("a.b", "a.n", "a", "z.z")) == '["x", "3", "", ""]'
    assert key_of({"a": "x"}, ("a", "b")) != key_of({"b": "x"}, ("a", "b"))
    assert len(key_of({"a": "\ud800" * 10_000}, ("a",))) < 2_000


def test_many_of_a_rule_are_counted_in_its_words() -> None:
    rule = rule_named("access-key-created")
    entry = describe(created_key(), "{}", Template("t", rule.words["en"].texts), Wording())

    told_in = {
        language: gather(
            [entry] * 10,
            title=rule.words[language].about,
            language=language,
            gathered=rule.words[language].gathered,
        )
        for language in LANGUAGES
    }

    assert told_in == {"en": ("10 access keys made",), "ja": ("アクセスキーが 10 個作成されました",)}


@pytest.mark.parametrize(
    ("event", "english", "japanese"),
    [
        (created_key(), "alice called CreateAccessKey on bob", "alice が bob に対して CreateAccessKey を実行しました"),
        (
            call("ListBuckets", "s3", errorCode="AccessDenied"),
            "alice called ListBuckets on account 111122223333, and was refused",
            "alice がアカウント 111122223333 に対して ListBuckets を実行しようとして拒否されました",
        ),
        (found_credential(), "IAM user ci: CRED-KEY-UNUSED", "IAM ユーザー ci: CRED-KEY-UNUSED"),
        ({"detail-type": "Scheduled Event", "detail": {}}, "Scheduled Event", "Scheduled Event"),
        ({}, "unknown", "不明"),
    ],
)
def test_a_rule_without_a_template_says_what_happened(event: dict[str, Any], english: str, japanese: str) -> None:
    titles = [
        written(describe(event, "{}", Template("d", default_texts(language)), Wording(language=language)).title)
        for language in LANGUAGES
    ]

    assert titles == [english, japanese]


def test_there_is_no_template_in_a_language_that_nobody_wrote() -> None:
    with pytest.raises(LanguageError):
        default_texts("fr")


@pytest.mark.parametrize(("event", "name"), [(event, name) for event, name, _ in EVENTS.values()], ids=EVENTS)
def test_what_a_rule_tells_of_a_call_is_what_is_deployed_lets_in(event: Mapping[str, Any], name: str) -> None:
    is_call = "CloudTrail" in event["detail-type"]
    if not name or not is_call:
        return

    assert any(matches(pattern, event) for pattern in PATTERNS.values())
    assert matches(FORWARDED, event)
