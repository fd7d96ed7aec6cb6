"""Log files and the digests that vouch for them: what is read, and what is told."""

import gzip
import json
import pickle
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from awscli.customizations.cloudtrail.validation import DigestError, Sha256RSADigestValidator

from digested import BEGIN, BUCKET, REGION, DigestedTrail, public_keys, trail_of
from sekisho.activity import NotARecordFileError
from sekisho.collectors import CollectError
from sekisho.collectors.trails import (
    Integrity,
    KeyFiles,
    LocalFiles,
    LogFile,
    NoKeys,
    PublicKeys,
    Question,
    VerifiedFiles,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(public_keys(0)))
    return KeyFiles.read([file])


def looked_at(
    trail: DigestedTrail,
    folder: Path,
    keys: PublicKeys,
    *,
    below: str = "",
    question: Question | None = None,
    metadata: bool = True,
    now: datetime = NOW,
) -> tuple[Integrity, dict[str, str]]:
    """Return what was found out, and for each log file its content or why it is not read."""
    place = VerifiedFiles(LocalFiles(trail.write(folder / "trail", metadata=metadata) / below), keys, now)
    files = list(place.list(question or Question()))
    reader = pickle.loads(pickle.dumps(place))  # noqa: S301 - our own
    return place.integrity, {file.key: read(reader, file) for file in files}


def read(place: VerifiedFiles, file: LogFile) -> str:
    try:
        return place.read(file).decode()
    except (CollectError, NotARecordFileError) as error:
        return str(error)


