"""The examples run, and print what the pages show."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROGRAMS = ("sekisho ", "sed ", "cp ", "rm ", "export ")

EXPLAINED = {
    "docs/findings/external-access.md": [
        "--account",
        "111122223333",
        "--resource",
        "arn:aws:s3:::example-website-prod",
    ],
    "docs/how-to/read-a-policy-first.md": ["--account", "111122223333"],
}
"""Pages with a policy and what `explain` says of it, to the options that go with them."""


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def run(command: list[str], folder: Path, *, stdin: str | None = None) -> str:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": programs, "HOME": str(folder), "COLUMNS": "100", "SEKISHO_DB": "tutorial.db"}
    done = subprocess.run(
        command, cwd=folder, env=environment, input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def blocks(page: Path, language: str = "") -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [body for found, body in fenced if found == language]


def test_the_tutorial_prints_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(ROOT / "src")
    said, runs, shown = "", 0, 0
    for block in blocks(ROOT / "docs/tutorial.md"):
        if block.startswith("make "):
            continue
        if block.startswith(PROGRAMS):
            script = "\n".join(line for line in block.splitlines() if not line.startswith("export "))
            said, runs = squeezed(run(["sh", "-ec", script], tmp_path)), runs + 1
            continue
        for line in block.splitlines():
            assert squeezed(line).strip() in said, line
            shown += 1
    assert runs > 5
    assert shown > 20


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_policy_is_explained_as_its_page_shows(name: str, tmp_path: Path) -> None:
    page = ROOT / name
    policy = blocks(page, "json")[0]
    shown = next(block for block in blocks(page) if "Proof" in block)

    said = squeezed(run(["sekisho", "explain", "--policy", "-", *EXPLAINED[name]], tmp_path, stdin=policy))

    for line in shown.splitlines():
        assert squeezed(line).strip() in said, line


def test_the_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    shown = next(block for block in blocks(ROOT / "README.md") if "CRITICAL" in block)

    said = squeezed(run(["sekisho", "demo", "--no-serve"], tmp_path))

    for line in shown.splitlines():
        assert squeezed(line).strip() in said, line
