"""A trail is what it says: realistic, the same for the same seed, with every trap in it and a truth that fits it."""

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from trails import PLANTED, Trail, make_trail, write_trail
from trails.calls import CALLS
from trails.making import WINDOW
from trails.nobody import NOBODY
from trails.outcomes import UNAUTHENTICATED_CODES
from trails.principals import PRINCIPALS
from trails.services import SERVICES
from trails.world import FRESH, PROD, things

EVENTS = 8_000
FILES = 300

Record = Mapping[str, Any]


@pytest.fixture(scope="module")
def trail() -> Trail:
    return make_trail(7, EVENTS, files=FILES)


def texts(value: Any) -> Iterator[str]:
    """Return all texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for one in value.values() for text in texts(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in texts(one))


def test_the_same_seed_makes_the_same_trail(trail: Trail) -> None:
    assert make_trail(7, EVENTS, files=FILES) == trail
    assert make_trail(8, EVENTS, files=FILES) != trail


def test_files_hold_what_the_trail_in_memory_holds(tmp_path: Path, trail: Trail) -> None:
    truth = write_trail(tmp_path, 7, EVENTS, files=FILES)

    files = sorted(tmp_path.rglob("*.json.gz"))
    written = [
        record for file in files for record in msgspec.json.decode(gzip.decompress(file.read_bytes()))["Records"]
    ]
    assert truth == trail.truth
    assert Counter(map(msgspec.json.encode, written)) == Counter(map(msgspec.json.encode, trail.records))


def test_files_lie_where_cloudtrail_puts_them(tmp_path: Path) -> None:
    write_trail(tmp_path, 7, 500, files=60)

    for file in tmp_path.rglob("*.json.gz"):
        _, account, _, region, year, month, day, name = file.relative_to(tmp_path).parts
        assert name.startswith(f"{account}_CloudTrail_{region}_{year}{month}{day}T")
        for record in msgspec.json.decode(gzip.decompress(file.read_bytes()))["Records"]:
            assert (record["recipientAccountId"], record["awsRegion"]) == (account, region)


def test_writing_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_trail(tmp_path / name, 3, 300, files=30)

    one, two = (
        {file.relative_to(tmp_path / name): file.read_bytes() for file in (tmp_path / name).rglob("*.gz")}
        for name in ("one", "two")
    )
    assert one == two


def test_records_are_as_long_as_real_ones(trail: Trail) -> None:
    size = sum(len(msgspec.json.encode(record)) for record in trail.records) / len(trail.records)

    assert 1_000 <= size <= 1_600


def test_every_call_of_the_catalogue_comes(trail: Trail) -> None:
    told = {(record.get("eventSource"), record.get("eventName")) for record in trail.records}

    assert {(kind.service.source, kind.row.name) for kind in CALLS} <= told


def test_every_principal_and_every_kind_of_nobody_comes(trail: Trail) -> None:
    assert {principal.arn for principal in PRINCIPALS} == trail.truth.counts.keys()
    assert {one.kind for one in NOBODY} | {"second half"} == trail.truth.nobody.keys()


def test_counts_are_of_events_however_often_they_are_delivered(trail: Trail) -> None:
    ids = Counter(record["eventID"] for record in trail.records)
    not_counted = sum(1 for record in unique(trail.records) if not_use(record))

    assert any(count > 1 for count in ids.values())
    assert sum(trail.truth.counts.values()) + not_counted == len(ids)


def unique(records: list[dict[str, Any]]) -> list[Record]:
    """Return each event once."""
    return list({record["eventID"]: record for record in records}.values())


PERHAPS_NOT_AUTHORIZED = (
    {service.denied for service in SERVICES}
    | {service.throttled for service in SERVICES}
    | {*UNAUTHENTICATED_CODES, "ValidationException", "Client.InvalidParameterValue", "Client.AuthFailure"}
)


def not_use(record: Record) -> bool:
    """Say of a record whether it is of nobody, or of a call that may not have been authorized."""
    who = record.get("userIdentity", {})
    issuer = (who.get("sessionContext") or {}).get("sessionIssuer") or {}
    is_ours = (
        who.get("type") in {"AssumedRole", "IAMUser", "FederatedUser"}
        and record["eventType"] == "AwsApiCall"
        and who.get("accountId") == record["recipientAccountId"]
        and ":role/aws-service-role/" not in issuer.get("arn", "")
    )
    return not is_ours or record.get("errorCode") in PERHAPS_NOT_AUTHORIZED


def test_about_one_action_in_twenty_is_only_denied(trail: Trail) -> None:
    denied = sum(map(len, trail.truth.denied_only.values()))
    allowed = sum(len({action for action, _ in pairs}) for pairs in trail.truth.needed.values())

    assert 0.02 <= denied / (denied + allowed) <= 0.15


def test_some_actions_are_denied_first_and_allowed_later(trail: Trail) -> None:
    messages = [record["errorMessage"] for record in trail.records if "perform: " in record.get("errorMessage", "")]
    denied = {message.partition("perform: ")[2].partition(" ")[0] for message in messages}
    never = {action for actions in trail.truth.denied_only.values() for action in actions}

    assert denied - never


def test_nothing_that_is_only_denied_is_needed(trail: Trail) -> None:
    for arn, actions in trail.truth.denied_only.items():
        assert actions.isdisjoint(action for action, _ in trail.truth.needed.get(arn, ()))


def test_roles_are_passed_by_some_and_those_of_traps_by_nobody(trail: Trail) -> None:
    passed = {role for pairs in trail.truth.passed.values() for role, _ in pairs}

    assert len(passed) > 20
    assert not any(trap in role for role in passed for trap in ("grantee", "only-assumed", "target", "named"))


def test_the_role_of_a_profile_with_another_name_is_told_of(trail: Trail) -> None:
    adds = [record for record in trail.records if record.get("eventName") == "AddRoleToInstanceProfile"]
    parameters = {tuple(record["requestParameters"].values()) for record in adds if record["requestParameters"]}

    assert ("edge-profile", "edge-instances") in parameters


def test_every_planted_secret_is_in_the_trail_and_in_no_truth(trail: Trail) -> None:
    told = Counter(text for record in trail.records for text in texts(record) if "lanted" in text or "PLANTED" in text)
    truth = msgspec.json.encode([trail.truth.needed, trail.truth.passed, trail.truth.denied_only]).decode()

    assert set(PLANTED) <= told.keys()
    assert not any(secret in truth for secret in PLANTED)


def test_times_are_in_the_window_and_in_no_order(trail: Trail) -> None:
    times = [record["eventTime"] for record in trail.records]

    assert f"{WINDOW.start:%Y-%m-%d}" <= min(times) <= max(times) < f"{WINDOW.start + WINDOW.length:%Y-%m-%d}"
    assert times != sorted(times)


def test_two_accounts_tell_of_some_events(trail: Trail) -> None:
    pairs = Counter(record.get("sharedEventID") for record in unique(trail.records))
    del pairs[None]

    assert list(pairs.values()).count(2) == trail.truth.nobody["second half"]


def test_a_role_that_was_made_again_has_two_ids(trail: Trail) -> None:
    identities = [record.get("userIdentity", {}) for record in trail.records]
    ids = {who["principalId"].partition(":")[0] for who in identities if "assumed-role/rebuilt/" in who.get("arn", "")}

    assert len(ids) == 2


def test_whatever_fills_a_template_needs_no_escape() -> None:
    rng = Random(1)  # noqa: S311 -- made up
    names = {name for kind in CALLS for name in kind.stable}
    made = [text for name in names for text in things(rng, name, PROD)]
    made += [make(rng) for make in FRESH.values()]

    assert not any(sign in text for text in made for sign in '"\\\n')
