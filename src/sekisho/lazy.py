"""Packages that load what they export when it is asked for.

A process that only reads log files needs neither SQLAlchemy nor botocore, which take a third of a second.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def names_of(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package.

    Args:
        package: its name.
        modules: the names that it exports, by the module in it that has them.

    Source: PEP 562, "Module __getattr__ and __dir__".
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def find(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module `{package}` has no attribute `{name}`")
        return getattr(import_module(f"{package}.{module_of[name]}"), name)

    return find
