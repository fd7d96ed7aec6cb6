"""Texts that a policy compares a key with, letter by letter, though the key can't have them.

What is written out may be taken to exist, or to be a slip that nothing matches: nobody says which. Questions with such
a text are left out.
"""

import re
from collections.abc import Iterable

from oracle.mentions import Mentions
from oracle.texts import UnsupportedError
from sekisho.policy.operators import BaseOperator, Comparison, Family
from sekisho.reasoning import World as KnownWorld

_ID = "[a-z0-9-]+"
_NAME = "[A-Za-z0-9+=,.@_-]+"
_FORMS = {
    "aws:principalorgid": _ID,
    "aws:sourcevpc": _ID,
    "aws:sourcevpce": _ID,
    "aws:vpceorgid": _ID,
    "aws:sourceorgid": _ID,
    "aws:sourcearn": "arn:{partition}:(?:[a-z0-9-]+:[a-z0-9-]*:[^:*?$]+:(?:[a-z-]+:)?[!-9;-~]+|s3:::[!-9;-~]+)",
    "aws:principalarn": (
        f"arn:{{partition}}:(?:iam::[^:*?$]+:(?:root|(?:user|role)/(?:[!-~]+/)?{_NAME})"
        f"|sts::[^:*?$]+:federated-user/{_NAME})"
    ),
}


def check_spelling(known: KnownWorld, mentions: Mentions) -> bool:
    """Look for texts that their key can't have; say whether there can be none, as there can through a variable.

    Raises:
        UnsupportedError: there is one.
    """
    for key, form in _FORMS.items():
        expected = re.compile(form.replace("{partition}", known.partition))
        for condition in mentions.conditions.get(key, ()):
            for text in _literal(condition.operator.base, condition.values):
                if expected.fullmatch(text) is None:
                    raise UnsupportedError(f"`{key}` can't be `{text}`")
    return not any("${" in text for key in _FORMS for text in mentions.values(key))


def _literal(base: BaseOperator, values: Iterable[str]) -> Iterable[str]:
    if base.family is not Family.STRING or base.comparison is Comparison.EQUAL_IGNORING_CASE:
        return ()
    if base.comparison is Comparison.EQUAL:
        return (one for one in values if "${" not in one)
    return (one for one in values if not {"*", "?"} & set(one) and "${" not in one)
