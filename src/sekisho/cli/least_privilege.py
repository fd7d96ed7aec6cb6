"""`generate-policy`: from log files to policies, and what is told beside them."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.text import Text

from sekisho.activity.caller import Caller
from sekisho.analyzers.least_privilege import Activity, Conditions, TagHistory, Width, propose
from sekisho.analyzers.least_privilege.role_chains import RoleChains, role_chains
from sekisho.cli.escape import plain
from sekisho.cli.output import Output
from sekisho.cli.render.cloudformation import render_cloudformation
from sekisho.cli.render.documents import array_of, json_lines
from sekisho.cli.render.integrity import notes_on_integrity
from sekisho.cli.render.least_privilege import document_of, notes_on, notes_on_files
from sekisho.cli.render.role_chains import document_of_chains, notes_on_chains
from sekisho.cli.render.terraform import render_terraform
from sekisho.cli.status import ExitStatus
from sekisho.collectors.trails import LogFiles, Question
from sekisho.collectors.trails.layout import accounts_of
from sekisho.storage.usage import UsageStore
from sekisho.wiring.processes import collect_seldom
from sekisho.wiring.tags import tag_history
from sekisho.wiring.usage import Engine, Processes, answers, log_files, read_usage, usage_folder

if TYPE_CHECKING:
    from sekisho.collectors.trails import VerifiedFiles

FORMATS: Final = ("table", "json", "jsonl", "terraform", "cloudformation")


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
    out: Path | None
    usage: Path | None
    output_format: str
    profile: str | None
    workers: int | None
    strict: bool
    late: int
    verify_integrity: bool
    public_keys: tuple[Path, ...]
    engine: str | None
    spark_master: str | None

    @property
    def processes(self) -> int:
        """How many read and answer."""
        return self.workers or os.cpu_count() or 1

    @property
    def time(self) -> tuple[str, str]:
        """The first and the last day, as the store takes them."""
        return f"{self.start:%Y-%m-%d}" if self.start else "", f"{self.end:%Y-%m-%d}" if self.end else "~"

    @property
    def question(self) -> Question:
        """Which log files are looked at."""
        accounts = accounts_of(self.principal) if self.principal and ":" in self.principal else frozenset[str]()
        start, end = (moment.date() if moment else None for moment in (self.start, self.end))
        return Question(accounts, start=start, end=end, late=timedelta(days=self.late))


def generate_policy(asked: Asked) -> ExitStatus:
    """Read the log files that are new, and print the policies of those who are asked for.

    Returns:
        What `--strict` asks for.
    """
    _check(asked)
    output = Output()
    collect_seldom()
    places: list[LogFiles] = [log_files(source, asked.profile) for source in asked.sources]
    checked = _verified(places, asked) if asked.verify_integrity else []
    places = [*checked] or places
    store = UsageStore(asked.usage or usage_folder(places), {place.name for place in places})
    with output.reading_bar() as bar:
        files = read_usage(store, places, asked.question, _engine(asked, store), bar)
    for place in checked:
        output.note(*notes_on_integrity(place.integrity))
    kept = store.files().values()
    output.note(*notes_on_files(kept, files, store.nobodies(*asked.time)))
    _answer(output, asked, store)
    is_whole = all(place.integrity.is_whole for place in checked)
    is_whole = is_whole and all(file.is_read for file in files) and not any(file.malformed for file in kept)
    return ExitStatus.GAPS if asked.strict and not is_whole else ExitStatus.DONE


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
    if asked.spark_master and not asked.engine:
        raise click.UsageError("--spark-master goes with --engine spark")


def _verified(places: Sequence[LogFiles], asked: Asked) -> "Sequence[VerifiedFiles]":
    from sekisho.wiring.verified import verified  # noqa: PLC0415 - botocore takes a fifth of a second

    return verified(places, asked.public_keys, asked.profile)


def _engine(asked: Asked, store: UsageStore) -> Engine:
    if asked.engine == "spark":
        from sekisho.wiring.spark import Spark  # noqa: PLC0415 - few have a cluster

        return Spark(asked.spark_master, store.folder / "spark.log")
    return Processes(asked.processes)


def _answer(output: Output, asked: Asked, store: UsageStore) -> None:
    """Print the policies of those who are asked for; the names of all where nobody is."""
    names = store.principals(*asked.time)
    if asked.principal is None:
        output.write(names)
        return
    wanted = _named(asked.principal, names)
    chains = None
    if asked.follow_role_chains:
        chains = role_chains(store.succeeded("AssumeRole", "", *asked.time), names)
        wanted = wanted and [one for one in chains.reached(wanted) if one in names]
    tell = partial(_told, asked, tag_history(store, asked.tags), chains, names)
    _show(output, asked, answers(store, wanted, *asked.time, then=tell, processes=asked.processes))


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of a principal: made where its policies are, which may be another process.

    Attributes:
        principal: its ARN.
        policies: the policies.
        document: JSON of all that is known; empty where it is not asked for.
        notes: what the reader should know.
    """

    principal: str
    policies: tuple[Mapping[str, Any], ...]
    document: str = ""
    notes: tuple[Text, ...] = ()


