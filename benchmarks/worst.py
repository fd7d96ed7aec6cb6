"""The worst that a legal policy can do: 20,480 characters, five seconds, 500 megabytes.

    python benchmarks/worst.py                          every family of nasty.py
    python benchmarks/worst.py --only pigeons,parity --growth
    python benchmarks/worst.py --search 300 --seed 7    five minutes of looking for worse ones

Each policy is analysed in a process of its own, which is stopped after the limit; memory is the most that the process
had resident, the interpreter and the catalogue of actions included. The search changes recipes of policies, keeps what
takes longest, and prints the worst recipes: what it finds goes into nasty.py by hand, as a family with a name.
"""

import argparse
import dataclasses
import json
import random
import resource
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from measure import fill_kept
from nasty import LIMIT, NASTY, NastyPolicy
from sekisho.analyzers.external import analyze_policy_document
from sekisho.analyzers.observation import AnalysisError
from sekisho.policy import PolicyError

SECONDS, MEGABYTES = 5.0, 500.0
_ADDRESS_SPACE = 3 << 30


@dataclass(frozen=True, slots=True)
class Result:
    """What a policy took: `seconds` of CPU, None when the process was stopped or died."""

    outcome: str
    seconds: float | None
    megabytes: float
    findings: int = 0

    @property
    def within(self) -> bool:
        """Whether the limits held."""
        return self.seconds is not None and self.seconds <= SECONDS and self.megabytes <= MEGABYTES


