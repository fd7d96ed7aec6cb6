# ruff: noqa: RUF001 - Japanese has parentheses of its own
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alert_events import (
    ACCOUNT,
    BUCKET,
    CAUSE,
    EVENT_ID,
    FINDING_ID,
    PARTNER,
    ROOT,
    call,
    created_key,
    found,
    found_credential,
    found_public,
    role,
    sign_in,
)
from sekisho.alerts.message import Entry, Moment, Text
from sekisho.alerts.messages import (
    LanguageError,
    Template,
    Texts,
    TimeZoneError,
    Wording,
    Written,
    as_written,
    describe,
    gather,
)
from sekisho.alerts.messages.findings import name_of_resource
from sekisho.analyzers.observation import Severity

RECORDS = Path(__file__).parents[3] / "recorded" / "cloudtrail" / "records.jsonl"
AT = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)
TEMPLATE = Template("t", Texts("{{ who }} → {{ whom }}", "{{ event_name }}", "{{ severity }}"))
ACCOUNTS = {ACCOUNT: "production", "444455556666": "partner"}
WORDING = Wording(accounts=ACCOUNTS, console_url="https://sekisho.example/console", severity=Severity.HIGH)


def told(event: dict[str, Any], template: Template | Written = TEMPLATE, **options: Any) -> Entry:
    return describe(event, json.dumps(event), template, msgspec.structs.replace(WORDING, **options))


def written(text: Text) -> str:
    return "".join("<moment>" if isinstance(piece, Moment) else piece for piece in text)


def facts(entry: Entry) -> dict[str, str]:
    return {fact.label: written(fact.value) for fact in entry.facts}


def links(entry: Entry) -> dict[str, str]:
    return {link.label: link.url for link in entry.links}


def test_an_entry_tells_a_call() -> None:
    event = created_key(identity=role(sourceIdentity="anna"), sessionCredentialFromConsole="true")

    entry = told(event)

    assert entry.event_id == EVENT_ID
    assert entry.at == AT
    assert written(entry.title) == "anna (role Admin, session build-7) → bob"
    assert written(entry.text) == "CreateAccessKey"
    assert written(entry.advice) == "high"
    assert facts(entry) == {
        "Who": "anna (role Admin, session build-7)",
        "Whom": "bob",
        "Access key": "AKIAEXAMPLEBOB000002",
        "From": "203.0.113.7, console",
        "When": "<moment>",
        "Account": f"production ({ACCOUNT})",
        "Region": "us-east-1",
        "Event": "CreateAccessKey (iam.amazonaws.com)",
        "User agent": "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux",
    }
    assert links(entry) == {
        "User in IAM": "https://console.aws.amazon.com/iam/home#/users/details/bob?section=security_credentials",
        "Event in CloudTrail": (
            f"https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/{EVENT_ID}"
        ),
    }
    assert json.loads(entry.envelope) == event


def test_an_entry_tells_a_call_in_japanese() -> None:
    entry = told(created_key(), language="ja")

    assert facts(entry) == {
        "実行者": "alice",
        "対象": "bob",
        "アクセスキー": "AKIAEXAMPLEBOB000002",
        "アクセス元": "203.0.113.7、コマンドライン",
        "日時": "<moment>",
        "アカウント": f"production（{ACCOUNT}）",
        "リージョン": "us-east-1",
        "イベント": "CreateAccessKey (iam.amazonaws.com)",
        "ユーザーエージェント": "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux",
    }
    assert list(links(entry)) == ["IAM でユーザーを開く", "CloudTrail でイベントを開く"]


def test_an_account_without_a_name_is_its_id() -> None:
    assert facts(told(created_key(), accounts={}))["Account"] == ACCOUNT


def test_a_call_that_was_refused_says_why() -> None:
    event = call("StopLogging", "cloudtrail", errorCode="AccessDenied", errorMessage="User: x\nis not authorized")

    assert facts(told(event))["Error"] == "AccessDenied: User: x is not authorized"


def test_a_sign_in_says_whether_mfa_was_used() -> None:
    assert facts(told(sign_in(ROOT, mfa="Yes")))["MFA"] == "yes"
    assert facts(told(sign_in(ROOT)))["MFA"] == "no"
    assert facts(told(sign_in(ROOT)))["From"] == "203.0.113.7, console"
    assert facts(told(sign_in(ROOT, "Failure")))["Error"] == "Failure"


def test_nothing_is_said_of_the_mfa_of_the_federated_which_the_record_does_not_know() -> None:
    assert "MFA" not in facts(told(sign_in(role("AWSReservedSSO_Admin_0123456789abcdef", "anna@example.com"))))
    assert "MFA" not in facts(told(call("X", identity=role())))
    assert facts(told(call("X", identity=role(attributes={"mfaAuthenticated": "true"}))))["MFA"] == "yes"


def test_a_service_that_calls_is_no_command_line() -> None:
    event = call("PutRule", "events", sourceIPAddress="cloudformation.amazonaws.com", userAgent="cloudformation")

    assert facts(told(event))["From"] == "cloudformation.amazonaws.com, AWS service"


