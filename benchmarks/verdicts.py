"""How fast a verdict is, with its witness, from the text of a policy; and what others take for the same question.

Every policy is distinct and every cache is emptied before it; what is kept is named in the output. Times are CPU time
of this process on one core, with the cost of the clock taken off, the least of three rounds over all policies: what
else a machine does only adds. `json.loads` of the same text is measured in the same loop, so that the ratio holds on
any machine.

    python benchmarks/verdicts.py                        2,000 policies
    python benchmarks/verdicts.py --count 200 --only-own quickly
    python benchmarks/verdicts.py --json verdicts.json   the figures as data
"""

import argparse
import gc
import json
import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from measure import KEPT, Cold, clock_cost, cpu_ns, fill_kept, left_behind, percentile, summary
from others import Tool, tools
from policies import GeneratedPolicy, describe, generate
from probes import Probe, probes
from sekisho.analyzers.external import analyze_policy_document
from sekisho.analyzers.observation import AnalysisError, ResourceAnalysis
from sekisho.analyzers.subject import Subject, question_of
from sekisho.evaluation import Request, evaluate_policy
from sekisho.policy import Policy, PolicyError, parse_policy
from sekisho.reasoning import ReasoningError, solve
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.registry import read_exposure
from sekisho.resources.zone import ZoneOfTrust, ZoneType

GOALS = {"median_ms": 0.15, "ratio": 25.0, "p99_ms": 2.0, "max_ms": 10.0, "per_second": 5800.0, "evaluator_us": 50.0}


@dataclass
class Times:
    """CPU nanoseconds for each policy, and what came out."""

    verdict: list[int] = field(default_factory=list)
    json: list[int] = field(default_factory=list)
    parse: list[int] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: int = 0


def measure_verdicts(policies: Sequence[GeneratedPolicy], cold: Cold, *, repeat: int, collect: bool) -> Times:
    """Measure each policy: `json.loads`, `parse_policy`, and the whole way to findings with witnesses.

    Each is measured once in a round, after another one, as in use; its time is the least of all rounds.
    """
    cost = clock_cost()
    times = Times()
    gc.collect()
    gc.freeze()
    if not collect:
        gc.disable()
    rounds: list[list[tuple[int, int, int]]] = []
    try:
        for _ in range(repeat):
            rounds.append([])
            times.outcomes.clear()
            times.findings = 0
            for number, policy in enumerate(policies):
                found, taken = _measured(policy, cold, cost)
                rounds[-1].append(taken)
                times.outcomes[_outcome(found)] += 1
                times.findings += 0 if found is None else len(found.observations)
                if not collect and number % 50 == 0:
                    gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
    for of_policy in zip(*rounds, strict=True):
        loaded, parsed, decided = map(min, zip(*of_policy, strict=True))
        times.json.append(loaded)
        times.parse.append(parsed)
        times.verdict.append(decided)
    return times


def _measured(policy: GeneratedPolicy, cold: Cold, cost: int) -> tuple[ResourceAnalysis | None, tuple[int, int, int]]:
    results: list[ResourceAnalysis | None] = []
    cold()
    loaded = cpu_ns(lambda: json.loads(policy.text), cost)
    cold()
    parsed = cpu_ns(lambda: parse_policy(policy.text), cost)
    cold()
    decided = cpu_ns(lambda: results.append(analyze(policy)), cost)
    return results[0], (loaded, parsed, decided)


def analyze(policy: GeneratedPolicy | Probe) -> ResourceAnalysis | None:
    """Return the analysis of a policy; None when it is refused."""
    try:
        return analyze_policy_document(
            policy.text,
            resource_type=policy.resource_type,
            owner_account=policy.owner_account,
            resource=policy.resource,
            in_words=False,
        )
    except PolicyError:
        return None


def _outcome(analysis: ResourceAnalysis | None) -> str:
    if analysis is None:
        return "refused"
    if any(isinstance(one.outcome, AnalysisError) for one in analysis.observations):
        return "undecided"
    return "outside" if analysis.observations else "closed"


def requests_of(policies: Sequence[GeneratedPolicy]) -> list[tuple[Policy, Request]]:
    """Return, for policies that let somebody in, the policy and the request that shows it."""
    found: list[tuple[Policy, Request]] = []
    for policy in policies:
        raw = hypothetical_resource(
            policy.text,
            resource_type=policy.resource_type,
            owner_account=policy.owner_account,
            resource=policy.resource,
        )
        exposure = read_exposure(raw)
        zone = ZoneOfTrust(ZoneType.ACCOUNT, policy.owner_account, "us-east-1")
        subject = Subject(raw, zone, exposure, frozenset(), control_policies_known=True)
        for way in exposure.ways:
            try:
                regions = solve(question_of(subject, way))
            except ReasoningError:
                continue
            document = way.gates[0].documents[0].policy
            found += [(document, one.request) for region in regions for one in region.witnesses.values()]
    return found


