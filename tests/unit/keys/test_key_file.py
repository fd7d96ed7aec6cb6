import os
import stat
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from sekisho.keys import MasterKey, SecretKeyError, default_key_file, load_master_key, seal, unseal
from unit.keys.builders import SECRET, access_key

TEXT = b64encode(bytes(range(32))).decode()
KEY = access_key()

CHILD = """
import sys, time
from pathlib import Path
from sekisho.keys import load_master_key, seal
from unit.keys.builders import SECRET, access_key

print("ready", flush=True)
sys.stdin.readline()
master = load_master_key(None, Path(sys.argv[1]), may_make=True)
print(seal(SECRET, key=access_key(), under=master).hex())
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "sekisho"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    path.write_text(TEXT + "\n")
    path.chmod(0o600)
    return path


def agree(one: MasterKey, other: MasterKey) -> bool:
    return unseal(seal(SECRET, key=KEY, under=one), key=KEY, under=other) == SECRET


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_default_file_is_made_once_for_its_owners_eyes_only(state: Path) -> None:
    made = load_master_key(None, None, may_make=True)

    assert default_key_file() == state / "secret.key"
    assert (mode(state), mode(state / "secret.key")) == (0o700, 0o600)
    assert agree(made, load_master_key(None, None))
    assert agree(made, load_master_key(None, None, may_make=True))
    assert [path.name for path in state.iterdir()] == ["secret.key"]


def test_a_mask_that_hides_nothing_makes_the_file_no_more_open(state: Path) -> None:
    before = os.umask(0)
    try:
        load_master_key(None, None, may_make=True)
    finally:
        os.umask(before)

    assert mode(state / "secret.key") == 0o600


def test_a_named_file_is_made_too_where_its_folder_is_there(tmp_path: Path) -> None:
    made = load_master_key(None, tmp_path / "named.key", may_make=True)

    assert agree(made, load_master_key(None, tmp_path / "named.key"))
    with pytest.raises(SecretKeyError, match=r"cannot use .*no/named\.key`: No such file or directory; name another"):
        load_master_key(None, tmp_path / "no" / "named.key", may_make=True)


@pytest.mark.usefixtures("state")
def test_no_two_files_hold_the_same_key(tmp_path: Path) -> None:
    one = load_master_key(None, None, may_make=True)

    with pytest.raises(SecretKeyError):
        agree(one, load_master_key(None, tmp_path / "named.key", may_make=True))


def test_without_leave_to_make_one_a_missing_file_is_told_with_the_remedy(state: Path) -> None:
    with pytest.raises(SecretKeyError, match=r"no secret key at .*secret\.key`; put it back.*`sekisho keys create`"):
        load_master_key(None, None)

    assert not state.exists()


def test_a_key_that_was_made_by_hand_is_read(file: Path) -> None:
    assert agree(load_master_key(None, file), load_master_key(TEXT, None))


def test_the_variable_needs_no_file_and_makes_none(state: Path) -> None:
    load_master_key(TEXT, None, may_make=True)

    assert not state.exists()


def test_an_empty_variable_is_none(file: Path) -> None:
    assert load_master_key("", file).source == f"the file `{file}`"


def test_the_variable_and_a_named_file_are_one_too_many(file: Path) -> None:
    with pytest.raises(SecretKeyError, match="SEKISHO_SECRET_KEY is set and a secret key file is named; leave one out"):
        load_master_key(TEXT, file)


@pytest.mark.parametrize("variable", ["secret", "\udcff", "関所"])
def test_a_variable_that_holds_no_key_is_told_and_not_repeated(variable: str) -> None:
    with pytest.raises(SecretKeyError, match=r"^SEKISHO_SECRET_KEY does not hold a secret key") as caught:
        load_master_key(variable, None)

    assert f"`{variable}`" not in str(caught.value)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666, 0o777])
def test_a_file_that_others_may_use_is_refused(file: Path, bits: int) -> None:
    file.chmod(bits)

    for may_make in (False, True):
        with pytest.raises(SecretKeyError, match=rf"others than its owner.*`chmod 600 {file}`"):
            load_master_key(None, file, may_make=may_make)


@pytest.mark.parametrize("bits", [0o600, 0o400])
def test_a_file_for_its_owner_alone_is_taken(file: Path, bits: int) -> None:
    file.chmod(bits)

    load_master_key(None, file)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"hunter2", TEXT.encode() * 1000])
def test_a_file_that_holds_no_key_is_told_left_alone_and_not_repeated(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(SecretKeyError, match=rf"^the file `{file}` does not hold a secret key") as caught:
        load_master_key(None, file, may_make=True)

    assert file.read_bytes() == content
    assert "hunter2" not in str(caught.value)


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyError, match="Is a directory; name another"):
        load_master_key(None, tmp_path)


def test_a_faster_process_keeps_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret.key"
    link = os.link

    def late(source: str, target: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        load_master_key(None, target, may_make=True)
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    slower = load_master_key(None, file, may_make=True)

    assert agree(slower, load_master_key(None, file))
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(SecretKeyError, match="No space left on device"):
        load_master_key(None, tmp_path / "secret.key", may_make=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_processes_that_make_the_file_at_once_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    pipe, folder = subprocess.PIPE, Path(__file__).parents[2]
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(file)], stdin=pipe, stdout=pipe, cwd=folder, text=True)
        for _ in range(6)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"

    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    sealed = [bytes.fromhex(child.communicate()[0]) for child in children]

    master = load_master_key(None, file)
    assert [unseal(one, key=KEY, under=master) for one in sealed] == [SECRET] * 6
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
