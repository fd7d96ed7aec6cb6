"""Usage as columns: a row is what calls share, with lists of what each of them has of its own."""

# The stubs of pyarrow know half of its types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from sekisho.activity.event_ids import BYTES
from sekisho.activity.summarist import Rows
from sekisho.activity.usage import Usage

SHARED: Final = Usage.__struct_fields__
"""The columns that rows are told apart by."""

_FLAGS: Final = frozenset({"is_path_known", "has_mfa"})

SCHEMA: Final = pa.schema(
    [
        *(pa.field(name, pa.bool_() if name in _FLAGS else pa.string()) for name in SHARED),
        pa.field("times", pa.list_(pa.uint32())),
        pa.field("event_ids", pa.list_(pa.binary(BYTES))),
        pa.field("addresses", pa.list_(pa.string())),
    ]
)
"""A row is a `Usage`, and of its events, in order of time: when they were, in seconds since 1970, their ids, and where
they came from. The three lists of a row have one length."""


def table_of(rows: Rows) -> pa.Table:
    """Return rows as a table, those of a principal together."""
    events = _events(rows)
    events = events.take(pc.sort_indices(events, [("row", "ascending"), ("time", "ascending")]))
    counts = pc.value_counts(events["row"]).field("counts")
    begins: Any = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(counts)]).cast(pa.int32())
    own = (pa.ListArray.from_arrays(begins, events[name].combine_chunks()) for name in ("time", "id", "address"))
    table = pa.table([*_shared(rows), *own], schema=SCHEMA)
    return table.take(pc.sort_indices(table, [(name, "ascending") for name in ("principal", "source", "name")]))


def _shared(rows: Rows) -> list["pa.Array[Any]"]:
    """Return what rows share; what many of them have in common is made a text only once."""
    of_usages = pa.array([usage for usage, _ in rows.numbers], pa.int32())
    usages = [pa.array([getattr(one, name) for one in rows.usages], SCHEMA.field(name).type) for name in SHARED[:-1]]
    return [*(column.take(of_usages) for column in usages), pa.array([call for _, call in rows.numbers], pa.string())]


def _events(rows: Rows) -> pa.Table:
    number = len(rows.row_of)
    return pa.table(
        {
            "row": pa.Array.from_buffers(pa.uint32(), number, [None, pa.py_buffer(rows.row_of)]),
            "time": pa.Array.from_buffers(pa.uint32(), number, [None, pa.py_buffer(rows.times)]),
            "id": pa.Array.from_buffers(pa.binary(BYTES), number, [None, pa.py_buffer(rows.ids)]),
            "address": pa.array(rows.addresses, pa.string()),
        }
    )