def test_what_stands_twice_is_told_once() -> None:
    event = call("AttachRolePolicy", requestParameters={"roleName": "App", "policyArn": "arn:aws:iam::aws:policy/P"})

    assert {
        name: told(event) and text for name, text in facts(told(event)).items() if name in {"Whom", "Role", "Policy"}
    } == {
        "Whom": "App",
        "Policy": "arn:aws:iam::aws:policy/P",
    }


@pytest.mark.parametrize(
    ("event", "label", "start"),
    [
        pytest.param(
            call("UpdateAssumeRolePolicy", requestParameters={"roleName": "App"}),
            "Role in IAM",
            "https://console.aws.amazon.com/iam/home#/roles/details/App",
            id="a role",
        ),
        pytest.param(
            call("PutBucketPolicy", "s3", requestParameters={"bucketName": "reports"}, awsRegion="cn-north-1"),
            "Resource in the AWS console",
            "https://cn-north-1.console.amazonaws.cn/s3/buckets/reports?",
            id="a bucket in China",
        ),
        pytest.param(
            call(
                "PutKeyPolicy",
                "kms",
                awsRegion="us-gov-west-1",
                resources=[{"ARN": f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/12ab"}],
            ),
            "Resource in the AWS console",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/kms/home",
            id="a key in GovCloud",
        ),
    ],
)
def test_what_a_call_was_made_on_has_a_link(event: dict[str, Any], label: str, start: str) -> None:
    assert links(told(event))[label].startswith(start)


def test_an_entry_tells_a_finding_and_which_call_opened_it() -> None:
    entry = told(found(sekisho={"cause": CAUSE}, condition={"aws:SourceVpc": "vpc-1"}))

    assert written(entry.title) == "Admin (session anna@example.com) → reports"
    assert facts(entry) == {
        "Who": "Admin (session anna@example.com)",
        "Caused by": "PutBucketPolicy, <moment>",
        "Resource": BUCKET,
        "Principal": f"{PARTNER} (partner)",
        "Action": "s3:GetObject, s3:ListBucket",
        "Condition": "aws:SourceVpc = vpc-1",
        "Public": "no",
        "Because": "BucketPolicy Statement[1].Principal (Partner)",
        "Witness": f"{PARTNER} (partner) → s3:GetObject {BUCKET}/example (aws:SecureTransport = true)",
        "When": "<moment>",
        "Account": f"production ({ACCOUNT})",
        "Region": "eu-central-1",
        "Finding": FINDING_ID,
    }
    assert links(entry) == {
        "Finding in Sekisho": f"https://sekisho.example/console/findings/{FINDING_ID}",
        "Resource in the AWS console": (
            "https://eu-central-1.console.aws.amazon.com/s3/buckets/reports?tab=permissions&region=eu-central-1"
        ),
        "Event in CloudTrail": (
            f"https://eu-central-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-central-1#/events/{EVENT_ID}"
        ),
    }


def test_a_call_of_iam_is_shown_where_iam_is_recorded() -> None:
    cause = CAUSE | {"eventName": "UpdateAssumeRolePolicy", "eventSource": "iam.amazonaws.com"}

    assert "region=us-east-1" in links(told(found(sekisho={"cause": cause})))["Event in CloudTrail"]


def test_a_cause_may_have_the_identity_of_a_record() -> None:
    assert facts(told(found(sekisho={"cause": CAUSE | {"principal": role(sourceIdentity="anna")}})))["Who"] == (
        "anna (role Admin, session build-7)"
    )


def test_anyone_is_called_so() -> None:
    told_in = {language: facts(told(found_public(), language=language)) for language in ("en", "ja")}

    assert told_in["en"]["Principal"] == "anyone"
    assert told_in["en"]["Witness"] == f"anyone → s3:GetObject {BUCKET}/example"
    assert told_in["en"]["Public"] == "yes"
    assert told_in["ja"]["プリンシパル"] == "誰でも"
    assert told_in["ja"]["パブリック"] == "はい"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"AWS": "444455556666"}, "partner (444455556666)"),
        ({"AWS": "arn:aws:iam::777788889999:root"}, "account 777788889999"),
        ({"Federated": "cognito-identity.amazonaws.com"}, "cognito-identity.amazonaws.com"),
        ({"CanonicalUser": "79a59df9"}, "79a59df9"),
        ({}, None),
        ({"AWS": 7}, "7"),
    ],
)
def test_who_gets_in_is_named(principal: dict[str, Any], expected: str | None) -> None:
    assert facts(told(found(principal=principal))).get("Principal") == expected


def test_many_actions_are_counted() -> None:
    entry = told(found(action=[f"s3:Action{number}" for number in range(40)]))

    assert facts(entry)["Action"] == "s3:Action0, s3:Action1, s3:Action2, s3:Action3, s3:Action4 and 35 more"


