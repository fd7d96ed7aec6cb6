"""A policy for each role of a trail by trailscraper, as a process of its own in an environment of its own.

What its `select` and `generate` do, by the functions that they call: without a detour through text, which is in its
favour, and the files are read once for all roles, which its programs cannot do. A record that it stumbles over would
end it; here it is left out. It knows roles alone.

    .venv-trailscraper/bin/python benchmarks/trail_rival.py trail/
"""

import logging
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from trailscraper import cloudtrail
from trailscraper.policy_generator import generate_policy
from trailscraper.record_sources.local_directory_record_source import LocalDirectoryRecordSource

stumbled: list[str] = []


def forgiving(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that answers None where another one raises."""

    @wraps(work)
    def answered(record: Any) -> Any:
        try:
            return work(record)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            stumbled.append(repr(error))
            return None

    return answered


def main(folder: str) -> None:
    """Print how many records were read."""
    logging.disable(logging.CRITICAL)
    cloudtrail._parse_record = forgiving(cloudtrail._parse_record)  # noqa: SLF001 - the only place that knows records
    cloudtrail.Record.to_statement = forgiving(cloudtrail.Record.to_statement)
    by_role: dict[str | None, list[Any]] = defaultdict(list)
    for record in LocalDirectoryRecordSource(folder).load_from_dir(datetime(1970, 1, 1, tzinfo=UTC), datetime.now(UTC)):
        by_role[record.assumed_role_arn].append(record)
    for role, records in by_role.items():
        if role is not None:
            generate_policy(records).to_json()
    print(sum(map(len, by_role.values())))
    print(f"{len(stumbled)} records left out", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
