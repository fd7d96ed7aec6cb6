"""The smallest example that still shows a disagreement: things are left out for as long as it stays."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from oracle.differential import Example
from oracle.grammar import Document

MOST_TRIALS = 400


def shrink(example: Example, shows: Callable[[Example], bool]) -> Example:
    """Return a smaller example that shows the same."""
    trials = 0
    progress = True
    while progress:
        progress = False
        for smaller in _smaller(example):
            trials += 1
            if trials > MOST_TRIALS:
                return example
            if shows(smaller):
                example, progress = smaller, True
                break
    return example


def _smaller(example: Example) -> Iterator[Example]:
    if example.organization_id is not None:
        yield replace(example, organization_id=None)
    for place, document in enumerate(example.documents):
        rest = example.documents[:place], example.documents[place + 1 :]
        if len(example.documents) > 1:
            yield replace(example, documents=(*rest[0], *rest[1]))
        for smaller in _smaller_documents(document):
            yield replace(example, documents=(*rest[0], smaller, *rest[1]))


def _smaller_documents(document: Document) -> Iterator[Document]:
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    for place, statement in enumerate(statements):
        before, after = statements[:place], statements[place + 1 :]
        if len(statements) > 1:
            yield {**document, "Statement": [*before, *after]}
        for smaller in _smaller_statements(statement):
            yield {**document, "Statement": [*before, smaller, *after]}


_PLAINEST = {"Principal": "*", "Action": "s3:*", "Resource": "*"}


def _smaller_statements(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Sid" in statement:
        yield {name: value for name, value in statement.items() if name != "Sid"}
    for name, plainest in _PLAINEST.items():
        for spelled in (name, f"Not{name}"):
            if spelled not in statement:
                continue
            if statement[spelled] != plainest:
                others = {one: value for one, value in statement.items() if one != spelled}
                yield {**others, name: plainest}
            for fewer in _fewer(statement[spelled]):
                yield {**statement, spelled: fewer}
    conditions = statement.get("Condition")
    if isinstance(conditions, dict):
        yield {name: value for name, value in statement.items() if name != "Condition"}
        for operator, block in conditions.items():
            others = {one: value for one, value in conditions.items() if one != operator}
            yield {**statement, "Condition": others}
            for fewer in _fewer(block):
                yield {**statement, "Condition": {**others, operator: fewer}}


def _fewer(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        if len(value) == 1:
            yield value[0]
        else:
            yield from (value[:place] + value[place + 1 :] for place in range(len(value)))
    elif isinstance(value, dict):
        for key in value:
            others = {one: kept for one, kept in value.items() if one != key}
            if others:
                yield others
            yield from ({**others, key: fewer} for fewer in _fewer(value[key]))


def as_json(example: Example) -> dict[str, Any]:
    """Return an example as JSON has it."""
    return {"documents": list(example.documents), "organization_id": example.organization_id}


def from_json(text: str) -> Example:
    """Read an example back."""
    found = json.loads(text)
    return Example(tuple(found["documents"]), found["organization_id"])
