"""The program that all commands belong to."""

from pathlib import Path
from typing import Final

import click

FILE: Final = click.Path(path_type=Path)

EXIT_STATUSES: Final = """

Exit status: 0 done; 1 active findings of at least --fail-on; 2 usage; 3 gaps under --strict; 4 could not run.
"""


def examples(*lines: str) -> str:
    """Return the end of a help text; the first character keeps click from filling the lines."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


@click.group(
    epilog=examples(
        "sekisho demo                       see it work, without an AWS account",
        "sekisho scan                       scan the account of your credentials",
        "sekisho findings list              what the last scan found",
        "sekisho explain arn:aws:s3:::logs  why a bucket is open, or why it is not",
    )
    + EXIT_STATUSES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "auto_envvar_prefix": None},
)
@click.version_option(package_name="sekisho", message="sekisho %(version)s")
def sekisho() -> None:
    """Who outside can reach what in your AWS accounts, through which statement, with a request that proves it."""
