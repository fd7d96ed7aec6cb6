"""The policies that a cloud provider's own analyzer gave up on: n statements whose patterns all overlap each other.

Each Allow has a user pattern with one letter of the same word replaced by `*`, a source of its own, and an address
range within the one before. Every pair of a pattern and a source is a finding: n x n of them. The policies are those of
the published artifact of AccessRefinery (FSE 2026, github.com/XJTU-NetVerify/accessrefinery), made longer in the same
way; keys are counted as there, with principal, action and resource: 5 keys are two condition keys.

    python benchmarks/overlap.py                               5 and 6 keys, up to 15 statements
    python benchmarks/overlap.py --keys 4,5,5*,6,7,8 --max-statements 40 --plot overlap.svg

Times are CPU seconds of a fresh process, caches emptied, text in and findings with witnesses out; memory is what the
process grew by at its highest.
"""

import argparse
import gc
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from measure import Cold, fill_kept
from sekisho.analyzers.external import analyze_policy_document
from sekisho.analyzers.observation import AnalysisError, ExternalAccess

OWNER, OUTSIDER, BUCKET = "111122223333", "123456789012", "arn:aws:s3:::amzn-s3-demo-bucket"
WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
KEYS = ("4", "5", "5*", "6", "7", "8")
SIZES = (2, 3, 5, 7, 9, 10, 12, 15, 20, 25, 30, 35, 40)

PUBLISHED: Mapping[tuple[str, int], tuple[str, str, str, str]] = {
    ("5", 5): ("63 s", "24 / 6 s", "1.4 s", "5 ms"),
    ("5", 10): ("567 s", "229 / 187 s", "5.7 s", "27 ms"),
    ("5", 15): ("> 1 h", "1,184 s / > 1 h", "20 s", "194 ms"),
    ("6", 9): ("682 s", "1,569 s / > 1 h", "11 s", "160 ms"),
    ("6", 15): ("> 1 h", "> 1 h / > 1 h", "83 s", "2.9 s"),
}
"""AWS, wall clock; its algorithm done again with Z3 / CVC5; AccessRefinery; a prototype of the method used here."""

GOALS = {("5", 15): 0.2, ("6", 15): 1.0}


def overlapping(statements: int, keys: str = "5") -> str:
    """Return the policy with so many overlapping statements over so many keys.

    Args:
        statements: from 1 to 40; up to 15 the word is the published one.
        keys: one of `KEYS`; `5*` has two keys with overlapping patterns.
    """
    word = WORD[: max(15, statements)]
    made = [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "s3:ListBucket",
            "Resource": BUCKET,
            "Condition": _condition(number, word, keys),
        }
        for number in range(statements)
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": made}, separators=(",", ":"))


def _condition(number: int, word: str, keys: str) -> dict[str, dict[str, str]]:
    pattern = f"{word[:number]}*{word[number + 1 :]}"
    like = {"aws:PrincipalArn": f"arn:aws:iam::{OUTSIDER}:user/{pattern}"}
    if keys == "5*":
        return {"StringLike": {**like, "aws:PrincipalOrgId": f"o-{pattern}"}}
    condition = {"StringLike": like}
    count = int(keys)
    if count >= 5:
        condition["ArnLike"] = {"aws:SourceArn": f"arn:aws:sns:ap-northeast-1:{OUTSIDER}:{word}{number + 1}"}
    if count >= 6:
        condition["IpAddress"] = {"aws:SourceIp": _nested_range(number)}
    exact = {"aws:PrincipalOrgID": f"o-{word[:10]}{number + 1}", "aws:UserId": f"AROA{word[:10]}{number + 1}"}
    if count >= 7:
        condition["StringEquals"] = dict(list(exact.items())[: count - 6])
    return condition


def _nested_range(number: int) -> str:
    """Return a range within the one before; IPv4 has room for 17 of them below a /16, then IPv6 goes on."""
    return f"200.10.0.0/{16 + number}" if number <= 16 else f"2001:db8::/{32 + number - 17}"


def expected_findings(statements: int, keys: str) -> int:
    """Return how many findings the definition gives: n with one condition key, n x n with more."""
    return statements if keys == "4" else statements**2


