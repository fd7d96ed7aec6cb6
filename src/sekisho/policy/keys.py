"""Condition keys: how many values one may have.

Which keys say who the caller is, and which anyone can satisfy at will, is not a fact of the language: the analyzers
know that.
"""

from functools import lru_cache

from sekisho.policy.catalogue import service_condition_keys

GLOBAL_MULTIVALUED_KEYS = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "aws:vpceorgpaths",
    }
)
"""Source: IAM User Guide, "AWS global condition context keys", multivalued keys."""


@lru_cache(maxsize=4096)
def is_multivalued(key: str) -> bool:
    """Say whether a request can have several values for the key.

    Args:
        key: in lower case.
    """
    if key in GLOBAL_MULTIVALUED_KEYS or key.endswith(":amr"):
        return True
    service = key.partition(":")[0]
    described = service_condition_keys(service).get(key)
    return described is not None and described.startswith("ArrayOf")


@lru_cache(maxsize=4096)
def is_catalogued(key: str) -> bool:
    """Say whether the catalogue describes the key, so that it is known to have one value when it is not multivalued.

    Args:
        key: in lower case.
    """
    service = key.partition(":")[0]
    return service == "aws" or key in service_condition_keys(service)


def has_type(key: str) -> bool:
    """Say whether a request's value for the key is known to be a number, a date, an address or a flag.

    Args:
        key: in lower case.
    """
    service = key.partition(":")[0]
    if service == "aws":
        return True
    return service_condition_keys(service).get(key, "").removeprefix("ArrayOf") in _TYPES


_TYPES = frozenset({"Numeric", "Date", "IPAddress", "Bool", "Binary"})
