"""Measuring honestly: every cache emptied before each policy, CPU time of this process, and what was left behind.

A cache may stay only when nothing of a policy is in it; those are named in `KEPT`, which every benchmark prints.
"""

import functools
import gc
import math
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sekisho.policy.catalogue import CROSS_ACCOUNT, access_level, cross_account_actions, service_condition_keys

KEPT: Mapping[str, str] = {
    "sekisho.policy.catalogue.load_catalogue": "one file of the action catalogue for each service",
    "sekisho.policy.catalogue.cross_account_actions": "the actions of each resource type",
    "sekisho.policy.catalogue.cross_account_table": "the same, numbered",
    "sekisho.resources.s3_bucket._actions_on": "which actions are on a bucket, and which on its objects",
    "sekisho.resources.iam_role._asked_by": "who can ask for which actions on a role",
    "sekisho.policy.catalogue.service_condition_keys": "the condition keys of each service",
    "sekisho.policy.catalogue.access_level": "the access level of each action of the catalogue",
}
"""Functions, or containers of modules, that hold published data and nothing of a policy, with what they hold."""

_STANDARD = ("fnmatch", "ipaddress", "urllib.parse", "functools", "re", "datetime")
_MUTABLE = (dict, list, set)


class Cold:
    """Empties every cache that could remember a policy; made before the first policy is looked at."""

    def __init__(self) -> None:
        """Find the caches and remember what the containers of modules hold."""
        self._before: dict[str, tuple[Any, Any]] = {name: (one, one.copy()) for name, one in _containers()}
        self.emptied: set[str] = set()
        self.kept: set[str] = set()
        self._caches: list[Any] = []
        self.look_again()

    def look_again(self) -> None:
        """Find the caches once more: of modules that were loaded late, or made by functions."""
        self._caches.clear()
        for one in gc.get_objects():
            if not isinstance(one, functools._lru_cache_wrapper):  # noqa: SLF001 - the type has no public name
                continue
            module = str(getattr(one, "__module__", ""))
            name = f"{module}.{getattr(one, '__qualname__', '?')}"
            if name in KEPT:
                self.kept.add(name)
            elif module.partition(".")[0] == "sekisho" or module in _STANDARD:
                self._caches.append(one)
                self.emptied.add(name)
        for name, one in _containers():
            self._before.setdefault(name, (one, one.copy()))

    def __call__(self) -> None:
        """Empty them all."""
        for cache in self._caches:
            cache.cache_clear()
        re.purge()
        for name, (one, before) in self._before.items():
            if len(one) != len(before) and name not in KEPT:
                self.emptied.add(name)
                one.clear()
                one.extend(before) if isinstance(one, list) else one.update(before)


def fill_kept() -> None:
    """Read the published data once, so that no measured policy pays for it."""
    for resource_type in CROSS_ACCOUNT:
        for action in cross_account_actions(resource_type):
            access_level(action.name)
            service_condition_keys(action.name.partition(":")[0])


def _containers() -> Iterator[tuple[str, Any]]:
    """Yield the dicts, lists and sets that hang on modules and classes of ours: caches made by hand."""
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] != "sekisho":
            continue
        for name, value in list(vars(module).items()):
            if name.startswith("__"):
                continue
            if isinstance(value, _MUTABLE):
                yield f"{module_name}.{name}", value
            elif isinstance(value, type) and value.__module__ == module_name:
                for inner, held in list(vars(value).items()):
                    if isinstance(held, _MUTABLE) and not inner.startswith("_"):
                        yield f"{module_name}.{name}.{inner}", held


def left_behind(work: Sequence[Callable[[], object]], cold: Cold) -> float:
    """Return how many blocks of memory a piece of work leaves behind, on average, once the caches are empty.

    More than a few say that something remembers policies in a place that `Cold` does not know.
    """
    for one in work[: len(work) // 4]:
        one()
    cold()
    gc.collect()
    before = sys.getallocatedblocks()
    for one in work[len(work) // 4 :]:
        one()
    cold()
    gc.collect()
    return (sys.getallocatedblocks() - before) / max(1, len(work) - len(work) // 4)


def clock_cost() -> int:
    """Return the nanoseconds that reading the clock twice adds to what is measured."""
    costs: list[int] = []
    for _ in range(2000):
        start = time.process_time_ns()
        costs.append(time.process_time_ns() - start)
    return int(statistics.median(costs))


def cpu_ns(work: Callable[[], object], cost: int = 0) -> int:
    """Return the CPU nanoseconds of this process for one piece of work."""
    start = time.process_time_ns()
    work()
    return max(1, time.process_time_ns() - start - cost)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def summary(nanoseconds: Sequence[float]) -> dict[str, float]:
    """Return the usual figures in milliseconds, and how many a second."""
    if not nanoseconds:
        return {}
    return {
        "count": len(nanoseconds),
        "median_ms": statistics.median(nanoseconds) / 1e6,
        "p90_ms": percentile(nanoseconds, 0.9) / 1e6,
        "p99_ms": percentile(nanoseconds, 0.99) / 1e6,
        "max_ms": max(nanoseconds) / 1e6,
        "mean_ms": statistics.fmean(nanoseconds) / 1e6,
        "per_second": len(nanoseconds) * 1e9 / sum(nanoseconds),
    }