def test_a_finding_on_a_credential_tells_its_check() -> None:
    entry = told(found_credential())

    assert facts(entry) == {
        "Resource": f"arn:aws:iam::{ACCOUNT}:user/build/ci",
        "When": "<moment>",
        "Account": f"production ({ACCOUNT})",
        "Region": "us-east-1",
        "Finding": f"CRED-KEY-UNUSED {FINDING_ID}",
    }


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:s3:::reports", "reports"),
        ("arn:aws:iam::111122223333:role/team/App", "App"),
        ("arn:aws:kms:eu-west-1:111122223333:key/12ab", "12ab"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:f", "f"),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/main-AbCdEf", "db/main-AbCdEf"),
        ("arn:aws:ecr:eu-west-1:111122223333:repository/a/b", "a/b"),
        ("arn:aws:sqs:eu-west-1:111122223333:key", "key"),
        ("arn:aws:iam::111122223333:root", "root"),
        ("no ARN", "no ARN"),
    ],
)
def test_a_resource_is_called_by_its_name(arn: str, expected: str) -> None:
    assert name_of_resource(arn) == expected


def test_a_template_that_fails_leaves_a_title_and_says_so() -> None:
    fails = Template("keys", Texts("{% for a, b in detail.additionalEventData %}{{ a }}{% endfor %}", "text"))
    event = sign_in(ROOT)

    entry = told(event, fails)

    assert written(entry.title) == "ConsoleLogin by root"
    assert entry.text == ()
    assert facts(entry)["Template failed"].startswith("template `keys`, title, line 1: too many values to unpack")
    assert facts(entry)["Who"] == "root"
    assert written(told(event, fails, language="ja").title) == "root ユーザー による ConsoleLogin"


def test_an_empty_title_is_made_up_for() -> None:
    assert written(told({}, Template("t", Texts(""))).title) == "unknown"
    assert written(told({}, Template("t", Texts("")), title="The rule").title) == "The rule"
    assert written(told({"detail-type": "Scheduled Event"}, Template("t", Texts(""))).title) == "Scheduled Event"


def test_what_was_written_elsewhere_is_made_safe_as_well() -> None:
    entry = told(created_key(), as_written("a\nb\u202e\x00", "line 1\r\nline\x1b2\n\n\n\nline 3", "x" * 10_000))

    assert entry.title == (r"a b\u202e\x00",)
    assert entry.text == ("line 1\nline\\x1b2\n\nline 3",)
    assert len(written(entry.advice)) == 1_500
    assert told(created_key(), as_written("")).title == ("CreateAccessKey by alice",)


def test_how_it_came_in_is_known_better() -> None:
    late = datetime(2026, 11, 21, tzinfo=UTC)

    entry = describe({}, "{}", TEMPLATE, WORDING, event_id="abc", at=late)

    assert (entry.event_id, entry.at) == ("abc", late)
    assert facts(entry)["When"] == "<moment>"


def test_an_event_that_says_nothing_has_an_entry_all_the_same() -> None:
    entry = describe({}, "{}", TEMPLATE, WORDING)

    assert entry.at == datetime(1970, 1, 1, tzinfo=UTC)
    assert entry.facts == ()
    assert len(entry.event_id) == 64
    assert entry.event_id != describe({}, "[]", TEMPLATE, WORDING).event_id


def test_a_language_or_zone_that_is_none_is_told_at_once() -> None:
    with pytest.raises(LanguageError):
        told({}, language="fr")
    with pytest.raises(TimeZoneError):
        told({}, timezone="Asia/Tokio")


def test_secrets_of_a_record_stay_in_it() -> None:
    credentials = {"accessKeyId": "ASIA1", "secretAccessKey": "wJalrXUtnFEMI", "sessionToken": "FwoGZXIvYXdz"}
    event = call("AssumeRole", "sts", responseElements={"credentials": credentials})

    entry = told(event, Template("t", Texts("{{ detail.responseElements }}", "{{ event | json }}", "{{ detail }}")))

    shown = msgspec.json.encode(msgspec.structs.replace(entry, envelope="")).decode()
    assert "ASIA1" in shown
    assert "wJalr" not in shown
    assert "FwoG" not in shown


def test_the_title_of_one_is_its_own_and_that_of_many_counts_them() -> None:
    entry = told(created_key())

    assert gather([entry], title="Access key made", language="en") == entry.title
    assert gather([entry] * 10, title="Access key made", language="en", gathered="{count} access keys made") == (
        "10 access keys made",
    )
    assert gather([entry] * 10, title="Access key made", language="en") == ("10 × Access key made",)
    assert gather([entry] * 10, title="キーの作成", language="ja") == ("キーの作成 × 10",)
    assert gather([entry], title="A", language="en", omitted=1_999) == ("2,000 × A",)
    assert gather([entry] * 2, title="{x} {0.__class__}", language="en") == ("2 × {x} {0.__class__}",)


def test_every_published_record_has_an_entry_with_who_and_when() -> None:
    for line in RECORDS.read_text("utf-8").splitlines():
        detail = json.loads(line)["detail"]
        event = {"detail-type": "AWS API Call via CloudTrail", "source": "aws.x", "detail": detail}

        entry = told(event)

        assert {"Who", "When", "Account", "Region", "Event"} <= facts(entry).keys()
        assert entry.event_id == detail["eventID"]
        assert "Event in CloudTrail" in links(entry)
