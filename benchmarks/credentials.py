"""Reading and judging a credential report: the whole program, beside the least that any program has to do.

A report of made-up users, with a seed: six in ten have a password, half have a key, one in ten has two. The program is
run as a process of its own, from the file to the table. Beside it a process that reads the same file with `csv` and
keeps nothing, which nobody can be quicker than in Python; the ratio holds on any machine.

    PYTHONPATH=src python benchmarks/credentials.py
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

NOW: Final = datetime(2026, 11, 20, tzinfo=UTC)
HEADER: Final = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)
NO_KEY: Final = ("false", "N/A", "N/A", "N/A", "N/A")
NO_CERTIFICATES: Final = ("false", "N/A", "false", "N/A")
MOST_SECONDS: Final = 3.0
MOST_MEGABYTES: Final = 300
READ_ONLY: Final = "import csv, sys\nfor row in csv.reader(open(sys.argv[1], newline='')): pass"


def rows(users: int, seed: int) -> Iterator[tuple[str, ...]]:
    """Yield the root user, who is well, and so many others."""
    draw = random.Random(seed)

    def ago(least: int, most: int) -> str:
        return (NOW - timedelta(seconds=draw.randrange(least * 86_400, most * 86_400))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def key(share: float) -> tuple[str, ...]:
        if draw.random() >= share:
            return NO_KEY
        used = ago(0, 90) if draw.random() < 0.8 else "N/A"
        return ("true" if draw.random() < 0.8 else "false", ago(0, 500), used, "us-east-1", "s3")

    arn = "arn:aws:iam::111122223333"
    root = ("true", ago(100, 200), ago(300, 400), "not_supported", "true")
    yield ("<root_account>", f"{arn}:root", ago(2000, 3000), *root, *NO_KEY, *NO_KEY, *NO_CERTIFICATES)
    for number in range(users):
        password = ("false", "N/A", "N/A", "N/A", "false")
        if draw.random() < 0.6:
            used = ago(0, 100) if draw.random() < 0.9 else "no_information"
            password = ("true", used, ago(0, 200), "N/A", "true" if draw.random() < 0.8 else "false")
        name = f"user-{number:06}"
        yield (name, f"{arn}:user/{name}", ago(200, 1500), *password, *key(0.5), *key(0.1), *NO_CERTIFICATES)


def measured(command: Sequence[str]) -> tuple[float, float]:
    """Run a command, and return its seconds and the most memory that it had, in megabytes."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, nargs="*", default=[0, 1, 50, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    program = str(Path(sys.executable).with_name("sekisho"))
    table = Table(title=f"the least of {options.rounds} runs")
    for heading in ("users", "seconds", "megabytes", "csv alone, seconds", "ratio", "goal"):
        table.add_column(heading, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.csv"
        for users in options.users:
            file.write_text("\n".join((HEADER, *map(",".join, rows(users, options.seed)))))
            judge = [program, "credentials", "--report", str(file), "--as-of", NOW.isoformat()]
            runs = [
                (*measured(judge), measured([sys.executable, "-c", READ_ONLY, str(file)])[0])
                for _ in range(options.rounds)
            ]
            seconds, megabytes, alone = (min(column) for column in zip(*runs, strict=True))
            met = seconds <= MOST_SECONDS and megabytes <= MOST_MEGABYTES
            table.add_row(
                f"{users:,}", f"{seconds:.2f}", f"{megabytes:.0f}", f"{alone:.2f}", f"{seconds / alone:.1f}",
                "met" if met else "missed",
            )  # fmt: skip
    Console(width=None if sys.stdout.isatty() else 130).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
