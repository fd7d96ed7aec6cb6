"""`generate-policy`: from log files to policies; `sekisho.cli.proposals` has what is told of them."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sekisho.activity.caller import Caller, told_without_path
from sekisho.activity.usage import FileReport
from sekisho.analyzers.least_privilege import Conditions, Width
from sekisho.analyzers.least_privilege.role_chains import role_chains
from sekisho.cli.escape import plain
from sekisho.cli.output import Output
from sekisho.cli.proposals import Teller, Told, show
from sekisho.cli.render.integrity import notes_on_integrity
from sekisho.cli.render.least_privilege import notes_on_files, notes_on_reference
from sekisho.cli.status import ExitStatus
from sekisho.collectors.trails import LogFiles, Question
from sekisho.collectors.trails.layout import accounts_of, place_of
from sekisho.storage.usage import UsageStore
from sekisho.wiring.processes import settle
from sekisho.wiring.service_reference import find_reference, use_reference
from sekisho.wiring.tags import tag_history
from sekisho.wiring.usage import Engine, Processes, answers, log_files, read_usage, usage_folder

if TYPE_CHECKING:
    from sekisho.collectors.identity_policies import AttachedPolicies
    from sekisho.collectors.trails import VerifiedFiles

FORMATS: Final = ("table", "json", "jsonl", "diff", "terraform", "cloudformation")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; the members are its options."""

    principal: str | None
    sources: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    resources: str
    include_denied: bool
    conditions: str
    tags: tuple[Path, ...]
    follow_role_chains: bool
    against: str | None
    keep_unseen: bool
    out: Path | None
    usage: Path | None
    output_format: str
    profile: str | None
    workers: int | None
    strict: bool
    late: int
    verify_integrity: bool
    public_keys: tuple[Path, ...]
    service_reference: str | None
    engine: str | None
    spark_master: str | None

    @property
    def processes(self) -> int:
        """How many read and answer."""
        return self.workers or os.cpu_count() or 1

    @property
    def time(self) -> tuple[str, str]:
        """The first and the last day, as the store takes them."""
        start, end = (moment.date().isoformat() if moment else "" for moment in (self.start, self.end))
        return start, end or "~"

    @property
    def question(self) -> Question:
        """Which log files are looked at."""
        is_one = self.principal is not None and ":" in self.principal and not self.follow_role_chains
        accounts = accounts_of(self.principal) if self.principal and is_one else frozenset[str]()
        start, end = (moment.date() if moment else None for moment in (self.start, self.end))
        return Question(accounts, start=start, end=end, late=timedelta(days=self.late))


def generate_policy(asked: Asked) -> ExitStatus:
    """Read the log files that are new, and print the policies of those who are asked for.

    Returns:
        What `--strict` asks for.
    """
    _check(asked)
    today = _today(asked)
    output = Output()
    settle()
    folder = Path(asked.service_reference).expanduser() if asked.service_reference else None
    reference = find_reference(folder)
    output.note(*notes_on_reference(use_reference(reference)))
    places: list[LogFiles] = [log_files(source, asked.profile) for source in asked.sources]
    checked: Sequence[VerifiedFiles] = _verified(places, asked) if asked.verify_integrity else ()
    places = [*checked] or places
    store = UsageStore(asked.usage or usage_folder(places), {place.name for place in places})
    with output.reading_bar() as bar:
        files = read_usage(store, places, asked.question, _engine(asked, store), bar)
    for place in checked:
        output.note(*notes_on_integrity(place.integrity))
    kept = [file for file in store.files().values() if _is_asked_about(file, asked.question)]
    output.note(*notes_on_files(kept, files, store.nobodies(*asked.time)))
    is_whole = _answer(output, asked, today, store, reference)
    is_whole = is_whole and all(place.integrity.is_whole for place in checked)
    is_whole = is_whole and all(file.is_read for file in files) and not any(file.malformed for file in kept)
    return ExitStatus.GAPS if asked.strict and not is_whole else ExitStatus.DONE


def _is_asked_about(file: FileReport, question: Question) -> bool:
    """Say whether a file that is kept can have events that are asked for; one whose name says nothing can."""
    name = f"{file.place}/{file.key}"
    return place_of(name) is None or question.may_be_in(name)


def _check(asked: Asked) -> None:
    """Check what options mean together.

    Raises:
        click.UsageError: they contradict each other.
    """
    if asked.output_format not in FORMATS:
        raise click.UsageError(f"policies have no format `{asked.output_format}`; {', '.join(FORMATS)} they have")
    if asked.out and (asked.principal is None or asked.output_format != "table"):
        raise click.UsageError("--out takes the policies of a --principal; leave --format out")
    if asked.start and asked.end and asked.start > asked.end:
        raise click.UsageError("--start is after --end")
    if asked.public_keys and not asked.verify_integrity:
        raise click.UsageError("--public-keys is for --verify-integrity")
    if asked.spark_master and asked.engine != "spark":
        raise click.UsageError("--spark-master goes with --engine spark")
    if asked.against is not None:
        _check_comparison(asked)
    elif asked.output_format == "diff":
        raise click.UsageError("--format diff is for --against, which says what is attached now")