@dataclass(frozen=True, slots=True)
class Measured:
    """What one policy took; None where it did not end within the limit, `findings` also where nothing was decided."""

    keys: str
    statements: int
    characters: int
    seconds: float | None
    findings: int | None
    megabytes: float | None

    @property
    def right(self) -> bool:
        """Whether every finding was made."""
        return self.findings == expected_findings(self.statements, self.keys)


def measure_here(statements: int, keys: str) -> dict[str, Any]:
    """Measure one policy in this process, which should be a fresh one."""
    text = overlapping(statements, keys)
    cold = Cold()
    fill_kept()
    analyze_policy_document(overlapping(1), resource_type="AWS::S3::Bucket", owner_account=OWNER, resource=BUCKET)
    cold.look_again()
    cold()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time_ns()
    analysis = analyze_policy_document(text, resource_type="AWS::S3::Bucket", owner_account=OWNER, resource=BUCKET)
    seconds = (time.process_time_ns() - start) / 1e9
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    undecided = any(isinstance(one.outcome, AnalysisError) for one in analysis.observations)
    regions = {
        (tuple(one.outcome.principal.items()), tuple(sorted(one.outcome.condition.items())))
        for one in analysis.observations
        if isinstance(one.outcome, ExternalAccess)
    }
    return {"seconds": seconds, "findings": None if undecided else len(regions), "megabytes": grown / 1024}


def measure(statements: int, keys: str, limit: float) -> Measured:
    """Measure one policy in a fresh process that gets `limit` seconds."""
    command = [sys.executable, __file__, "--here", f"{keys}/{statements}"]
    characters = len(overlapping(statements, keys))
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=limit, text=True)  # noqa: S603
    except subprocess.TimeoutExpired:
        return Measured(keys, statements, characters, None, None, None)
    said = json.loads(done.stdout)
    return Measured(keys, statements, characters, said["seconds"], said["findings"], said["megabytes"])


def run(options: argparse.Namespace, console: Console) -> list[Measured]:
    """Measure every size for every number of keys; larger ones are left out after one that did not end."""
    measured: list[Measured] = []
    for keys in options.keys.split(","):
        for statements in (one for one in SIZES if one <= options.max_statements):
            one = measure(statements, keys, options.limit)
            measured.append(one)
            if one.seconds is None:
                console.print(f"{keys} keys x {statements}: not within {options.limit:g} s; no larger", style="yellow")
                break
    return measured


def show(measured: Sequence[Measured], console: Console) -> None:
    """Print the table, and growth as a plot of text."""
    table = Table(title="n overlapping statements: text to findings with witnesses, CPU seconds, fresh process")
    for name in ("keys", "n", "characters", "findings", "", "seconds", "goal", "MB", "AWS, wall"):
        table.add_column(name, justify="right")
    for name in ("its algorithm, Z3 / CVC5", "AccessRefinery", "prototype"):
        table.add_column(name, justify="right")
    for one in measured:
        aws, again, refinery, prototype = PUBLISHED.get((one.keys, one.statements), ("", "", "", ""))
        goal = GOALS.get((one.keys, one.statements))
        met = one.seconds is not None and goal is not None and one.seconds <= goal
        table.add_row(
            one.keys,
            str(one.statements),
            f"{one.characters:,}",
            "" if one.findings is None else str(one.findings),
            _said(one),
            "no end" if one.seconds is None else f"{one.seconds:.3f}",
            "" if goal is None else f"[{'green' if met else 'red'}]{goal:g}[/]",
            "" if one.megabytes is None else f"{one.megabytes:.1f}",
            aws,
            again,
            refinery,
            prototype,
        )
    console.print(table)
    ended = [one for one in measured if one.seconds is not None]
    if ended:
        console.print("seconds, each mark a tenfold:", style="dim")
        least = min(math.log10(max(one.seconds or 0, 1e-6)) for one in ended)
        for one in ended:
            length = round(12 * (math.log10(max(one.seconds or 0, 1e-6)) - least)) + 1
            bar = "".join("|" if place % 12 == 0 else "-" for place in range(length))
            console.print(f"{one.keys:>2} keys {one.statements:>3}  {bar} {one.seconds:.3g}", highlight=False)
    for keys, power in growth(ended).items():
        console.print(f"{keys} keys: time grows as n to the {power:.1f}", style="dim")


def _said(one: Measured) -> str:
    if one.seconds is None:
        return ""
    if one.findings is None:
        return "[red]undecided[/]"
    return "[green]all[/]" if one.right else f"[red]of {expected_findings(one.statements, one.keys)}[/]"


