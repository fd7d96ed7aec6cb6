"""Usage as columns."""

# The stubs of pyarrow know half of its types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from sekisho.activity.usage import Tally, Usage

_FLAGS: Final = frozenset({"is_path_known", "has_mfa"})

SCHEMA: Final = pa.schema(
    [
        *(pa.field(name, pa.bool_() if name in _FLAGS else pa.string()) for name in Usage.__struct_fields__),
        pa.field("first", pa.string()),
        pa.field("last", pa.string()),
        pa.field("event_ids", pa.list_(pa.binary(16))),
    ]
)
"""A row is a `Usage` with its `Tally`."""

SHARED: Final = tuple(name for name in Usage.__struct_fields__ if name != "call")


def table_of(rows: Mapping[Usage, Mapping[str, Tally]]) -> pa.Table:
    """Return rows as a table, those of a principal together.

    Args:
        rows: by what calls share apart from what they were about, by what they were about.
    """
    groups = sorted(rows.items(), key=lambda row: (row[0].principal, row[0].source, row[0].name))
    which = pa.array([at for at, (_, some) in enumerate(groups) for _ in some], pa.int32())
    columns = {
        name: pa.array([getattr(usage, name) for usage, _ in groups], SCHEMA.field(name).type).take(which)
        for name in SHARED
    }
    tallies = [tally for _, some in groups for tally in some.values()]
    columns["call"] = pa.array([call for _, some in groups for call in some], pa.string())
    columns["first"] = pa.array([one.first for one in tallies], pa.string())
    columns["last"] = pa.array([one.last for one in tallies], pa.string())
    columns["event_ids"] = pa.array([one.event_ids for one in tallies], SCHEMA.field("event_ids").type)
    return pa.Table.from_pydict(columns, schema=SCHEMA)
