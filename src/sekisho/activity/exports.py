"""Records out of the answers of Athena and CloudTrail Lake, which have a column for each member of a record.

Where a query asks for whole records (`eventJson`), they are taken as they are. Of others, the columns with structure
have to be JSON: what Athena and Lake print of a struct, `{type=AssumedRole, arn=…}`, has neither quotes nor escapes,
and cannot be read back.

Source: Athena User Guide, "Create tables for CloudTrail logs in Athena using partition projection", for the columns;
CloudTrail API Reference, "GetQueryResults".
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from sekisho.activity.errors import ActivityError, NotARecordFileError
from sekisho.resources.json_values import is_list, is_object

_WHOLE: Final = "eventjson"

_TEXTS: Final = (
    *("eventVersion", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent"),
    *("errorCode", "errorMessage", "requestID", "eventID", "eventType", "recipientAccountId", "sharedEventID"),
    *("vpcEndpointId", "eventCategory"),
)
_STRUCTURES: Final = ("userIdentity", "requestParameters", "resources")

_MEMBERS: Final = {name.lower(): name for name in (*_TEXTS, *_STRUCTURES)}
"""What a record calls the members that columns are named by; Athena's names are in lower case."""

_NEEDED: Final = (
    *("userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "errorCode", "requestParameters"),
    *("eventID", "eventType", "recipientAccountId"),
)
"""Without these, somebody else's or a denied call would pass for one that was allowed, or one would count twice."""

_BELOW: Final = {
    name.lower(): name
    for name in (
        *("type", "principalId", "arn", "accountId", "invokedBy", "accessKeyId", "userName", "identityProvider"),
        *("credentialId", "onBehalfOf", "userId", "identityStoreArn", "inScopeOf", "sourceArn", "sourceAccount"),
        *("issuerType", "credentialsIssuedTo", "sessionContext", "attributes", "mfaAuthenticated", "creationDate"),
        *("sessionIssuer", "ec2RoleDelivery", "webIdFederationData", "federatedProvider", "sourceIdentity"),
        *("assumedRoot", "invokedByDelegate"),
    )
}
"""What a record calls the members of `userIdentity`.

Source: CloudTrail User Guide, "CloudTrail userIdentity element".
"""

_OF_RESOURCES: Final = {"arn": "ARN", "arnprefix": "ARNPrefix", "accountid": "accountId", "type": "type"}

_LARGEST_FIELD: Final = 2**31 - 1


class UnreadableColumnError(ActivityError):
    """A column of an export is in a form that cannot be read back; the message has the remedy."""


def is_table(text: bytes) -> bool:
    """Say whether a text begins with the header of an export."""
    try:
        return any(map(_is_header, _rows(text.partition(b"\n")[0].decode())))
    except (csv.Error, UnicodeDecodeError):
        return False


def records_of_table(text: bytes) -> Iterator[Any]:
    """Yield the records of a CSV file, and for a row that cannot be read an `UnreadableColumnError`.

    Args:
        text: with a header, in UTF-8.

    Raises:
        NotARecordFileError: columns are missing, or it is not CSV.
    """
    try:
        rows = _rows(text.decode())
        header = next(rows)
        yield from _records(header, rows)
    except (csv.Error, UnicodeDecodeError) as error:
        raise NotARecordFileError(f"the file is damaged: {error}") from error


def records_of_answer(answer: Mapping[str, Any]) -> list[Any] | None:
    """Return the records in what `GetQueryResults` of Lake or of Athena answers; None for another answer.

    Raises:
        NotARecordFileError: columns are missing.
    """
    if is_list(found := answer.get("QueryResultRows")):
        return [record for row in found for record in _of_lake(row)]
    results = answer.get("ResultSet")
    if not is_object(results) or not is_list(found := results.get("Rows")):
        return None
    rows = [[_text(cell.get("VarCharValue")) for cell in row["Data"]] for row in found if _is_row(row)]
    if not rows or not _is_header(rows[0]):
        raise NotARecordFileError(
            "the answer of Athena does not begin with the names of its columns, as only the first page does; read "
            "the CSV file that Athena has written instead"
        )
    return list(_records(rows[0], iter(rows[1:])))


def _rows(text: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LARGEST_FIELD)  # requestParameters alone may have 100 KB
    return csv.reader(io.StringIO(text, newline=""), strict=True)


def _is_header(names: Sequence[str]) -> bool:
    lowered = {name.lower() for name in names}
    return _WHOLE in lowered or len(lowered & _MEMBERS.keys()) >= _ENOUGH


_ENOUGH: Final = 2
"""How many columns tell that a table is one of records."""


def _is_row(row: Any) -> bool:
    return is_object(row) and is_list(cells := row.get("Data")) and all(map(is_object, cells))


def _of_lake(row: Any) -> Iterator[Any]:
    """Yield the record of a row of Lake, which is a list of objects with a column each."""
    cells = [cell for cell in row if is_object(cell)] if is_list(row) else []
    names = [name for cell in cells for name in cell]
    return _records(names, iter([[_text(value) for cell in cells for value in cell.values()]]))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _records(header: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[Any]:
    names = [name.lower() for name in header]
    if _WHOLE in names:
        at = names.index(_WHOLE)
        for row in rows:
            yield _whole(row[at] if len(row) > at else "")
        return
    if missing := [name for name in _NEEDED if name.lower() not in names]:
        raise NotARecordFileError(
            f"the export lacks the columns {', '.join(missing)}; select them, or of CloudTrail Lake eventJson alone"
        )
    for row in rows:
        if row:
            yield _record(dict(zip(names, row, strict=False)))


def _whole(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UnreadableColumnError("the column eventJson is no JSON")


def _record(row: Mapping[str, str]) -> Any:
    record: dict[str, Any] = {}
    try:
        for column, member in _MEMBERS.items():
            if text := row.get(column, ""):
                record[member] = _structure(member, text) if member in _STRUCTURES else text
    except UnreadableColumnError as error:
        return error
    record["eventTime"] = _time(record.get("eventTime", ""))
    return record


def _structure(member: str, text: str) -> Any:
    """Return what a column with structure says.

    Raises:
        UnreadableColumnError: it is no JSON, or JSON that has lost its names.
    """
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
        if text.strip() == "null":
            return None
    if member == "resources":
        if value is None or (is_list(value) and not all(map(is_object, value))):
            raise _unreadable(member)
        return [_renamed(one, _OF_RESOURCES) for one in value] if is_list(value) else None
    if not is_object(value) and text.strip() != "null":
        raise _unreadable(member)
    return _renamed(value, _BELOW) if member == "userIdentity" else value


def _unreadable(member: str) -> UnreadableColumnError:
    return UnreadableColumnError(
        f"the column {member} is not a JSON object: a struct as it is printed cannot be read back; select "
        f"`json_format(CAST({member.lower()} AS JSON)) AS {member.lower()}`, with engine version 3 of Athena, or of "
        "CloudTrail Lake eventJson alone"
    )


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value with members that are called as in a record, without those that are null."""
    if is_object(value):
        return {
            names.get(name.lower(), name): _renamed(inner, names) for name, inner in value.items() if inner is not None
        }
    return value


def _time(text: str) -> str:
    """Return a time as a record writes it: Lake has `2026-11-01 10:00:00.000`."""
    day, _, clock = text.replace("T", " ").removesuffix(" UTC").partition(" ")
    return f"{day}T{clock.partition('.')[0].removesuffix('Z')}Z" if clock else text