def test_a_trail_as_it_was_delivered_is_whole(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of()

    found, files = looked_at(trail, tmp_path, keys)

    assert (found.digests, found.signed, found.agreed) == (5, 5, 5)
    assert found.is_whole
    assert sorted(files) == trail.logs
    assert all('"ListQueues"' in content for content in files.values())


def test_a_changed_log_file_is_not_read(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of()
    trail.objects[trail.logs[2]] = gzip.compress(b'{"Records": []}')

    found, files = looked_at(trail, tmp_path, keys)

    assert files.pop(trail.logs[2]) == "it was changed after its delivery: its SHA-256 is not the one in its digest"
    assert all('"ListQueues"' in content for content in files.values())
    assert found.signed == 5


def test_a_log_file_compressed_anew_is_as_good_as_before(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of()
    trail.objects[trail.logs[2]] = gzip.compress(gzip.decompress(trail.objects[trail.logs[2]]), 1)

    _, files = looked_at(trail, tmp_path, keys)

    assert '"ListQueues"' in files[trail.logs[2]]


def test_a_log_file_with_something_after_its_end_is_not_read(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of()
    trail.objects[trail.logs[2]] += gzip.compress(b'{"Records": []}')

    _, files = looked_at(trail, tmp_path, keys)

    assert "it was changed after its delivery" in files[trail.logs[2]]


@pytest.mark.parametrize("metadata", [True, False], ids=["with its metadata", "in a copy without metadata"])
def test_what_a_changed_digest_names_is_not_read(tmp_path: Path, keys: KeyFiles, *, metadata: bool) -> None:
    trail = trail_of()
    forged = trail.log(1, 9)
    told = trail.told(trail.digests[1])
    told["logFiles"].append({**told["logFiles"][0], "s3Object": forged})
    trail.put_digest(trail.digests[1], told, signed=False)

    found, files = looked_at(trail, tmp_path, keys, metadata=metadata)

    assert [key.partition("trail/")[2] for key in found.faults] == [trail.digests[1]]
    assert not found.is_whole
    assert "the digest that names it does not count: it was changed" in files[forged]
    assert "the digest that names it does not count: it was changed" in files[trail.logs[1]]
    assert '"ListQueues"' in files[trail.logs[0]]


def test_the_last_digest_of_a_chain_is_known_by_its_signature_alone(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of()
    told = trail.told(trail.digests[-1])
    told["logFiles"] = []
    trail.put_digest(trail.digests[-1], told, signed=False)

    found, _ = looked_at(trail, tmp_path, keys)

    assert list(found.faults.values()) == ["its signature is not CloudTrail's: it was changed or forged"]


def test_a_digest_that_is_signed_by_somebody_else_does_not_count(tmp_path: Path, keys: KeyFiles) -> None:
    found, files = looked_at(trail_of(signs=1), tmp_path, keys)

    assert len(found.faults) == 5
    assert all("there is no public key `" in why for why in found.faults.values())
    assert not any("ListQueues" in content for content in files.values())


def test_a_forger_who_borrows_a_fingerprint_is_found_out(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of()
    told = trail.told(trail.digests[-1])
    trail.signs = 1
    trail.put_digest(trail.digests[-1], told)

    found, _ = looked_at(trail, tmp_path, keys)

    assert list(found.faults.values()) == ["its signature is not CloudTrail's: it was changed or forged"]


def test_a_missing_log_file_is_told(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of()
    del trail.objects[trail.logs[3]]

    found, files = looked_at(trail, tmp_path, keys)

    assert [key.partition("trail/")[2] for key in found.missing_files] == [trail.logs[3]]
    assert not found.is_whole
    assert len(files) == 4


def test_a_missing_digest_is_told_and_what_it_named_is_not_read(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of()
    del trail.objects[trail.digests[2]]

    found, files = looked_at(trail, tmp_path, keys)

    assert found.missing_digests == [trail.digests[2]]
    assert not found.is_whole
    assert files[trail.logs[2]] == "no digest names it"


def test_digests_before_the_first_day_are_not_missed(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(40)
    second = (BEGIN + timedelta(days=1)).date()

    found, files = looked_at(trail, tmp_path, keys, question=Question(start=second))

    assert found.is_whole
    assert 0 < found.digests < 40
    assert len(files) == sum(f"/{second:%Y/%m/%d}/" in key for key in trail.logs)


def test_the_digest_of_the_next_day_vouches_for_the_last_hour(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(40)

    found, files = looked_at(trail, tmp_path, keys, question=Question(end=BEGIN.date(), late=timedelta(0)))

    assert found.is_whole
    assert len(files) == sum(f"/{BEGIN:%Y/%m/%d}/" in key for key in trail.logs)
    assert all("ListQueues" in content for content in files.values())


def test_a_time_without_validation_is_a_gap(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(2)
    unnamed = trail.log(5)
    trail.hour(8, starts=True)

    found, files = looked_at(trail, tmp_path, keys)

    assert found.gaps == [
        "111122223333 eu-west-1 trail audit: no digests from 2026-10-01T02:30:00Z to 2026-10-01T08:30:00Z"
    ]
    assert files[unnamed] == "no digest names it"


def test_a_region_without_digests_is_told(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(2)
    trail.region = "us-east-1"
    trail.log(1)

    found, _ = looked_at(trail, tmp_path, keys)

    assert found.without == ["111122223333 us-east-1: 1 log file and no digest"]


def test_a_folder_without_digests_says_what_to_do(tmp_path: Path, keys: KeyFiles) -> None:
    trail = DigestedTrail()
    trail.log(0)

    with pytest.raises(CollectError, match="has no digest files of these days beside its log files; let the trail"):
        looked_at(trail, tmp_path, keys)


def test_a_log_file_of_the_last_hours_waits_for_its_digest(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(3)
    trail.log(3)

    found, files = looked_at(trail, tmp_path, keys, now=BEGIN + timedelta(hours=4))

    assert found.young == 1
    assert found.is_whole
    assert sorted(files) == trail.logs[:3]


def test_digests_of_late_files_are_a_chain_of_their_own(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(3)
    late = [trail.log(1, 7), trail.log(2, 7)]
    for number, key in enumerate(late):
        trail.digest(BEGIN + timedelta(hours=2 + number), [key], late=True)

    found, files = looked_at(trail, tmp_path, keys)

    assert found.is_whole
    assert (found.digests, found.signed) == (5, 5)
    assert all('"ListQueues"' in files[key] for key in late)


def test_a_copy_without_metadata_is_checked_but_for_the_last_digest(tmp_path: Path, keys: KeyFiles) -> None:
    found, files = looked_at(trail_of(), tmp_path, keys, metadata=False)

    assert (found.digests, found.signed) == (5, 4)
    assert "head-object" in next(iter(found.unsigned))
    assert not found.is_whole
    assert all('"ListQueues"' in content for content in files.values())


def test_without_keys_hashes_are_checked_and_it_is_said_that_signatures_are_not(tmp_path: Path) -> None:
    trail = trail_of()
    trail.objects[trail.logs[2]] = gzip.compress(b"{}")
    told = trail.told(trail.digests[0])
    trail.put_digest(trail.digests[0], {**told, "logFiles": []}, signed=False)

    found, files = looked_at(trail, tmp_path, NoKeys())

    assert found.signed == 0
    assert "no public keys were given; name them with --public-keys" in next(iter(found.unsigned))
    assert list(found.faults.values()) == ["it was changed: its SHA-256 is not the one in the digest after it"]
    assert "it was changed after its delivery" in files[trail.logs[2]]
    assert '"ListQueues"' in files[trail.logs[1]]


@pytest.mark.parametrize(
    ("below", "number"),
    [
        pytest.param("AWSLogs", 6, id="above the accounts"),
        pytest.param("AWSLogs/111122223333", 6, id="an account"),
        pytest.param("AWSLogs/111122223333/CloudTrail", 6, id="its log files"),
        pytest.param(f"AWSLogs/111122223333/CloudTrail/{REGION}", 6, id="those of a Region"),
        pytest.param(f"AWSLogs/111122223333/CloudTrail/{REGION}/2026/10/01", 6, id="those of a day"),
    ],
)
def test_digests_are_found_from_wherever_one_begins(tmp_path: Path, keys: KeyFiles, below: str, number: int) -> None:
    found, files = looked_at(trail_of(6), tmp_path, keys, below=below)

    assert found.is_whole, found
    assert found.digests == number
    assert len(files) == 6
    assert all('"ListQueues"' in content for content in files.values())


def test_the_trail_of_an_organization_is_checked_account_by_account(tmp_path: Path, keys: KeyFiles) -> None:
    found, files = looked_at(trail_of(3, organization="o-exampleorgid/"), tmp_path, keys)

    assert found.is_whole
    assert (found.digests, found.signed, len(files)) == (3, 3, 3)


def test_two_trails_in_one_bucket_have_a_chain_each(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(3)
    second = DigestedTrail(trail="second_trail", objects=trail.objects, metadata=trail.metadata)
    logs = [second.log(hour, 5) for hour in range(3)]
    for hour, log in enumerate(logs):
        second.digest(BEGIN + timedelta(hours=hour + 1), [log], starts=not hour)

    found, files = looked_at(trail, tmp_path, keys)

    assert found.is_whole
    assert (found.digests, found.signed, len(files)) == (6, 6, 6)


@pytest.mark.parametrize(
    "content", [b"", b"not gzip", gzip.compress(b"{}", mtime=0), gzip.compress(b"{}", mtime=0)[:-4]]
)
def test_what_is_no_digest_vouches_for_nothing(tmp_path: Path, keys: KeyFiles, content: bytes) -> None:
    trail = trail_of(3)
    trail.objects[trail.digests[1]] = content

    found, files = looked_at(trail, tmp_path, keys)

    assert [why.partition(":")[0] for why in found.faults.values()] == ["it is no digest"]
    assert files[trail.logs[1]] == "no digest names it"


def test_a_digest_that_cannot_be_read_costs_no_other(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(3)
    folder = trail.write(tmp_path / "trail")
    (folder / f"{trail.digests[1]}.head-object.json").write_text("{oops")

    found, files = looked_at(trail, tmp_path, keys, metadata=False)

    assert len(found.faults) == 1
    assert "could not be read as an answer of `aws s3api head-object`" in next(iter(found.faults.values()))
    assert sum("ListQueues" in content for content in files.values()) == 2


def test_a_single_log_file_has_its_digest_too(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(3)

    found, files = looked_at(trail, tmp_path, keys, below=trail.logs[1])

    assert found.is_whole
    assert len(files) == 1
    assert '"ListQueues"' in next(iter(files.values()))


def test_a_digest_in_the_place_of_another_does_not_count(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(3)
    trail.objects[trail.digests[2]] = trail.objects[trail.digests[1]]
    trail.metadata[trail.digests[2]] = trail.metadata[trail.digests[1]]

    found, _ = looked_at(trail, tmp_path, keys)

    assert list(found.faults.values()) == [f"it was moved; it belongs to `{trail.digests[1]}`"]


def test_a_copy_elsewhere_is_as_good(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(3, prefix="some/trail/")
    moved = DigestedTrail(
        objects={key.removeprefix("some/trail/"): content for key, content in trail.objects.items()},
        metadata={key.removeprefix("some/trail/"): told for key, told in trail.metadata.items()},
    )

    found, files = looked_at(moved, tmp_path, keys)

    assert found.is_whole
    assert len(files) == 3


def test_only_days_that_are_asked_for_are_missed(tmp_path: Path, keys: KeyFiles) -> None:
    trail = trail_of(40)
    first, second = (f"/{day:%Y/%m/%d}/" for day in (BEGIN, BEGIN + timedelta(days=1)))
    for key in trail.logs:
        if second in key:
            del trail.objects[key]

    found, _ = looked_at(trail, tmp_path, keys, question=Question(end=date(2026, 10, 1), late=timedelta(0)))

    assert first in "".join(trail.logs)
    assert not found.missing_files


def test_a_file_of_keys_that_has_none_says_so(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"PublicKeyList": [{"Fingerprint": "a", "Value": "bm8ga2V5"}]}')

    with pytest.raises(
        CollectError, match=r"has no public keys: .*; it should be what `aws cloudtrail list-public-keys"
    ):
        KeyFiles.read([file])


# --- AWS's own validator


def aws_says(trail: DigestedTrail, key: str, number: int = 0) -> bool:
    """Ask the AWS CLI's validator whether CloudTrail has signed a digest."""
    told: dict[str, Any] = {
        **trail.told(key),
        "_signature": trail.metadata[key]["signature"],
        "_signature_algorithm": "SHA256withRSA",
    }
    validator: Any = Sha256RSADigestValidator()  # which has no types
    try:
        validator.validate(
            BUCKET, key, public_keys(number)["PublicKeyList"][0]["Value"], told, gzip.decompress(trail.objects[key])
        )
    except DigestError:
        return False
    return True


@pytest.mark.parametrize("spoils", ["nothing", "content", "signature", "key"])
def test_signatures_are_judged_as_the_aws_cli_judges_them(tmp_path: Path, keys: KeyFiles, spoils: str) -> None:
    trail = trail_of(1 if spoils == "key" else 3)
    last = trail.digests[-1]
    if spoils == "content":
        trail.put_digest(last, {**trail.told(last), "logFiles": []}, signed=False)
    elif spoils == "signature":
        trail.metadata[last]["signature"] = trail.metadata[trail.digests[0]]["signature"]
    elif spoils == "key":
        trail.signs = 1
        trail.put_digest(last, trail.told(last))

    found, _ = looked_at(trail, tmp_path, keys)

    ours = {key: not any(fault.endswith(key) for fault in found.faults) for key in trail.digests}
    assert ours == {key: aws_says(trail, key) for key in trail.digests}
    assert all(ours.values()) is (spoils == "nothing")
