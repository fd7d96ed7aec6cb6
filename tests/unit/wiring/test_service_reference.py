"""AWS's Service Reference as a file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.service_reference import Publisher, publisher, service
from sekisho.activity.actions import consult
from sekisho.activity.actions.known import has_prefix
from sekisho.activity.errors import ServiceReferenceError
from sekisho.collectors.errors import CollectError
from sekisho.wiring import service_reference
from sekisho.wiring.service_reference import FILE_NAME, find_reference, read_reference, update_reference, use_reference

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def place() -> Iterator[Publisher]:
    with publisher() as found:
        found.publish({"frobnicate": service("frobnicate", ("TurnThing",))})
        yield found
    consult(None)


def test_it_is_kept_and_used(place: Publisher, tmp_path: Path) -> None:
    file = update_reference(tmp_path / "a" / "b", place.base, NOW)

    assert file == find_reference(tmp_path / "a" / "b")
    assert [one.name for one in file.parent.iterdir()] == [FILE_NAME]
    assert use_reference(file) == read_reference(file)
    assert has_prefix("frobnicate")
    assert use_reference(None) is None
    assert not has_prefix("frobnicate")


def test_what_was_there_stays_when_another_cannot_be_had(place: Publisher, tmp_path: Path) -> None:
    file = update_reference(tmp_path, place.base, NOW)
    before = file.read_bytes()
    place.files["/v1/frobnicate/frobnicate.json"] = b'{"Actions": ['

    with pytest.raises(CollectError):
        update_reference(tmp_path, place.base, NOW)
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [FILE_NAME]


def test_nothing_is_left_of_one_that_cannot_be_written(
    place: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, __: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    with pytest.raises(OSError, match="No space left"):
        update_reference(tmp_path, place.base, NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_one_is_an_error_where_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_reference, "user_cache_path", lambda _: tmp_path)

    assert find_reference(None) is None
    with pytest.raises(ServiceReferenceError, match=f"sekisho service-reference update --service-reference {tmp_path}"):
        find_reference(tmp_path)


def test_a_damaged_file_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b'{"fetched": "2026-')

    with pytest.raises(ServiceReferenceError, match="delete it, or fetch it again"):
        use_reference(find_reference(tmp_path))
