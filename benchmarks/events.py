"""Events put to rules: how many a second, beside a loop over the rules and beside other tools.

Events and rules are made from a seed: CloudTrail events of 1.4 to 3.6 KB as EventBridge delivers them, and the rules
that an account has for them: names of calls, beginnings and ends of names, who, from where, `$or`, what must be absent.
All figures are CPU time of one core. Where no column says otherwise they go from the bytes of an event to the names of
the rules, every event being read anew, as it is when it comes in.

    PYTHONPATH=src python benchmarks/events.py
"""

import argparse
import importlib
import json
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from sekisho.alerts.patterns import Event, Pattern, PatternIndex, matches, parse_event, parse_pattern

GOAL: Final = 20_000
"""Events a second with 100 rules."""

ACCOUNTS: Final = ("111122223333", "444455556666", "777788889999")
REGIONS: Final = ("us-east-1", "eu-west-1", "ap-northeast-1")
CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "iam": (
        *("CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey", "CreateUser", "DeleteUser", "CreateLoginProfile"),
        *(
            "AttachUserPolicy",
            "AttachRolePolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "CreatePolicyVersion",
            "CreateRole",
        ),
        *(
            "UpdateAssumeRolePolicy",
            "DeactivateMFADevice",
            "AddUserToGroup",
            "CreateSAMLProvider",
            "GetUser",
            "ListUsers",
        ),
    ),
    "s3": (
        *("PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "CreateBucket", "DeleteBucket", "GetBucketAcl"),
        *("PutBucketPublicAccessBlock", "PutBucketOwnershipControls", "GetObject", "PutObject", "ListBuckets"),
    ),
    "sts": ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity", "AssumeRoot", "GetSessionToken"),
    "kms": ("PutKeyPolicy", "CreateGrant", "ScheduleKeyDeletion", "Decrypt", "GenerateDataKey", "CreateKey"),
    "lambda": ("AddPermission20150331v2", "CreateFunction20150331", "UpdateFunctionCode20150331v2", "Invoke"),
    "sqs": ("SetQueueAttributes", "CreateQueue", "DeleteQueue", "PurgeQueue", "SendMessage"),
    "ec2": (
        *("RunInstances", "TerminateInstances", "AuthorizeSecurityGroupIngress", "CreateSnapshot", "DescribeInstances"),
        *("ModifySnapshotAttribute", "CreateNetworkInterface", "DescribeSnapshots"),
    ),
    "cloudtrail": ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "LookupEvents"),
    "secretsmanager": ("GetSecretValue", "PutResourcePolicy", "CreateSecret", "DeleteSecret"),
    "signin": ("ConsoleLogin", "SwitchRole", "CheckMfa"),
}
AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


def events(count: int, seed: int) -> Iterator[bytes]:
    """Yield events as EventBridge delivers them."""
    draw = random.Random(seed)
    for number in range(count):
        service = draw.choice([*CALLS])
        yield json.dumps(_event(draw, number, service, draw.choice(CALLS[service])), separators=(",", ":")).encode()


