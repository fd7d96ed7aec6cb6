"""Usage as columns: a row is what calls share, with lists of what each of them has of its own."""

# The stubs of pyarrow know half of its types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Iterator, Sequence
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
    of_usages = pa.array([usage for usage, _ in rows.numbers], pa.int32())
    order = pc.sort_indices(_ranks(rows.usages).take(of_usages))
    columns = [*_shared(rows.usages, of_usages), pa.array([call for _, call in rows.numbers], pa.string())]
    return pa.table([*(column.take(order) for column in columns), *_own(rows, order)], schema=SCHEMA)


def _ranks(usages: Sequence[Usage]) -> "pa.Array[Any]":
    """Return of each usage a number by which rows are ordered: by principal, source and name."""
    keys = [(one.principal, one.source, one.name) for one in usages]
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return pa.array([ranks[key] for key in keys], pa.int32())


def _shared(usages: Sequence[Usage], of_usages: "pa.Array[Any]") -> Iterator["pa.Array[Any]"]:
    """Yield what rows share but for their calls; what many of them have in common is made a text only once."""
    for name in SHARED[:-1]:
        yield pa.array([getattr(one, name) for one in usages], SCHEMA.field(name).type).take(of_usages)


def _own(rows: Rows, order: "pa.Array[Any]") -> Iterator["pa.Array[Any]"]:
    """Yield what events have of their own, in lists of those of each row, in order of time.

    Args:
        rows: the rows.
        order: their numbers, in the order in which they are told.
    """
    number = len(rows.row_of)
    places = pc.sort_indices(order).take(pa.Array.from_buffers(pa.uint32(), number, [None, pa.py_buffer(rows.row_of)]))
    times = pa.Array.from_buffers(pa.uint32(), number, [None, pa.py_buffer(rows.times)])
    sorted_ = pc.sort_indices(pc.bit_wise_or(pc.shift_left(places, _BITS_OF_TIME), times.cast(pa.uint64())))
    counts = pc.value_counts(places.take(sorted_)).field("counts")
    begins: Any = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(counts)]).cast(pa.int32())
    ids = pa.Array.from_buffers(pa.binary(BYTES), number, [None, pa.py_buffer(rows.ids)])
    for column in (times, ids, pa.array(rows.addresses, pa.string())):
        yield pa.ListArray.from_arrays(begins, column.take(sorted_))


_BITS_OF_TIME: Final = pa.scalar(32, pa.uint64())
