"""Every command that prints findings prints them as a page, and no other does."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from sekisho.cli.commands import sekisho
from sekisho.sample import sample_recording
from unit.cli.test_credentials import ANNA, AS_OF, BUILD, HEADER, ROOT
from unit.cli.test_html import Reading

Ask = Callable[..., Result]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ask with a database of its own."""

    def ask(*arguments: str, text: str = "") -> Result:
        return CliRunner().invoke(
            sekisho,
            [*arguments, "--format", "html"],
            input=text,
            env={"SEKISHO_DB": str(tmp_path / "findings.db"), "SEKISHO_CONFIG": None},
            standalone_mode=False,
            catch_exceptions=False,
        )

    return ask


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A copy of the sample, to be changed."""
    file = tmp_path / "sample.jsonl"
    file.write_text(sample_recording().read_text("utf-8"), "utf-8")
    return file


def page(said: Result) -> str:
    assert said.stdout.startswith("<!DOCTYPE html>")
    assert said.stdout.rstrip().endswith("</html>")
    return Reading(said.stdout).text


def test_a_report_in_a_file_tells_what_it_does_not_have_and_how_old_the_keys_are(ask: Ask) -> None:
    told = page(ask("credentials", "--report", "-", *AS_OF, text=f"{HEADER}\n{ROOT}\n{ANNA}\n{BUILD}"))

    assert "Account 111122223333, data of 2026-11-20 08:00 UTC" in told
    assert "Not looked at, as a report does not have it: the password policy" in told
    assert "1 active access key; 1 of 90 days or more; 0 of a year or more; the oldest 322 days old." in told
    assert "Console user without MFA CRED-MFA-CONSOLE" in told


def test_a_report_without_findings_is_not_called_clean(ask: Ask) -> None:
    told = page(ask("credentials", "--report", "-", *AS_OF, text=HEADER))

    assert "The report has no row, not even of the root user: nobody was judged." in told
    assert "No findings." not in told


def test_the_credentials_in_a_recording_are_told_by_account(ask: Ask) -> None:
    told = page(ask("credentials", "--recording", str(sample_recording())))

    assert "What is missing here" in told
    assert "there is no credential report; its passwords and keys were not looked at." in told
    assert "How old the access keys are" not in told


def test_the_demonstration_prints_a_page_and_ends(ask: Ask) -> None:
    told = page(ask("demo"))

    assert "External access 3 accounts, data of 2026-11-01 09:00 UTC" in told
    assert "A sample organization" in told
    assert "sqs.list_queues in ap-northeast-1 answered AccessDenied" in told


def test_a_second_scan_tells_what_is_new_and_what_is_fixed(ask: Ask, recording: Path) -> None:
    first = page(ask("scan", "--recording", str(recording)))
    lines = recording.read_text("utf-8").splitlines()
    recording.write_text("\n".join(one for one in lines if ":inbound-leads" not in one), "utf-8")
    second = page(ask("scan", "--recording", str(recording)))
    recording.write_text("\n".join(lines), "utf-8")
    third = page(ask("scan", "--recording", str(recording)))

    assert "Fixed since" not in first
    assert "Nothing is new." in second
    assert "1 finding Critical inbound-leads" in second.partition("Fixed since")[2]
    new, fixed = third.partition("New since")[2].split("Fixed since")
    assert "1 finding Critical inbound-leads" in new
    assert "back" in new
    assert "Nothing was fixed." in fixed


def test_a_list_tells_what_was_selected_and_what_the_last_scan_could_not_read(ask: Ask, recording: Path) -> None:
    assert "No scan is stored yet" in page(ask("findings", "list"))
    ask("scan", "--recording", str(recording))

    told = page(ask("findings", "list", "--severity", "CRITICAL", "--account", "111122223333", "--public"))

    assert "A selection: active; at least critical, or not decided; public; of account 111122223333." in told
    assert "sqs.list_queues in ap-northeast-1 answered AccessDenied" in told


def test_one_finding_is_a_page_too(ask: Ask, recording: Path) -> None:
    scanned = ask("scan", "--recording", str(recording)).stdout
    name = scanned.partition('id="f-')[2].partition('"')[0]

    assert name in page(ask("findings", "show", name))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rules", "list"), "--format html is for findings"),
        (("keys", "list"), "--format html is for findings"),
        (("keys", "create", "--role", "admin"), "a secret is not printed as html"),
    ],
)
def test_what_is_no_finding_has_no_page(ask: Ask, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(click.UsageError, match=message):
        ask(*arguments)