def _event(draw: random.Random, number: int, service: str, call: str) -> dict[str, Any]:
    account, region = draw.choice(ACCOUNTS), draw.choice(REGIONS)
    uuid = f"{draw.getrandbits(32):08x}-1111-4111-8111-{number:012x}"
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(draw, account),
        "eventTime": "2026-11-20T10:11:12Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": call,
        "awsRegion": region,
        "sourceIPAddress": f"{draw.choice((10, 198, 203))}.{draw.randrange(256)}.{draw.randrange(256)}.7",
        "userAgent": draw.choice(
            (AGENT, "aws-cli/2.31.0 md/awscrt#0.28 ua/2.1 os/linux#6.1 md/arch#x86_64", "AWS Internal")
        ),
        "requestParameters": _parameters(draw, account, service),
        "responseElements": None
        if draw.random() < 0.6
        else {"requestId": uuid, "status": "Active", "count": number % 7},
        "requestID": uuid,
        "eventID": uuid[::-1],
        "readOnly": call.startswith(("Get", "List", "Describe")),
        "eventType": "AwsConsoleSignIn" if service == "signin" else "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com",
        },
    }
    if draw.random() < 0.1:
        detail |= {"errorCode": draw.choice(("AccessDenied", "LimitExceeded")), "errorMessage": "not authorized"}
    if draw.random() < 0.3:
        arn = f"arn:aws:{service}:{region}:{account}:thing/{draw.randrange(500)}"
        detail["resources"] = [{"ARN": arn, "accountId": account, "type": f"AWS::{service}::Thing"}]
    kind = "AWS Console Signin via CloudTrail" if service == "signin" else "AWS API Call via CloudTrail"
    return {
        "version": "0",
        "id": uuid,
        "detail-type": kind,
        "source": f"aws.{service}",
        "account": account,
        "time": "2026-11-20T10:11:12Z",
        "region": region,
        "resources": [],
        "detail": detail,
    }


def _identity(draw: random.Random, account: str) -> dict[str, Any]:
    who = draw.random()
    if who < 0.05:
        return {"type": "Root", "principalId": account, "arn": f"arn:aws:iam::{account}:root", "accountId": account}
    name = f"user-{draw.randrange(200)}"
    if who < 0.4:
        arn = f"arn:aws:iam::{account}:user/{name}"
        return {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": arn, "accountId": account, "userName": name}
    role = f"role-{draw.randrange(50)}"
    issuer = {"type": "Role", "principalId": "AROAEXAMPLE", "arn": f"arn:aws:iam::{account}:role/{role}"}
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accountId": account,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": issuer | {"accountId": account, "userName": role},
            "attributes": {"creationDate": "2026-11-20T10:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def _parameters(draw: random.Random, account: str, service: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{draw.choice(ACCOUNTS)}:root"},
        "Action": [f"{service}:Get*", f"{service}:List*"],
        "Resource": f"arn:aws:{service}:::thing-{draw.randrange(99)}",
    }
    document = {"Version": "2012-10-17", "Statement": [statement] * draw.randrange(1, 8)}
    return {
        "userName": f"user-{draw.randrange(200)}",
        "bucketName": f"bucket-{draw.randrange(200)}",
        "roleArn": f"arn:aws:iam::{account}:role/role-{draw.randrange(50)}",
        "policyDocument": json.dumps(document, indent=1),
        "tags": [{"key": "team", "value": f"team-{draw.randrange(9)}"}, {"key": "stage", "value": "prod"}],
    }


def rules(count: int, seed: int) -> dict[str, str]:
    """Return so many patterns, no two for the same thing."""
    draw = random.Random(seed)
    return {f"rule-{number:04}": json.dumps(_pattern(draw, number), separators=(",", ":")) for number in range(count)}


