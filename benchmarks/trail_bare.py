"""What any program has to do with a trail, as a process of its own: inflate it, and group what decides a policy.

It keeps nothing of a file once the next one is read, and maps nothing to actions: nobody who reads these files in
Python has less to do.

    python benchmarks/trail_bare.py inflate trail/
    python benchmarks/trail_bare.py group trail/
"""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
from isal import isal_zlib

NOTHING: Final = msgspec.Raw()


class Issuer(msgspec.Struct, rename="camel", gc=False):
    arn: str | None = None


class Session(msgspec.Struct, rename="camel", gc=False):
    session_issuer: Issuer | None = None


class Identity(msgspec.Struct, rename="camel", gc=False):
    type: str | None = None
    arn: str | None = None
    account_id: str | None = None
    principal_id: str | None = None
    invoked_by: str | None = None
    session_context: Session | None = None


class Record(msgspec.Struct, rename="camel", gc=False):
    """Those fields that an answer needs, and no more."""

    event_time: str
    event_source: str | None = None
    event_name: str | None = None
    event_id: str | None = msgspec.field(name="eventID", default=None)
    aws_region: str | None = None
    error_code: str | None = None
    recipient_account_id: str | None = None
    user_identity: Identity | None = None
    request_parameters: msgspec.Raw = NOTHING
    resources: msgspec.Raw = NOTHING


class LogFile(msgspec.Struct, rename="pascal", gc=False):
    records: list[Record]


class Tally(msgspec.Struct, gc=False):
    first: str
    last: str
    count: int = 1


decode: Final = msgspec.json.Decoder(LogFile).decode


def inflated(folder: Path) -> Iterator[bytes]:
    """Yield the content of each file."""
    for file in sorted(folder.rglob("*.json.gz")):
        yield isal_zlib.decompress(file.read_bytes(), 16 + zlib.MAX_WBITS)


def inflate(folder: Path) -> int:
    """Return how many bytes there are."""
    return sum(map(len, inflated(folder)))


def group(folder: Path) -> int:
    """Return how many records there are, all of them grouped, file by file."""
    count = 0
    for content in inflated(folder):
        records = decode(content).records
        _grouped(records)
        count += len(records)
    return count


def _grouped(records: Iterable[Record]) -> Mapping[tuple[object, ...], Tally]:
    found: dict[tuple[object, ...], Tally] = {}
    for one in records:
        time = one.event_time
        key = (
            _principal(one.user_identity),
            one.event_source,
            one.event_name,
            one.aws_region,
            one.recipient_account_id,
            one.error_code,
            time[:10],
            bytes(one.request_parameters),
            bytes(one.resources),
        )
        tally = found.get(key)
        if tally is None:
            found[key] = Tally(time, time)
            continue
        tally.count += 1
        if time < tally.first:
            tally.first = time
        elif time > tally.last:
            tally.last = time
    return found


def _principal(identity: Identity | None) -> str | None:
    if identity is None:
        return None
    session = identity.session_context
    return session.session_issuer.arn if session and session.session_issuer else identity.arn


PARTS: Final[Mapping[str, Callable[[Path], int]]] = {"inflate": inflate, "group": group}

if __name__ == "__main__":
    print(PARTS[sys.argv[1]](Path(sys.argv[2])))
