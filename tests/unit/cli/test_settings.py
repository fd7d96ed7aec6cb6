from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sekisho.analyzers.observation import Severity
from sekisho.cli.settings import LEVELS, SettingsError, find_settings_file, read_settings, takes


@click.command()
@takes("role-name", "region", "strict", "fail-on")
def command(role_name: str | None, region: tuple[str, ...], *, strict: bool, fail_on: str | None) -> None:
    click.echo(f"{role_name} {','.join(region)} {strict} {fail_on}")


def run(*arguments: str, **environment: str) -> str:
    result = CliRunner().invoke(command, arguments, env=environment, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.strip()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "sekisho.toml"
    file.write_text('role-name = "file"\nregion = ["eu-west-1", "eu-west-2"]\nstrict = true\nfail-on = "HIGH"\n')
    return file


def test_nothing_is_set_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert run() == "None  False None"


@pytest.mark.usefixtures("settings")
def test_an_option_outdoes_the_environment_which_outdoes_the_file() -> None:
    environment = {"SEKISHO_ROLE_NAME": "environment", "SEKISHO_REGION": "us-east-1 us-east-2", "SEKISHO_STRICT": "0"}

    assert run() == "file eu-west-1,eu-west-2 True HIGH"
    assert run(**environment) == "environment us-east-1,us-east-2 False HIGH"
    assert run("--role-name", "option", "--region", "x", "--strict", "--fail-on", "low", **environment) == (
        "option x True LOW"
    )


def test_choices_are_taken_in_any_case(settings: Path) -> None:
    settings.write_text('fail-on = "hIgh"')

    assert run() == "None  False HIGH"


def test_the_file_is_found_upwards_and_may_be_named(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    other = tmp_path / "other.toml"
    other.write_text('role-name = "other"')
    monkeypatch.chdir(folder)

    assert find_settings_file(folder) == settings
    assert run().startswith("file ")
    assert run("--config", str(other)).startswith("other ")
    assert run(SEKISHO_CONFIG=str(other)).startswith("other ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            '\nrole_nam = "x"', "line 2: unknown setting `role_nam`; did you mean `role-name`?", id="misspelt"
        ),
        pytest.param("zzz = 1", "line 1: unknown setting `zzz`", id="unknown"),
        pytest.param("[scan]\nregion = []", "line 1: unknown setting `scan`", id="a table"),
        pytest.param(
            'region = "eu-west-1"', "line 1: `region` must be a list of strings, not `eu-west-1`", id="no list"
        ),
        pytest.param("strict = 1", "line 1: `strict` must be true or false, not `1`", id="no flag"),
        pytest.param("db = true", "line 1: `db` must be a string, not `True`", id="no string"),
        pytest.param('format = "xml"', "`format` is `xml`; it must be one of table, json, jsonl, csv", id="no choice"),
        pytest.param("a b", "sekisho.toml is not TOML: ", id="no TOML"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "sekisho.toml"
    file.write_text(text)

    with pytest.raises(SettingsError) as caught:
        read_settings(file)

    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_named_file_must_exist_and_be_text(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_settings(tmp_path / "missing.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="it is not UTF-8"):
        read_settings(tmp_path / "bytes.toml")


def test_the_levels_are_the_severities_the_worst_first() -> None:
    assert list(LEVELS) == [one.name for one in sorted(Severity, key=lambda one: -one.value)]