def growth(measured: Sequence[Measured]) -> dict[str, float]:
    """Return, for each number of keys, the power of n that time grows with over the upper half of the sizes."""
    found: dict[str, float] = {}
    for keys in dict.fromkeys(one.keys for one in measured):
        series = [one for one in measured if one.keys == keys and one.seconds]
        upper = series[len(series) // 2 :]
        if len(upper) > 1 and upper[0].seconds and upper[-1].seconds:
            wider = math.log(upper[-1].statements / upper[0].statements)
            found[keys] = math.log(upper[-1].seconds / upper[0].seconds) / wider
    return found


_COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#d68910", "#34495e")
_PUBLISHED_SECONDS: Mapping[str, tuple[tuple[str, int, float], ...]] = {
    "AWS (wall)": (("5", 5, 63), ("5", 10, 567), ("6", 9, 682)),
    "AccessRefinery": (("5", 5, 1.4), ("5", 10, 5.7), ("5", 15, 20), ("6", 9, 11), ("6", 15, 83)),
}


def plot(measured: Sequence[Measured]) -> str:
    """Return growth as an SVG: seconds over statements, both on logarithmic axes, with the published figures."""
    ended = [one for one in measured if one.seconds]
    points = {
        f"{keys} keys": [(one.statements, one.seconds or 0) for one in ended if one.keys == keys]
        for keys in dict.fromkeys(one.keys for one in ended)
    }
    for name, figures in _PUBLISHED_SECONDS.items():
        for keys in ("5", "6"):
            points[f"{name}, {keys} keys"] = [(n, seconds) for of, n, seconds in figures if of == keys]
    everything = [point for series in points.values() for point in series]
    low = math.floor(math.log10(min(seconds for _, seconds in everything)))
    high = math.ceil(math.log10(max(seconds for _, seconds in everything)))
    first, last = math.log10(min(n for n, _ in everything)), math.log10(max(n for n, _ in everything))

    def across(n: float) -> float:
        return 70 + 520 * (math.log10(n) - first) / (last - first or 1)

    def down(seconds: float) -> float:
        return 400 - 370 * (math.log10(seconds) - low) / (high - low or 1)

    drawn = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 450" font-family="sans-serif" font-size="12">',
        '<rect width="820" height="450" fill="white"/>',
    ]
    for power in range(low, high + 1):
        y = down(10**power)
        drawn.append(f'<line x1="70" y1="{y:.1f}" x2="590" y2="{y:.1f}" stroke="#ddd"/>')
        drawn.append(f'<text x="62" y="{y + 4:.1f}" text-anchor="end">{10**power:g} s</text>')
    sizes = sorted({n for n, _ in everything})
    drawn += [f'<text x="{across(n):.1f}" y="420" text-anchor="middle">{n}</text>' for n in sizes]
    drawn.append('<text x="330" y="442" text-anchor="middle">overlapping statements</text>')
    for number, (name, series) in enumerate(points.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        dash = "" if name.endswith("keys") and "," not in name else ' stroke-dasharray="5 4"'
        path = " ".join(f"{across(n):.1f},{down(seconds):.1f}" for n, seconds in series)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        drawn += [
            f'<circle cx="{across(n):.1f}" cy="{down(seconds):.1f}" r="3" fill="{colour}"/>' for n, seconds in series
        ]
        drawn.append(f'<text x="605" y="{40 + 20 * number}" fill="{colour}">{name}</text>')
    return "\n".join([*drawn, "</svg>", ""])


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description="n statements whose patterns all overlap.")
    parser.add_argument("--keys", default="5,6", help=f"of {', '.join(KEYS)} (%(default)s)")
    parser.add_argument("--max-statements", type=int, default=15, help="from 2 to 40 (%(default)s)")
    parser.add_argument("--limit", type=float, default=60, help="seconds for one policy (%(default)s)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw growth as SVG")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        keys, _, statements = options.here.partition("/")
        print(json.dumps(measure_here(int(statements), keys)))
        return
    console = Console()
    console.width = max(console.width, 150)
    measured = run(options, console)
    show(measured, console)
    if options.plot is not None:
        options.plot.write_text(plot(measured), "utf-8")
    if options.json is not None:
        names = Measured.__slots__
        figures = [{name: getattr(one, name) for name in names} | {"right": one.right} for one in measured]
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