def _pattern(draw: random.Random, number: int) -> dict[str, Any]:
    service = draw.choice([*CALLS])
    calls = draw.sample(CALLS[service], k=min(len(CALLS[service]), draw.randrange(1, 4)))
    detail: dict[str, Any] = {"eventSource": [f"{service}.amazonaws.com"]}
    match number % 10:
        case 0:
            detail["eventName"] = [{"suffix": draw.choice(("Policy", "AccessKey", "Profile"))}, *calls]
        case 1:
            detail["eventName"] = [{"prefix": draw.choice(("Create", "Delete", "Put", "Attach"))}]
            detail["errorCode"] = [{"exists": False}]
        case 2:
            detail = {"userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]}, "eventName": calls}
        case 3:
            detail["sourceIPAddress"] = [{"cidr": f"{draw.choice((198, 203))}.{number % 256}.0.0/16"}]
        case 4:
            other = draw.choice([*CALLS])
            detail = {
                "$or": [detail | {"eventName": calls}, {"eventSource": [f"{other}.amazonaws.com"], "readOnly": [True]}]
            }
            detail["userIdentity"] = {"userName": [f"user-{number % 200}"]}
        case 5:
            detail |= {"eventName": calls, "requestParameters": {"bucketName": [f"bucket-{number % 200}"]}}
        case 6:
            detail["userIdentity"] = {"arn": [{"wildcard": f"arn:aws:sts::*:assumed-role/role-{number % 50}/*"}]}
        case 7:
            detail |= {"eventName": calls, "userIdentity": {"userName": [{"anything-but": [f"user-{number % 200}"]}]}}
        case 8:
            tag = {"key": ["team"], "value": [f"team-{number % 9}"]}
            detail |= {"eventName": calls, "requestParameters": {"tags": tag, "userName": [f"user-{number % 200}"]}}
        case _:
            detail["eventName"] = calls
    pattern: dict[str, Any] = {"detail-type": ["AWS API Call via CloudTrail"], "detail": detail}
    return pattern | ({"account": [draw.choice(ACCOUNTS)]} if draw.random() < 0.3 else {})


def large_event(size: int) -> bytes:
    """Return an event of so many bytes, in which no element of an array has all that `LARGE_PATTERN` asks for."""
    one = {"id": 1_000, "kind": "kind-3", "at": [1.5, 2.25], "text": "x" * 52}
    count = size // (len(json.dumps(one)) + 2)
    items = [one | {"id": number, "kind": f"kind-{number % 7}"} for number in range(count)]
    return json.dumps({"source": "app", "detail": {"items": items}}).encode()


LARGE_PATTERN: Final = json.dumps(
    {
        "source": ["app"],
        "detail": {"items": {"id": [{"numeric": [">=", 0]}], "kind": ["kind-3"], "text": [{"exists": False}]}},
    }
)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to find the names of the rules that match the bytes of an event."""

    name: str
    names: Callable[[bytes], tuple[str, ...]]
    most_pairs: int = sys.maxsize


def ways(patterns: Mapping[str, str]) -> Iterator[Way]:
    """Yield ours, the plain one, and those of others that are installed."""
    ours = {name: parse_pattern(text) for name, text in patterns.items()}
    index = PatternIndex(ours)
    yield Way("index", lambda event: index.matching(parse_event(event)))
    yield Way("loop over `matches`", lambda event: _by_loop(ours, parse_event(event)), most_pairs=200_000)
    if (moto := _installed("moto.events.models")) is not None:
        theirs = {name: moto.EventPattern.load(text) for name, text in patterns.items()}
        yield Way("moto", lambda event: _by_moto(theirs, event), most_pairs=20_000)
    if (ruler := _installed("event_ruler")) is not None:
        yield Way(
            "event-ruler (PyPI)", lambda event: _by_ruler(ruler.test_event_pattern, patterns, event), most_pairs=20_000
        )


def _installed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _by_loop(patterns: Mapping[str, Pattern], event: Event) -> tuple[str, ...]:
    return tuple(name for name, pattern in patterns.items() if matches(pattern, event))


def _by_moto(patterns: Mapping[str, Any], text: bytes) -> tuple[str, ...]:
    event = json.loads(text)
    return tuple(name for name, pattern in patterns.items() if pattern.matches_event(event))


def _by_ruler(ask: Callable[[str, str], bool], patterns: Mapping[str, str], text: bytes) -> tuple[str, ...]:
    event = text.decode()
    return tuple(name for name, pattern in patterns.items() if _says_yes(ask, event, pattern))


def _says_yes(ask: Callable[[str, str], bool], event: str, pattern: str) -> bool:
    """Ask, and take it for a no where the pattern is refused."""
    try:
        return ask(event, pattern)
    except RuntimeError:
        return False


def per_second(work: Callable[[bytes], object], given: Sequence[bytes], rounds: int) -> float:
    """Return how many events a second of CPU time are done, in the best of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        for event in given:
            work(event)
        best = min(best, time.process_time() - begun)
    return len(given) / best


def compare(given: Sequence[bytes], counts: Sequence[int], seed: int, rounds: int) -> Table:
    """Measure every way with so many rules, and count where others answer otherwise."""
    table = Table(title=f"events a second of CPU time, {len(given):,} events, the best of {rounds} rounds")
    for heading in ("rules", "how", "events a second", "µs an event", "index is faster by", "other answers"):
        table.add_column(heading, justify="left" if heading == "how" else "right")
    for count in counts:
        patterns = rules(count, seed)
        fastest = 0.0
        expected: dict[bytes, tuple[str, ...]] = {}
        for way in ways(patterns):
            asked = given[: max(1, way.most_pairs // count)]
            answers = {event: way.names(event) for event in asked}
            expected = expected or answers
            other = sum(answers[event] != expected[event] for event in asked)
            speed = per_second(way.names, asked, rounds)
            fastest = fastest or speed
            table.add_row(
                f"{count:,}", way.name, f"{speed:,.0f}", f"{1e6 / speed:,.1f}", f"{fastest / speed:,.1f}",
                f"{other} of {len(asked):,}",
            )  # fmt: skip
    return table


def parts(given: Sequence[bytes], counts: Sequence[int], seed: int, rounds: int) -> Table:
    """Measure what the index does in parts: reading, matching, one event with all rules, building, memory."""
    table = Table(title="the index in parts")
    for heading in ("rules", "reading, µs", "matching, µs", "longest event, ms", "building, ms", "memory, KB", "goal"):
        table.add_column(heading, justify="right")
    read = [parse_event(event) for event in given]
    reading = 1e6 / per_second(parse_event, given, rounds)
    for count in counts:
        patterns = {name: parse_pattern(text) for name, text in rules(count, seed).items()}
        begun = time.process_time()
        index = PatternIndex(patterns)
        building = time.process_time() - begun
        longest = 0.0
        matching = float("inf")
        for _ in range(rounds):
            taken = [_seconds(index, event) for event in read]
            matching, longest = min(matching, sum(taken) / len(taken)), max(taken)
        met = 1e6 / (reading + matching * 1e6) >= GOAL
        table.add_row(
            f"{count:,}", f"{reading:.1f}", f"{matching * 1e6:.1f}", f"{longest * 1e3:.2f}", f"{building * 1e3:.1f}",
            f"{_kilobytes(patterns):,.0f}", f"{GOAL:,} a second {'met' if met else 'missed'}" if count == 100 else "",
        )  # fmt: skip
    return table


def _seconds(index: PatternIndex, event: Event) -> float:
    begun = time.process_time()
    index.matching(event)
    return time.process_time() - begun


def _kilobytes(patterns: Mapping[str, Pattern]) -> float:
    tracemalloc.start()
    kept = PatternIndex(patterns)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size / 1024 if kept.patterns else 0.0


def large(size: int, rounds: int) -> str:
    """Say how long one large event takes, from its bytes to the answer."""
    text = large_event(size)
    index = PatternIndex({"large": parse_pattern(LARGE_PATTERN)})
    begun = [time.process_time()]
    for _ in range(rounds):
        index.matching(parse_event(text))
        begun.append(time.process_time())
    taken = min(later - earlier for earlier, later in pairwise(begun))
    return f"an event of {len(text):,} bytes, read and matched: {taken * 1e3:.1f} ms"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    given = list(events(options.events, options.seed))
    console = Console(width=None if sys.stdout.isatty() else 130)
    console.print(f"{len(given):,} events of {min(map(len, given)):,} to {max(map(len, given)):,} bytes")
    console.print(compare(given, options.rules, options.seed, options.rounds))
    console.print(parts(given, options.rules, options.seed, options.rounds))
    console.print(large(256 * 1024, options.rounds))


if __name__ == "__main__":
    main(sys.argv[1:])
