import csv
import io
import json
import stat
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from sekisho.cli.commands import ROLES, sekisho
from sekisho.cli.failures import exit_status
from sekisho.cli.keys import COLUMNS, key_document, render_keys
from sekisho.cli.status import ExitStatus
from sekisho.keys import KeyRing, Role, Secret
from sekisho.wiring import open_key_store, read_master_key
from unit.keys.builders import FIRST, SECOND, TUESDAY, access_key

MASTER = b64encode(bytes(32)).decode()

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("SEKISHO_SECRET_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "sekisho"


@pytest.fixture
def run(folder: Path) -> Run:
    del folder  # it is where the program writes

    def run(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(sekisho, ["keys", *arguments], env=environment, standalone_mode=False)

    return run


def answer(result: Result) -> str:
    assert result.exception is None, result.exception
    assert result.return_value is ExitStatus.DONE
    return result.stdout


def exported(text: str) -> dict[str, str]:
    return dict(line.removeprefix("export ").split("=", 1) for line in text.splitlines())


def refusal(result: Result, status: ExitStatus) -> str:
    error = result.exception
    assert isinstance(error, Exception)
    assert (ExitStatus.USAGE if isinstance(error, click.UsageError) else exit_status(error)) is status
    assert result.stdout == ""
    assert "\n" not in str(error)
    return str(error)


def issued(run: Run, *arguments: str) -> dict[str, str]:
    key: dict[str, str] = json.loads(answer(run("create", "--format", "json", *arguments)))
    return key


def test_the_roles_are_those_of_the_keys() -> None:
    assert [role.value for role in Role] == list(ROLES)


def test_create_prints_what_a_shell_needs_and_tells_the_rest_beside_it(run: Run, folder: Path) -> None:
    result = run("create", "--role", "Operator", "--description", "deployment")

    environment = exported(answer(result))
    key_id, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    assert list(environment.items())[2:] == [
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL_ACCESSANALYZER", "http://127.0.0.1:8087"),
    ]
    assert f"made access key {key_id}, role operator (deployment)" in result.stderr
    assert f"`{folder / 'secret.key'}`; keep a copy" in result.stderr.replace("\n", " ")
    assert secret not in result.stderr
    with open_key_store(None) as store:
        found = KeyRing(store, read_master_key(None)).find(key_id)
    assert found is not None
    assert (found.key.role, found.key.description, found.secret) == (Role.OPERATOR, "deployment", Secret(secret))
    assert abs((datetime.now(UTC) - found.key.created_at).total_seconds()) < 60


def test_a_key_that_nobody_asked_more_of_is_a_readers(run: Run) -> None:
    assert issued(run)["role"] == "reader"


@pytest.mark.parametrize("output_format", ["json", "jsonl"])
def test_create_gives_programs_one_object(run: Run, output_format: str) -> None:
    key = json.loads(answer(run("create", "--role", "admin", "--format", output_format)))

    assert set(key) == {"accessKeyId", "secretAccessKey", "role", "status", "description", "createdAt"}
    assert (key["role"], key["status"], len(key["secretAccessKey"])) == ("admin", "ACTIVE", 40)


def test_create_writes_no_secret_into_a_spreadsheet_and_makes_nothing(run: Run, folder: Path) -> None:
    assert "use --format table or json" in refusal(run("create", "--format", "csv"), ExitStatus.USAGE)
    assert not folder.exists()


def test_only_the_first_key_tells_where_secrets_are_kept(run: Run) -> None:
    assert "keep a copy" in run("create").stderr
    assert "keep a copy" not in run("create").stderr


def test_the_secret_key_may_come_from_the_environment_or_from_a_named_file(run: Run, folder: Path) -> None:
    answer(run("create", "--db", "one.db", SEKISHO_SECRET_KEY=MASTER))
    answer(run("create", "--db", "two.db", "--secret-key-file", "named.key"))
    answer(run("create", "--db", "two.db", SEKISHO_SECRET_KEY_FILE="named.key"))
    Path("sekisho.toml").write_text('db = "two.db"\nsecret-key-file = "named.key"\n')
    answer(run("create"))

    assert not (folder / "secret.key").exists()
    assert stat.S_IMODE(Path("named.key").stat().st_mode) == 0o600


def test_a_secret_key_that_is_lost_is_not_made_again_while_keys_count(run: Run, folder: Path) -> None:
    first = issued(run)
    (folder / "secret.key").unlink()

    assert "put it back" in refusal(run("create"), ExitStatus.FAILED)
    assert not (folder / "secret.key").exists()

    answer(run("revoke", first["accessKeyId"]))
    issued(run)


def test_another_secret_key_is_refused_with_the_remedy(run: Run) -> None:
    first = issued(run)

    said = refusal(run("create", SEKISHO_SECRET_KEY=MASTER), ExitStatus.FAILED)

    assert first["accessKeyId"] in said
    assert "give the key it was made with in SEKISHO_SECRET_KEY or --secret-key-file" in said


def test_a_description_that_is_none_is_a_matter_of_usage(run: Run) -> None:
    refusal(run("create", "--description", "two\nlines"), ExitStatus.USAGE)


def test_list_shows_every_key_and_no_secret(run: Run, folder: Path) -> None:
    keys = [issued(run, "--description", "=one"), issued(run, "--role", "admin")]
    answer(run("revoke", keys[0]["accessKeyId"]))

    answers = {name: answer(run("list", "--format", name)) for name in ("table", "json", "jsonl", "csv")}

    rows = json.loads(answers["json"])
    assert [json.loads(line) for line in answers["jsonl"].splitlines()] == rows
    assert [(row["accessKeyId"], row["status"]) for row in rows] == [
        (keys[0]["accessKeyId"], "REVOKED"),
        (keys[1]["accessKeyId"], "ACTIVE"),
    ]
    records = list(csv.DictReader(io.StringIO(answers["csv"])))
    assert [record["description"] for record in records] == ["'=one", ""]
    material = (folder / "secret.key").read_text().strip()
    for text in answers.values():
        assert all(key["accessKeyId"] in text for key in keys)
        assert not any(key["secretAccessKey"] in text for key in keys)
        assert material not in text


def test_neither_a_secret_nor_the_secret_key_is_in_the_database(run: Run, folder: Path) -> None:
    key = issued(run)

    stored = b"".join(path.read_bytes() for path in folder.glob("findings.db*"))

    assert key["accessKeyId"].encode() in stored
    assert key["secretAccessKey"].encode() not in stored
    assert (folder / "secret.key").read_bytes().strip() not in stored


def test_no_keys_are_told_as_such(run: Run, folder: Path) -> None:
    assert answer(run("list")) == "No access keys; `sekisho keys create` makes one.\n"
    assert answer(run("list", "--format", "json")) == "[]\n"
    assert answer(run("list", "--format", "jsonl")) == ""
    assert not (folder / "secret.key").exists()


def test_revoke_says_what_it_did_and_twice_is_no_error(run: Run) -> None:
    key = issued(run, "--description", "deployment")["accessKeyId"]

    first, second = answer(run("revoke", key[:12].lower())), answer(run("revoke", key))

    assert first.startswith(f"revoked access key {key}, role reader (deployment);")
    assert second.startswith(f"access key {key}, role reader (deployment), was revoked already, at 20")
    with open_key_store(None) as store:
        assert KeyRing(store, read_master_key(None)).find(key) is None


def test_revoke_needs_no_secret_key(run: Run, folder: Path) -> None:
    key = issued(run)["accessKeyId"]
    (folder / "secret.key").unlink()

    answer(run("revoke", key))


@pytest.mark.parametrize("prefix", ["", "AKIA", "SEKI%"])
def test_revoke_of_what_is_no_key_revokes_nothing(run: Run, prefix: str) -> None:
    issued(run)

    assert "keys list" in refusal(run("revoke", prefix), ExitStatus.USAGE)
    assert json.loads(answer(run("list", "--format", "json")))[0]["status"] == "ACTIVE"


def test_revoke_of_what_several_keys_begin_with_revokes_none(run: Run) -> None:
    keys = [issued(run)["accessKeyId"] for _ in range(2)]

    said = refusal(run("revoke", "SEKI"), ExitStatus.USAGE)

    assert all(key in said for key in keys)
    assert "REVOKED" not in answer(run("list", "--format", "json"))


def test_csv_has_a_column_for_every_member() -> None:
    assert tuple(key_document(access_key(revoked_at=TUESDAY))) == COLUMNS


@pytest.mark.parametrize("width", [30, 80, 160])
def test_the_table_cuts_nothing_and_steers_no_terminal(width: int) -> None:
    words = " ".join(f"word{number}" for number in range(40))
    keys = [access_key(FIRST, description=words), access_key(SECOND, description="\x1b[31m\u202e", revoked_at=TUESDAY)]
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)

    with console.capture() as captured:
        console.print(render_keys(keys))

    letters = "".join(captured.get().split())
    assert "\x1b" not in letters
    assert "\u202e" not in letters
    assert "…" not in letters
    assert max(map(len, captured.get().splitlines())) <= width