def _check_comparison(asked: Asked) -> None:
    """Check what options mean together with `--against`.

    Raises:
        click.UsageError: they contradict it.
    """
    if asked.principal is None:
        raise click.UsageError("--against takes the policies of a --principal")
    if asked.resources == Width.PLACEHOLDERS.value:
        raise click.UsageError("--against compares ARNs; leave `--resources placeholders` out")
    if asked.conditions == Conditions.ALL.value:
        raise click.UsageError("--against keeps the conditions that are attached now; leave `--conditions all` out")


def _today(asked: Asked) -> "AttachedPolicies | None":
    if asked.against is None:
        return None
    from sekisho.collectors.identity_policies import read_attached  # noqa: PLC0415 - botocore takes a fifth of a second

    return read_attached(asked.against, asked.profile)


def _verified(places: Sequence[LogFiles], asked: Asked) -> "Sequence[VerifiedFiles]":
    from sekisho.wiring.verified import verified  # noqa: PLC0415 - botocore takes a fifth of a second

    return verified(places, asked.public_keys, asked.profile)


def _engine(asked: Asked, store: UsageStore) -> Engine:
    if asked.engine == "spark":
        from sekisho.wiring.spark import Spark  # noqa: PLC0415 - few have a cluster

        return Spark(asked.spark_master, store.folder / "spark.log")
    return Processes(asked.processes)


def _answer(
    output: Output, asked: Asked, today: "AttachedPolicies | None", store: UsageStore, reference: Path | None
) -> bool:
    """Print the policies of those who are asked for; the names of all where nobody is.

    Returns:
        Whether all were compared with today's policies that should be.
    """
    names = store.principals(*asked.time)
    if asked.principal is None:
        output.write(map(plain, names))
        return True
    whole = told_without_path(names)
    wanted = _named(asked.principal, names)
    wanted = wanted and list(dict.fromkeys(whole.get(one, one) for one in wanted))
    chains = None
    if asked.follow_role_chains:
        chains = role_chains(store.succeeded("AssumeRole", "", *asked.time), names)
        wanted = wanted and [one for one in chains.reached(wanted) if one in names]
    if today is not None and today.alone is not None and len(wanted or names) > 1:
        raise click.UsageError(
            f"{today.place} does not say whose policies it has, and several principals are asked for"
        )
    teller = Teller(
        width=Width(asked.resources),
        conditions=Conditions(asked.conditions),
        denied=asked.include_denied,
        output_format=asked.output_format,
        names=names,
        tags=tag_history(store, asked.tags),
        chains=chains,
        seen=store.seen(*asked.time),
        today=today,
        keeps_unseen=asked.keep_unseen,
    )
    told = answers(
        store, wanted, *asked.time, then=teller, aside=teller.aside, processes=asked.processes, reference=reference
    )
    compared: list[bool] = []

    def noted(one: Told) -> Told:
        compared.append(one.is_compared)
        return one

    show(output, asked.output_format, asked.out, map(noted, told))
    return all(compared)


def _named(principal: str, names: Sequence[str]) -> Sequence[str] | None:
    """Return the ARNs that are meant; None for all.

    Raises:
        click.UsageError: nobody of that name did anything.
    """
    if principal == "all":
        return None
    session = _SESSION.fullmatch(principal)
    if session:
        principal = f"arn:{session['partition']}:iam::{session['account']}:role/{session['name']}"
    kind, _, name = principal.rpartition(":")[2].partition("/")
    last = name.rpartition("/")[2]
    alike = [one for one in names if one.split(":", 5)[5].startswith(f"{kind}/") and one.rpartition("/")[2] == last]
    pathless = f"{principal.rpartition(':')[0]}:{kind}/{last}"
    if principal in names:
        found = [principal]
    elif pathless in names and not session:
        found = [pathless]  # older records tell no path
    elif session:
        found = [one for one in alike if one.split(":")[4] == session["account"]]
    else:
        found = alike if ":" not in principal else []
    if linked := next((one for one in found if Caller(one).is_service_linked), None):
        raise click.UsageError(
            f"`{linked}` is a service-linked role; its policy is AWS's own, and nobody can change it"
        )
    if not found:
        raise click.UsageError(
            f"`{principal}` did nothing that is in these files; without --principal those are listed who did"
        )
    return found


_SESSION: Final = re.compile(r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d{12}):assumed-role/(?P<name>[^/]+)/.+")