def measure_evaluator(policies: Sequence[GeneratedPolicy], cold: Cold) -> dict[str, float]:
    """Return microseconds for one request decided by one policy: with caches warm, and with caches emptied."""
    pairs = requests_of(policies)[:2000]
    cost = clock_cost()
    warm = [min(cpu_ns(lambda: evaluate_policy(*pair), cost) for _ in range(3)) for pair in pairs]  # noqa: B023
    chilled: list[int] = []
    for policy, request in pairs:
        cold()
        chilled.append(cpu_ns(lambda: evaluate_policy(policy, request), cost))  # noqa: B023
    return {
        "requests": len(pairs),
        "warm_median_us": statistics.median(warm) / 1e3,
        "warm_p99_us": percentile(warm, 0.99) / 1e3,
        "cold_median_us": statistics.median(chilled) / 1e3,
        "cold_p99_us": percentile(chilled, 0.99) / 1e3,
    }


@dataclass(frozen=True, slots=True)
class Score:
    """How a tool did on the conformance cases."""

    asked: int
    wrong: tuple[str, ...]
    undecided: tuple[str, ...]


def score(answer: Callable[[Probe], bool | None], asked: Sequence[Probe], *, public: bool = False) -> Score:
    """Ask every case; one whose `public` is not said is left out where that is the question."""
    wrong: list[str] = []
    undecided: list[str] = []
    usable = [one for one in asked if not public or one.public is not None]
    for probe in usable:
        said = answer(probe)
        if said is None:
            undecided.append(probe.id)
        elif said != (probe.public if public else probe.outside):
            wrong.append(probe.id)
    return Score(len(usable), tuple(wrong), tuple(undecided))


def own_answer(probe: Probe) -> bool | None:
    """Answer a probe with the analyzer: whether anybody outside gets in; None when it is not decided."""
    match _outcome(analyze(probe)):
        case "outside":
            return True
        case "closed":
            return False
        case _:
            return None


