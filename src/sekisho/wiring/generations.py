"""A policy generation, carried out: from trails to policies."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sekisho.activity import UsageBusyError
from sekisho.activity.usage import FileReport, UseOf
from sekisho.analyzers.least_privilege import Width, activity_of, propose
from sekisho.collectors import CollectError, DeniedError
from sekisho.collectors.trails import LogFiles, Question
from sekisho.collectors.trails.layout import accounts_of
from sekisho.findings import GeneratedPolicies, PolicyGeneration, TrailScope
from sekisho.storage.usage import UsageStore
from sekisho.wiring.processes import settle
from sekisho.wiring.service_reference import find_reference, use_reference
from sekisho.wiring.usage import Batch, instance_profiles, read_batch, read_usage, usage_folder

ASKED_AGAIN_AFTER: Final = timedelta(seconds=2)
"""How long to wait for another process that reads the same trail."""


def generate(job: PolicyGeneration, places: Mapping[str, LogFiles], reference: Path | None = None) -> GeneratedPolicies:
    """Read what is not kept yet of the trails of a job, and return its policies.

    Args:
        job: the job.
        places: to the ARN of each of its trails, where the files are.
        reference: the folder of AWS's Service Reference; None for the user's cache folder, where it may be.

    Raises:
        CollectError: a trail is not there, or may not be read.
        UsageError: what was read cannot be kept.
        ServiceReferenceError: AWS's Service Reference is damaged, or not in the folder that is named.
    """
    settle()
    use_reference(find_reference(reference))
    uses: list[UseOf] = []
    profiles: dict[str, str] = {}
    is_whole = True
    for scope in job.trails:
        place = places[scope.arn]
        store = UsageStore(usage_folder([place]), {place.name})
        is_whole = _read(store, place, _question(job, scope)) and is_whole
        profiles |= instance_profiles(store)
        uses += _uses(store, job, scope)
    # Nobody is shown conditions that held each time, and none are looked for where nobody knows how it was done.
    activity = replace(activity_of(job.principal_arn, uses, profiles), ways={})
    proposal = propose(activity)
    return GeneratedPolicies(
        policies=_texts(proposal.policies),
        templates=_texts(propose(activity, width=Width.PLACEHOLDERS).policies),
        is_complete=is_whole and not activity.unmapped and not proposal.not_allowed,
    )


class _Here:
    """Reads in this process, as long as files may be read at all.

    It is one process: the server has the other cores for its answers, and may end this one at any time, which would
    leave those behind that it had begun.
    """

    def run(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, list[FileReport]]]:
        is_let_in = False
        for batch in batches:
            if not is_let_in:
                _try(batch)
                is_let_in = True
            yield batch, read_batch(batch)


def _try(batch: Batch) -> None:
    """Read one file.

    Raises:
        DeniedError: it may not be read, so that there is no point in asking for a hundred thousand more.
    """
    try:
        batch.place.read(batch.files[0])
    except DeniedError:
        raise
    except CollectError:
        return  # this one alone, of which is told when it is its turn


def _question(job: PolicyGeneration, scope: TrailScope) -> Question:
    accounts = accounts_of(job.principal_arn)
    return Question(accounts, frozenset(scope.regions), start=job.start.date(), end=job.end.date())


def _read(store: UsageStore, place: LogFiles, question: Question) -> bool:
    """Read the files that are new; say whether all that are asked about could be read whole."""
    while True:
        try:
            new = read_usage(store, [place], question, _Here())
        except UsageBusyError:
            time.sleep(ASKED_AGAIN_AFTER.total_seconds())
        else:
            break
    asked = (file for file in store.files().values() if question.may_be_in(f"{place.name}/{file.key}"))
    return all(file.is_read for file in new) and not any(file.malformed for file in asked)


def _uses(store: UsageStore, job: PolicyGeneration, scope: TrailScope) -> Iterator[UseOf]:
    """Yield what the principal did in the Regions and the time that are asked for."""
    head, _, name = job.principal_arn.rpartition(":")
    kind, *path, last = name.split("/")
    names = [job.principal_arn, f"{head}:{kind}/{last}"] if path else [job.principal_arn]  # older records tell no path
    start, end = _event_time(job.start), _event_time(job.end)
    for one in names:
        for use in store.uses(one, start, end):
            if not scope.regions or use.usage.region in scope.regions:
                yield use


def _event_time(at: datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _texts(policies: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(json.dumps(policy, separators=(",", ":"), ensure_ascii=False) for policy in policies)
