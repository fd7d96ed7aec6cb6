"""Calls that need several actions, or one that their parameters tell."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sekisho.activity.actions.needed import Answer, NeededAction, Unmapped, inferred, mapped, same_name
from sekisho.activity.actions.parameters import (
    arn,
    bucket_arn,
    fields,
    is_given,
    items,
    parameters_of,
    text,
    texts,
    words,
)
from sekisho.activity.call import Call
from sekisho.policy.patterns import literal

READS: Final = frozenset(
    words(
        """requestitems transactitems transactstatements statements statement operation tablename secretidlist
        filters sourcekeyid destinationkeyid querystring tags transitivetagkeys sourceidentity layers code content
        s3bucket s3key s3objectversion secretarn awsservicename servicenamespace"""
    )
)

_TRANSACTION: Final[Mapping[str, str]] = {
    "put": "PutItem",
    "update": "UpdateItem",
    "delete": "DeleteItem",
    "conditioncheck": "ConditionCheckItem",
    "check": "ConditionCheckItem",
    "get": "GetItem",
}
_PARTIQL: Final = ("Select", "Insert", "Update", "Delete")
_TABLE_IN_STATEMENT: Final = re.compile(
    r'^\s*(?:select\b.*?\bfrom|insert\s+into|delete\s+from|update)\s+"?([\w.-]{1,255})"?(?:\."?([\w.-]{1,255})"?)?',
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_STATEMENT: Final = 8192
_QUERIES: Final[Mapping[str, str]] = {
    "show databases": "ListDatabases",
    "show tables": "ListTables",
    "show measures": "ListMeasures",
    "describe": "DescribeTable",
    "unload": "Unload",
}


def transaction(call: Call) -> Answer:
    """Return the actions of a transaction of DynamoDB on each of its tables.

    Source: DynamoDB Developer Guide, "Using IAM with DynamoDB transactions".
    """
    tables: defaultdict[str, set[str]] = defaultdict(set)
    for action, table in _transaction_items(call):
        tables[action].add(table)
    if not tables:
        if call.name == "TransactGetItems":
            return (mapped("dynamodb:GetItem", "a transaction that reads"),)
        return Unmapped("the record does not say what the transaction wrote")
    return _on_tables(call, tables, "part of the transaction")


def _transaction_items(call: Call) -> Iterator[tuple[str, str]]:
    parameters = parameters_of(call)
    for item in map(fields, items(parameters.get("requestitems"))):
        action = _TRANSACTION.get(text(item.get("operation")).lower())
        if action:
            yield action, text(item.get("tablename"))
    for item in map(fields, items(parameters.get("transactitems"))):
        for kind, action in _TRANSACTION.items():
            if kind in item:
                yield action, text(fields(item[kind]).get("tablename"))


def _on_tables(call: Call, tables: Mapping[str, set[str]], rule: str) -> tuple[NeededAction, ...]:
    """Return actions on tables by name; an unknown table leaves the resources of its action to the general rules."""
    found: list[NeededAction] = []
    for action, names in sorted(tables.items()):
        known = None if "" in names else tuple(sorted(_table(call, name) for name in names))
        found.append(mapped(f"dynamodb:{action}", rule, known))
    return tuple(found)


def _table(call: Call, name: str) -> str:
    return literal(name) if name.startswith("arn:") else arn(call, "dynamodb", f"table/{literal(name)}")


def partiql(call: Call) -> Answer:
    """Return the actions of PartiQL statements, by their first words.

    Source: DynamoDB Developer Guide, "IAM security policies with PartiQL for DynamoDB".
    """
    tables: defaultdict[str, set[str]] = defaultdict(set)
    for statement in _statements(parameters_of(call)):
        words = statement[:64].split()
        kind = words[0].capitalize() if words else ""
        if kind in _PARTIQL:
            found = _TABLE_IN_STATEMENT.match(statement[:_LONGEST_STATEMENT])
            tables[f"PartiQL{kind}"].add("" if found is None else _of_statement(found))
    if not tables:
        return Unmapped("the record does not have the statement")
    return _on_tables(call, tables, "first word of the PartiQL statement")


def _of_statement(found: re.Match[str]) -> str:
    table, index = found.groups()
    return f"{table}/index/{index}" if index else table


def _statements(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield text(parameters.get("statement"))
    for name in ("statements", "transactstatements", "requestitems"):
        for item in map(fields, items(parameters.get(name))):
            yield text(item.get("statement")) or text(item.get("operation"))


def timestream_query(call: Call) -> Answer:
    """Return the action of a query of Timestream, by its first words.

    Source: Timestream Developer Guide, "Identity and access management": SELECT, SHOW, DESCRIBE and UNLOAD statements.
    """
    words = " ".join(text(parameters_of(call).get("querystring"))[:64].lower().split())
    action = next((action for start, action in _QUERIES.items() if words.startswith(start)), "Select")
    return (mapped(f"timestream:{action}", "first words of the query"),)


def batch_get_secrets(call: Call) -> Answer:
    """Return the actions of BatchGetSecretValue; secrets found by a filter have events of their own.

    Source: Secrets Manager API reference, "BatchGetSecretValue".
    """
    own = same_name("secretsmanager:BatchGetSecretValue")
    parameters = parameters_of(call)
    secrets = tuple(sorted({_secret(call, name) for name in texts(parameters.get("secretidlist"))}))
    if secrets:
        return (own, mapped("secretsmanager:GetSecretValue", "for each secret of the batch", secrets))
    if is_given(parameters.get("filters")):
        return (own, inferred("secretsmanager:ListSecrets", "the batch is chosen by filters"))
    return (own,)


def _secret(call: Call, name: str) -> str:
    if name.startswith("arn:"):
        return literal(name)
    return arn(call, "secretsmanager", f"secret:{literal(name)}-??????")


def reencrypt(call: Call) -> Answer:
    """Return both actions of ReEncrypt, each on its own key. Source: KMS API reference, "ReEncrypt"."""
    parameters = parameters_of(call)
    keys = sorted({one.arn for one in call.resources if ":key/" in one.arn})
    source, target = (_key(call, text(parameters.get(name))) for name in ("sourcekeyid", "destinationkeyid"))
    source = source or _other(keys, target)
    target = target or _other(keys, source)
    rule = "ReEncrypt decrypts with one key and encrypts with another"
    return (
        mapped("kms:ReEncryptFrom", rule, (source,) if source else None),
        mapped("kms:ReEncryptTo", rule, (target,) if target else None),
    )


def _key(call: Call, name: str) -> str:
    """Return the ARN of a key; empty for an alias, which is no resource of these actions."""
    if ":key/" in name:
        return literal(name)
    is_alias = not name or name.startswith(("alias/", "arn:"))
    return "" if is_alias else arn(call, "kms", f"key/{literal(name)}")


def _other(keys: list[str], known: str) -> str:
    others = [key for key in keys if key != known] or keys
    return others[0] if len(others) == 1 else ""


def bucket_code(call: Call) -> tuple[NeededAction, ...]:
    """Return what Lambda reads with the caller's rights: code in S3, and layers.

    Source: Lambda Developer Guide, "Execution role and user permissions"; "Granting layer access".
    """
    parameters = parameters_of(call)
    found: list[NeededAction] = []
    for place in (parameters, fields(parameters.get("code")), fields(parameters.get("content"))):
        bucket, key = text(place.get("s3bucket")), text(place.get("s3key"))
        if bucket and key:
            action = "s3:GetObjectVersion" if text(place.get("s3objectversion")) else "s3:GetObject"
            found.append(inferred(action, "the code is in S3", (bucket_arn(call, f"{bucket}/{key}"),)))
    layers = tuple(sorted({literal(one) for one in texts(parameters.get("layers")) if one.startswith("arn:")}))
    if layers:
        found.append(inferred("lambda:GetLayerVersion", "the function has layers", layers))
    return tuple(found)


def data_api_secret(call: Call) -> tuple[NeededAction, ...]:
    """Return the action on the secret of a call of a data API.

    Source: Aurora User Guide, "Authorizing access to the Amazon RDS Data API"; Redshift Management Guide, "Authorizing
    access to the Amazon Redshift Data API".
    """
    secret = text(parameters_of(call).get("secretarn"))
    if not secret.startswith("arn:"):
        return ()
    return (inferred("secretsmanager:GetSecretValue", "credentials are in the secret", (literal(secret),)),)


def session(call: Call) -> tuple[NeededAction, ...]:
    """Return what a session with tags or a source identity needs.

    Source: IAM User Guide, "Pass session tags in AWS STS"; "Monitor and control actions taken with assumed roles".
    """
    parameters = parameters_of(call)
    found: list[NeededAction] = []
    if is_given(parameters.get("tags")) or is_given(parameters.get("transitivetagkeys")):
        found.append(inferred("sts:TagSession", "the session has tags"))
    if is_given(parameters.get("sourceidentity")):
        found.append(inferred("sts:SetSourceIdentity", "the session has a source identity"))
    return tuple(found)


def service_linked_role(call: Call) -> Answer:
    """Return the action with the service that the role is for, without which it would allow those of all services."""
    name = text(parameters_of(call).get("awsservicename"))
    own = same_name("iam:CreateServiceLinkedRole")
    if not name:
        return (own,)
    return (NeededAction(own.action, own.basis, own.rule, context={"iam:AWSServiceName": (literal(name),)}),)


def scaling(call: Call) -> Answer:
    """Return the action of Auto Scaling, or of Application Auto Scaling, whose events have the same source.

    Source: Application Auto Scaling User Guide, "Log API calls using AWS CloudTrail"; only its calls name a service.
    """
    if text(parameters_of(call).get("servicenamespace")):
        return (mapped(f"application-autoscaling:{call.name}", "a service is named"),)
    return (same_name(f"autoscaling:{call.name}"),)


WHOLE: Final[Mapping[str, Mapping[str, Callable[[Call], Answer]]]] = {
    "autoscaling": dict.fromkeys(words("PutScalingPolicy DescribeScalingActivities DescribeScheduledActions"), scaling),
    "dynamodb": {
        "TransactWriteItems": transaction,
        "TransactGetItems": transaction,
        "ExecuteStatement": partiql,
        "BatchExecuteStatement": partiql,
        "ExecuteTransaction": partiql,
    },
    "iam": {"CreateServiceLinkedRole": service_linked_role},
    "kms": {"ReEncrypt": reencrypt},
    "secretsmanager": {"BatchGetSecretValue": batch_get_secrets},
    "timestream": {"Query": timestream_query},
}
"""Calls whose actions all depend on their parameters, by prefix and name."""

FURTHER: Final[Mapping[str, Mapping[str, Callable[[Call], tuple[NeededAction, ...]]]]] = {
    "lambda": dict.fromkeys(
        ("CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishLayerVersion"), bucket_code
    ),
    "rds-data": dict.fromkeys(
        words(
            """BatchExecuteStatement BeginTransaction CommitTransaction ExecuteSql ExecuteStatement
            RollbackTransaction"""
        ),
        data_api_secret,
    ),
    "redshift-data": dict.fromkeys(
        words("BatchExecuteStatement DescribeTable ExecuteStatement ListDatabases ListSchemas ListTables"),
        data_api_secret,
    ),
    "sts": dict.fromkeys(("AssumeRole", "GetFederationToken"), session),
}
"""What calls may need beside the action that they have, by prefix and name."""