def measure_tool(
    tool: Tool, policies: Sequence[GeneratedPolicy], asked: Sequence[Probe]
) -> tuple[list[int], int, Score]:
    """Return the nanoseconds of each policy, how many got no answer, and the score; caches stay warm for the tool."""
    spent: list[int] = []
    failures = 0
    answers: list[bool | None] = []
    for policy in policies:
        answers.clear()
        spent.append(cpu_ns(lambda: answers.append(tool.answer(policy))))  # noqa: B023
        failures += answers[0] is None
    return spent, failures, score(tool.answer, asked, public=tool.public)


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Measure everything and return it as data."""
    cold = Cold()
    fill_kept()
    warmed = list(generate(40, seed=options.seed + 1_000_003))
    for one in warmed:
        analyze(one)
    cold.look_again()
    cold()
    policies = list(generate(options.count, seed=options.seed))
    asked = list(probes())
    console.print(f"{options.count} policies, {len(asked)} conformance cases; measuring …", style="dim")
    leak = left_behind([lambda one=one: analyze(one) for one in policies[:400]], cold)  # type: ignore[misc]
    begun = time.perf_counter()
    times = measure_verdicts(policies, cold, repeat=options.repeat, collect=options.gc)
    wall = time.perf_counter() - begun
    own = summary(times.verdict)
    own_score = score(own_answer, asked)
    result: dict[str, Any] = {
        "machine": {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()},
        "settings": {name: value for name, value in vars(options).items() if name != "json"},
        "mix": describe(policies),
        "caches": {"kept": sorted(cold.kept), "emptied": sorted(cold.emptied), "blocks_left_per_policy": leak},
        "goals": GOALS,
        "verdict": own
        | {
            "ratio_of_medians": statistics.median(times.verdict) / statistics.median(times.json),
            "ratio_of_sums": sum(times.verdict) / sum(times.json),
            "outcomes": dict(times.outcomes),
            "findings": times.findings,
            "wall_s_of_the_loop": wall,
        },
        "json_loads": summary(times.json),
        "parse_policy": summary(times.parse) | {"ratio_of_sums": sum(times.parse) / sum(times.json)},
        "evaluator": measure_evaluator(policies[:400], cold),
        "score": _as_data(own_score),
        "others": {},
    }
    for tool in () if options.only_own else tools(options.limit):
        subset = policies[: options.solvers] if tool.slow else policies
        console.print(f"{tool.name}, {len(subset)} policies …", style="dim")
        spent, failures, scored = measure_tool(tool, subset, asked)
        result["others"][tool.name] = summary(spent) | {
            "version": tool.version, "asked_for": "public" if tool.public else "outside",
            "no_answer": failures, "score": _as_data(scored),
        }  # fmt: skip
    return result


def _as_data(one: Score) -> dict[str, Any]:
    return {"asked": one.asked, "wrong": list(one.wrong), "undecided": list(one.undecided)}


def show(result: Mapping[str, Any], console: Console, *, name_wrong: bool) -> None:
    """Print the tables."""
    mix, own = result["mix"], result["verdict"]
    console.print("  ".join(f"{name} {value:g}" for name, value in mix.items()), style="dim")
    table = Table(title="one policy, text to answer, CPU milliseconds on one core")
    for name in ("", "median", "p90", "p99", "max", "a second", "no answer", "wrong on cases"):
        table.add_column(name, justify="left" if not name else "right")
    outcomes = own["outcomes"]
    missing = outcomes.get("undecided", 0) + outcomes.get("refused", 0)
    _row(table, "sekisho, findings with witnesses, cold", own, missing, result["score"], style="bold")
    _row(table, "sekisho.parse_policy, cold", result["parse_policy"])
    _row(table, "json.loads", result["json_loads"])
    for name, one in result["others"].items():
        label = f"{name} {one['version']} ({one['asked_for']}, {one['count']} policies)"
        _row(table, label, one, one["no_answer"], one["score"])
    console.print(table)
    _show_goals(result, console)
    caches = result["caches"]
    console.print(f"outcomes: {own['outcomes']}, {own['findings']} findings", style="dim")
    console.print("caches kept, with published data only:", style="dim")
    for name in caches["kept"]:
        console.print(f"  {name}: {KEPT[name]}", style="dim")
    console.print(f"caches emptied before each policy: {len(caches['emptied'])}, and re.purge()", style="dim")
    left = caches["blocks_left_per_policy"]
    console.print(f"memory blocks left behind by a policy, caches emptied: {left:.2f}", style="dim")
    if left > 3:
        console.print("something remembers policies in a place that this benchmark does not know", style="red")
    if name_wrong:
        for name, one in {"sekisho": result, **result["others"]}.items():
            console.print(f"{name}, wrong: {', '.join(one['score']['wrong']) or 'none'}", highlight=False)
            console.print(f"{name}, no answer: {', '.join(one['score']['undecided']) or 'none'}", highlight=False)


def _row(
    table: Table,
    name: str,
    one: Mapping[str, Any],
    missing: int | None = None,
    scored: Mapping[str, Any] | None = None,
    *,
    style: str | None = None,
) -> None:
    said = "" if scored is None else f"{len(scored['wrong'])} + {len(scored['undecided'])}? of {scored['asked']}"
    table.add_row(
        name,
        *(f"{one[f'{figure}_ms']:.4g}" for figure in ("median", "p90", "p99", "max")),
        f"{one['per_second']:,.0f}",
        "" if missing is None else str(missing),
        said,
        style=style,
    )


def _show_goals(result: Mapping[str, Any], console: Console) -> None:
    own, evaluator = result["verdict"], result["evaluator"]
    table = Table(title="goals")
    for name in ("", "measured", "goal", ""):
        table.add_column(name)
    by_median = own["median_ms"] <= GOALS["median_ms"]
    near = own["ratio_of_medians"] <= GOALS["ratio"]
    rows = (
        ("median", f"{own['median_ms']:.3f} ms", "0.15 ms, or 25 x json.loads", by_median or near),
        ("median / median of json.loads", f"{own['ratio_of_medians']:.1f}", "25", by_median or near),
        ("sum / sum of json.loads", f"{own['ratio_of_sums']:.1f}", "", None),
        ("p99", f"{own['p99_ms']:.2f} ms", "2 ms", own["p99_ms"] <= GOALS["p99_ms"]),
        ("max", f"{own['max_ms']:.1f} ms", "10 ms", own["max_ms"] <= GOALS["max_ms"]),
        ("a second on one core", f"{own['per_second']:,.0f}", "5,800", own["per_second"] >= GOALS["per_second"]),
        (
            "undecided",
            str(own["outcomes"].get("undecided", 0)),
            "0",
            own["outcomes"].get("undecided", 0) == 0,
        ),
        (
            "evaluator, one request, warm / cold",
            f"{evaluator['warm_median_us']:.1f} / {evaluator['cold_median_us']:.1f} µs",
            "50 µs",
            evaluator["warm_median_us"] <= GOALS["evaluator_us"],
        ),
    )
    for name, measured, goal, met in rows:
        table.add_row(name, measured, goal, "" if met is None else "[green]met[/]" if met else "[red]missed[/]")
    console.print(table)


def main() -> None:
    """Measure, print, and write the figures where asked."""
    parser = argparse.ArgumentParser(description="How fast a verdict is, with its witness.")
    parser.add_argument("--count", type=int, default=2000, help="policies (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which policies (%(default)s)")
    parser.add_argument(
        "--repeat", type=int, default=3, help="rounds, of which each policy's least is taken (%(default)s)"
    )
    parser.add_argument("--gc", action="store_true", help="leave the garbage collector on while measuring")
    parser.add_argument("--only-own", action="store_true", help="leave other tools out")
    parser.add_argument("--solvers", type=int, default=200, help="policies for the SMT solvers (%(default)s)")
    parser.add_argument("--limit", type=float, default=2.0, help="seconds a solver gets for each (%(default)s)")
    parser.add_argument("--name-wrong", action="store_true", help="name the cases that each tool gets wrong")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    options = parser.parse_args()
    console = Console()
    console.width = max(console.width, 140)
    result = run(options, console)
    show(result, console, name_wrong=options.name_wrong)
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