class Worker:
    """A process that analyses policies one at a time, and is replaced when it does not answer or has grown."""

    def __init__(self, limit: float) -> None:
        """Remember how many seconds of wall clock a policy gets."""
        self._limit = limit
        self._process: subprocess.Popen[str] | None = None

    def analyse(self, policy: NastyPolicy, *, fresh: bool = False) -> Result:
        """Return what the policy took; in a new process where asked."""
        process = self._started(fresh=fresh)
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        process.stdin.write(json.dumps(dataclasses.asdict(policy)) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], self._limit)
        line = process.stdout.readline() if ready else ""
        if not line:
            megabytes = _peak(process.pid)
            self.close()
            return Result("died" if ready else f"stopped after {self._limit:g} s", None, megabytes)
        said = json.loads(line)
        result = Result(said["outcome"], said["seconds"], said["megabytes"], said["findings"])
        if result.megabytes > MEGABYTES / 2 or result.outcome == "out of memory":
            self.close()
        return result

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self, *, fresh: bool) -> subprocess.Popen[str]:
        if fresh:
            self.close()
        if self._process is None:
            command = [sys.executable, __file__, "--worker"]
            self._process = subprocess.Popen(  # noqa: S603 - this very script
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
            if self._process.stdout is None or self._process.stdout.readline() != "ready\n":
                raise RuntimeError("the worker did not start")
        return self._process


def _peak(pid: int) -> float:
    """Return the megabytes a process had resident at its highest, where the system says so, else 0."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0.0
    found = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), "0")
    return int(found) / 1024


def work() -> None:
    """Answer policies on standard input: the worker's side."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    fill_kept()
    print("ready", flush=True)
    for line in sys.stdin:
        policy = NastyPolicy(**json.loads(line))
        start = time.process_time_ns()
        outcome, findings = _analysed(policy)
        said = {
            "outcome": outcome,
            "seconds": (time.process_time_ns() - start) / 1e9,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "findings": findings,
        }
        print(json.dumps(said), flush=True)


def _analysed(policy: NastyPolicy) -> tuple[str, int]:
    try:
        analysis = analyze_policy_document(
            policy.text,
            resource_type=policy.resource_type,
            owner_account=policy.owner_account,
            resource=policy.resource,
        )
    except PolicyError as error:
        return f"refused: {error}"[:90], 0
    except MemoryError:
        return "out of memory", 0
    except Exception as error:  # noqa: BLE001 - a crash is what this looks for
        return f"crash: {type(error).__name__}: {error}"[:90], 0
    if any(isinstance(one.outcome, AnalysisError) for one in analysis.observations):
        return "undecided", 0
    return "outside" if analysis.observations else "closed", len(analysis.observations)


def run_families(names: Sequence[str], limit: float, sizes: Sequence[int], console: Console) -> bool:
    """Measure the families, at every size; say whether all held the limits."""
    table = Table(title=f"at most {SECONDS:g} s of CPU and {MEGABYTES:g} MB, {LIMIT:,} characters")
    for name in ("family", "characters", "outcome", "findings", "seconds", "MB", ""):
        table.add_column(name, justify="left" if name in {"family", "outcome"} else "right")
    worker, held = Worker(limit), True
    for name in names:
        for size in sizes:
            policy = NASTY[name](size)
            result = worker.analyse(policy, fresh=True)
            held &= result.within
            table.add_row(
                name,
                f"{len(policy.text):,}",
                result.outcome,
                str(result.findings),
                "" if result.seconds is None else f"{result.seconds:.3f}",
                f"{result.megabytes:.0f}",
                "[green]held[/]" if result.within else "[red]broken[/]",
            )
            if result.seconds is None:
                break
    worker.close()
    console.print(table)
    return held


# The search. A recipe is a list of parts, each of which makes statements; its description is Python to paste.

_TEXT_KEYS = ("aws:PrincipalArn", "aws:SourceArn", "aws:UserAgent", "aws:PrincipalTag/t", "aws:PrincipalOrgID",
              "aws:SourceVpce", "aws:userid", "s3:prefix", "aws:Referer", "aws:username", "aws:SourceIp",
              "aws:PrincipalAccount", "aws:PrincipalOrgPaths", "aws:TagKeys")  # fmt: skip
_TEXT_OPERATORS = ("StringLike", "StringNotLike", "StringEquals", "StringNotEquals", "StringLikeIfExists", "ArnLike",
                   "StringEqualsIgnoreCase", "ForAnyValue:StringLike", "ForAllValues:StringLike",
                   "ForAllValues:StringNotLike")  # fmt: skip
_KINDS: Mapping[str, Callable[[int, random.Random], str]] = {
    "exact": lambda n, _: f"v{n}",
    "starts": lambda n, rng: rng.choice("abc") * (n % 7) + "*",
    "ends": lambda n, rng: "*" + rng.choice("abc") * (n % 7 + 1),
    "contains": lambda _, rng: f"*{rng.choice('abcd')}{rng.choice('abcd')}*",
    "stars": lambda _, rng: "*" + "".join(f"{rng.choice('abcdef')}*" for _ in range(rng.randint(2, 6))),
    "counts": lambda n, _: "*" + f"{chr(97 + n % 26)}*" * (2 + n // 26 % 5),
    "from the end": lambda n, rng: f"*{rng.choice('ab')}" + "?" * (n % 40),
    "questions": lambda n, rng: "?" * (n % 30) + rng.choice("ab") + "*",
    "one hole": lambda n, _: "abcdefghijklmnopqrst"[: n % 20] + "*" + "abcdefghijklmnopqrst"[n % 20 + 1 :],
    "nested": lambda n, _: "abcdefghijklmnopqrstuvwxyz"[: n % 26] + "*",
    "variable": lambda n, _: ("${aws:username}*", "a${aws:userid}", "${aws:PrincipalTag/t0}/*", "*${s3:prefix}")[n % 4],
}
_PREFIXES: Mapping[str, str] = {
    "aws:PrincipalArn": "arn:aws:iam::444455556666:role/",
    "aws:SourceArn": "arn:aws:sns:us-east-1:444455556666:",
    "aws:PrincipalOrgID": "o-",
    "aws:PrincipalOrgPaths": "o-",
    "aws:SourceVpce": "vpce-",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Statements of one kind: `statements` of them, each with `values` values for each of its `tests`.

    Attributes:
        effects: taken in turn, so that `("Allow", "Deny")` alternates.
        tests: pairs of an operator and a key with the kind of its values; a key ending in `t` gets a number.
        folders: the kind of the objects' names; None for all objects.
    """

    effects: tuple[str, ...]
    statements: int
    values: int
    tests: tuple[tuple[str, str, str], ...]
    folders: str | None = None
    spread: int = 1


def build(recipe: Sequence[Part], seed: int) -> NastyPolicy:
    """Return the policy of a recipe."""
    rng = random.Random(seed)
    statements = [one for part in recipe for one in _statements_of(part, rng)]
    return NastyPolicy(json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":")))


def _statements_of(part: Part, rng: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(part.statements):
        condition: dict[str, dict[str, list[str]]] = {}
        for operator, key, kind in part.tests:
            spelled = f"{key}{number % part.spread}" if key.endswith("/t") else key
            made = (_KINDS[kind](number * part.values + one, rng) for one in range(part.values))
            values = list(dict.fromkeys(_PREFIXES.get(key, "") + one for one in made))
            condition.setdefault(operator, {})[spelled] = values
        name = "*" if part.folders is None else _KINDS[part.folders](number, rng)
        one: dict[str, Any] = {
            "Effect": part.effects[number % len(part.effects)],
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::amzn-s3-demo-bucket/{name}",
        }
        if condition:
            one["Condition"] = condition
        yield one


def _random_part(rng: random.Random) -> Part:
    return Part(
        rng.choice((("Allow",), ("Deny",), ("Allow", "Deny"), ("Allow", "Allow", "Deny"))),
        rng.choice((1, 2, 4, 8, 16)),
        rng.choice((1, 1, 2, 4, 16)),
        tuple(_random_test(rng) for _ in range(rng.randint(0, 3))),
        rng.choice((None, None, *_KINDS)),
        rng.choice((1, 2, 4, 16)),
    )


def _random_test(rng: random.Random) -> tuple[str, str, str]:
    return rng.choice(_TEXT_OPERATORS), rng.choice(_TEXT_KEYS), rng.choice(list(_KINDS))


def _changed(recipe: tuple[Part, ...], rng: random.Random) -> tuple[Part, ...]:
    parts = list(recipe)
    place = rng.randrange(len(parts))
    part = parts[place]
    match rng.randrange(8):
        case 0:
            parts.append(_random_part(rng))
        case 1 if len(parts) > 1:
            del parts[place]
        case 2:
            parts[place] = dataclasses.replace(
                part, statements=max(1, round(part.statements * rng.choice((0.5, 2, 3))))
            )
        case 3:
            parts[place] = dataclasses.replace(part, values=max(1, round(part.values * rng.choice((0.5, 2, 3)))))
        case 4:
            parts[place] = dataclasses.replace(part, tests=(*part.tests, _random_test(rng))[-5:])
        case 5 if part.tests:
            gone = rng.randrange(len(part.tests))
            parts[place] = dataclasses.replace(part, tests=part.tests[:gone] + part.tests[gone + 1 :])
        case 6:
            parts[place] = dataclasses.replace(
                part, folders=rng.choice((None, *_KINDS)), spread=rng.choice((1, 4, 16, 64))
            )
        case _:
            parts[place] = dataclasses.replace(part, effects=_random_part(rng).effects)
    return tuple(parts)


def search(seconds: float, limit: float, seed: int, size: int, console: Console) -> None:
    """Change recipes for so many seconds and print the worst: by time, then by memory."""
    rng = random.Random(seed)
    worker = Worker(limit)
    deadline = time.monotonic() + seconds
    population: list[tuple[float, Result, tuple[Part, ...]]] = []
    tried = 0
    while time.monotonic() < deadline:
        if len(population) < 12 or rng.random() < 0.1:
            recipe: tuple[Part, ...] = tuple(_random_part(rng) for _ in range(rng.randint(1, 3)))
        else:
            recipe = _changed(rng.choice(population)[2], rng)
            if rng.random() < 0.4:
                recipe = _changed(recipe, rng)
        policy = build(recipe, seed)
        if len(policy.text) > size:
            continue
        tried += 1
        result = worker.analyse(policy)
        took = limit if result.seconds is None else result.seconds
        if not result.outcome.startswith("refused"):
            population.append((took + result.megabytes / 1000, result, recipe))
            population.sort(key=lambda one: -one[0])
            del population[12:]
        if result.outcome.startswith("crash"):
            console.print(f"[red]{result.outcome}[/]\n{policy.text[:2000]}")
    worker.close()
    console.print(f"{tried} policies of up to {size:,} characters tried; the worst:")
    for _, result, recipe in population[:5]:
        spent = "no end" if result.seconds is None else f"{result.seconds:.3f} s"
        console.print(
            f"{spent}, {result.megabytes:.0f} MB, {result.outcome}, {len(build(recipe, seed).text):,} characters"
        )
        for part in recipe:
            console.print(f"    {part}", highlight=False)


def main() -> None:
    """Measure the families, or look for worse."""
    parser = argparse.ArgumentParser(description="The worst that a legal policy can do.")
    parser.add_argument("--only", default=",".join(NASTY), help="families, separated by commas")
    parser.add_argument("--growth", action="store_true", help="at an eighth, a quarter and half of the size too")
    parser.add_argument("--limit", type=float, default=10, help="seconds of wall clock for one policy (%(default)s)")
    parser.add_argument("--size", type=int, default=LIMIT, help="characters (%(default)s)")
    parser.add_argument("--search", type=float, default=0, metavar="SECONDS", help="look for worse ones so long")
    parser.add_argument("--seed", type=int, default=1, help="of the search (%(default)s)")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work()
        return
    console = Console()
    console.width = max(console.width, 120)
    if options.search:
        search(options.search, options.limit, options.seed, options.size, console)
        return
    sizes = [options.size // part for part in (8, 4, 2, 1)] if options.growth else [options.size]
    if not run_families(options.only.split(","), options.limit, sizes, console):
        sys.exit(1)


if __name__ == "__main__":
    main()