def _told(
    asked: Asked, history: TagHistory, chains: RoleChains | None, names: Sequence[str], activity: Activity
) -> _Told:
    proposal = propose(
        activity,
        width=Width(asked.resources),
        denied=asked.include_denied,
        conditions=Conditions(asked.conditions),
        history=history,
    )
    principal = activity.principal
    if asked.output_format in {"json", "jsonl"}:
        more = {} if chains is None else {"roleChains": document_of_chains(principal, chains)}
        return _Told(principal, (), next(json_lines([document_of(proposal) | more])))
    about_chains = () if chains is None else notes_on_chains(principal, chains, names)
    return _Told(principal, proposal.policies, "", (*notes_on(proposal), *about_chains))


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
    if principal in names:
        # Older records tell no path: what they have may be the same role's.
        pathless = f"{principal.rpartition(':')[0]}:{kind}/{last}"
        found = [one for one in alike if one in {principal, pathless}]
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


def _show(output: Output, asked: Asked, told: Iterable[_Told]) -> None:
    match asked.output_format:
        case "json":
            output.write(array_of(one.document for one in told))
            return
        case "jsonl":
            output.write(one.document for one in told)
            return
        case "terraform" | "cloudformation":
            told = list(told)
            output.write(_code(asked.output_format, told))
        case _:
            told = _printed(output, asked.out, told)
    for one in told:
        output.note(*one.notes)


def _code(output_format: str, told: Sequence[_Told]) -> Sequence[str]:
    """Return a whole file, so that nothing is written of one that cannot be."""
    render = render_terraform if output_format == "terraform" else render_cloudformation
    try:
        return tuple(render((one.principal, one.policies) for one in told))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _printed(output: Output, folder: Path | None, told: Iterable[_Told]) -> Iterator[_Told]:
    """Print or write the policies of each, and hand it on."""
    for one in told:
        if folder is None:
            output.write(json.dumps(policy, indent=2, ensure_ascii=False) for policy in one.policies)
        else:
            _write(output, folder, one)
        yield one


def _write(output: Output, folder: Path, told: _Told) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # No name in IAM has a tilde, so that no two principals have one file.
    name = told.principal.split(":", 4)[4].replace(":", ".", 1).replace("/", "~")
    for number, policy in enumerate(told.policies, 1):
        file = folder / f"{name}{f'~~{number}' if len(told.policies) > 1 else ''}.json"
        _write_whole(file, policy)
        output.note(Text(plain(f"wrote {file}"), "dim"))


def _write_whole(file: Path, policy: Mapping[str, Any]) -> None:
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.write_text(f"{json.dumps(policy, indent=2, ensure_ascii=False)}\n", "utf-8")
    unfinished.replace(file)
