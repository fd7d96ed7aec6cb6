"""What is told of a principal whose policies were generated: made beside them, shown in order."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from glob import escape
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click
from rich.text import Text

from sekisho.activity.visibility import Hidden, invisible
from sekisho.analyzers.least_privilege import (
    Activity,
    Aside,
    Comparison,
    Conditions,
    NotCompared,
    Proposal,
    TagHistory,
    Width,
    compare_with_today,
    propose,
    unrecorded_of,
)
from sekisho.analyzers.least_privilege.role_chains import RoleChains
from sekisho.cli.escape import plain, readable_json
from sekisho.cli.output import Output
from sekisho.cli.render.cloudformation import render_cloudformation
from sekisho.cli.render.difference import coloured, render_difference
from sekisho.cli.render.documents import array_of, json_lines
from sekisho.cli.render.least_privilege import document_of, notes_on
from sekisho.cli.render.role_chains import document_of_chains, notes_on_chains
from sekisho.cli.render.terraform import render_terraform

if TYPE_CHECKING:
    from sekisho.collectors.identity_policies import AttachedPolicies

DOCUMENTS: Final = frozenset({"json", "jsonl"})
"""The formats for programs, which have all that is known."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a principal.

    Attributes:
        principal: its ARN.
        policies: the policies.
        document: JSON of all that is known; empty where it is not asked for.
        difference: the lines of a diff from today's policies; none where it is not asked for, or nobody can say.
        notes: what the reader should know.
        is_compared: whether it was compared with today's policies, where it should be.
    """

    principal: str
    policies: tuple[Mapping[str, Any], ...]
    document: str = ""
    difference: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    is_compared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Makes policies of what a principal did, and says what there is to say of them. Any process can have it.

    Attributes:
        width: how resources are written.
        conditions: which conditions are.
        denied: whether what was denied is granted as well.
        output_format: in which it is asked for.
        names: who did something.
        tags: which tags there were.
        chains: who assumed whom; None where nobody asks.
        seen: to each account, the sources and names of all calls in it.
        today: what is attached today; None where nobody asks.
        keeps_unseen: whether what the trail could not have shown stays allowed.
    """

    width: Width
    conditions: Conditions
    denied: bool
    output_format: str
    names: Sequence[str]
    tags: TagHistory
    chains: RoleChains | None
    seen: Mapping[str, frozenset[tuple[str, str]]]
    today: "AttachedPolicies | None"
    keeps_unseen: bool

    def __call__(self, activity: Activity) -> Told:
        """Return what is told of a principal."""
        proposal = self._propose(activity)
        principal = activity.principal
        comparison = proposal.comparison
        is_compared = not isinstance(comparison, NotCompared)
        if self.output_format in DOCUMENTS:
            more = {} if self.chains is None else {"roleChains": document_of_chains(principal, self.chains)}
            document = next(json_lines([document_of(proposal) | more]))
            return Told(principal, (), document, is_compared=is_compared)
        about_chains = () if self.chains is None else notes_on_chains(principal, self.chains, self.names)
        notes = (*notes_on(proposal), *about_chains)
        if self.output_format != "diff":
            return Told(principal, proposal.policies, notes=notes, is_compared=is_compared)
        difference: Iterable[str] = ()
        if isinstance(comparison, Comparison):
            difference = render_difference(principal, comparison.permissions.policies, proposal.policies)
        return Told(principal, (), difference=tuple(difference), notes=notes, is_compared=is_compared)

    @property
    def aside(self) -> Callable[[BinaryIO], Aside] | None:
        """What gives an activity a file for what need not be told one by one; None where all is told or compared."""
        if self.output_format in DOCUMENTS or self.today is not None or self.width is Width.PLACEHOLDERS:
            return None
        return partial(Aside, width=self.width, history=self.tags)

    def _propose(self, activity: Activity) -> Proposal:
        proposal = propose(
            activity, width=self.width, denied=self.denied, conditions=self.conditions, history=self.tags
        )
        seen = self.seen.get(activity.principal.split(":")[4], frozenset())
        proposal = replace(proposal, unrecorded=unrecorded_of(activity, seen))
        if self.today is None:
            return proposal
        hidden: Mapping[str, Hidden] = invisible(seen) if self.keeps_unseen else {}
        has_context = self.conditions is not Conditions.NONE
        return compare_with_today(
            proposal, self.today.of(activity.principal), hidden, width=self.width, context=has_context
        )


def show(output: Output, output_format: str, folder: Path | None, told: Iterable[Told]) -> None:
    """Print what is told, or write policies to a folder.

    Raises:
        click.UsageError: a policy cannot be written in the format.
    """
    match output_format:
        case "json":
            output.write(array_of(one.document for one in told))
            return
        case "jsonl":
            output.write(one.document for one in told)
            return
        case "terraform" | "cloudformation":
            told = list(told)
            output.write(_code(output_format, told))
        case "diff":
            told = _compared(output, told)
        case _:
            told = _printed(output, folder, told)
    for one in told:
        output.note(*one.notes)


def _code(output_format: str, told: Sequence[Told]) -> Sequence[str]:
    """Return a whole file, so that nothing is written of one that cannot be."""
    render = render_terraform if output_format == "terraform" else render_cloudformation
    try:
        return tuple(render((one.principal, one.policies) for one in told))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _compared(output: Output, told: Iterable[Told]) -> Iterator[Told]:
    """Print what changes for each, and hand it on."""
    for one in told:
        output.write_styled(map(coloured, one.difference))
        yield one


def _printed(output: Output, folder: Path | None, told: Iterable[Told]) -> Iterator[Told]:
    """Print or write the policies of each, and hand it on."""
    for one in told:
        if folder is None:
            output.write(map(readable_json, one.policies))
        else:
            _write(output, folder, one)
        yield one


def _write(output: Output, folder: Path, told: Told) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # No name in IAM has a tilde, so that no two principals have one file.
    name = told.principal.split(":", 4)[4].replace(":", ".", 1).replace("/", "~")
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}~{blake2b(name.encode(), digest_size=8).hexdigest()}"
    count = len(told.policies)
    numbers = [f"~~{number}" for number in range(1, count + 1)] if count > 1 else [""] * count
    files = [folder / f"{name}{number}.json" for number in numbers]
    for file, policy in zip(files, told.policies, strict=True):
        _write_whole(file, policy)
        output.note(Text(plain(f"wrote {file}"), "dim"))
    for file in {folder / f"{name}.json", *folder.glob(f"{escape(name)}~~*.json")}.difference(files):
        file.unlink(missing_ok=True)  # what an earlier run wrote of the same principal


_LONGEST: Final = 200
"""How long a name may be, so that file systems take it with all that stands behind it."""


def _write_whole(file: Path, policy: Mapping[str, Any]) -> None:
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.write_text(f"{readable_json(policy)}\n", "utf-8")
    unfinished.replace(file)
