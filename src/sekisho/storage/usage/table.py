"""Usage as columns: a row is what calls share, with lists of what each of them has of its own."""

# The stubs of pyarrow know half of its types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
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
    of_usages = _numbers("i", (usage for usage, _ in rows.numbers))
    order = pc.sort_indices(_ranks(rows.usages).take(of_usages))
    columns = [*_shared(rows.usages, of_usages), _texts([call for _, call in rows.numbers])]
    return pa.Table.from_arrays([*(column.take(order) for column in columns), *_own(rows, order)], schema=SCHEMA)


def _ranks(usages: Sequence[Usage]) -> "pa.Array[Any]":
    """Return of each usage a number by which rows are ordered: by principal, source and name."""
    keys = [(one.principal, one.source, one.name) for one in usages]
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return _numbers("i", map(ranks.__getitem__, keys))


def _shared(usages: Sequence[Usage], of_usages: "pa.Array[Any]") -> Iterator["pa.Array[Any]"]:
    """Yield what rows share but for their calls; what many of them have in common is made a text only once."""
    for name in SHARED[:-1]:
        values: list[Any] = [getattr(one, name) for one in usages]
        yield (_numbers("B", values).cast(pa.bool_()) if name in _FLAGS else _texts(values)).take(of_usages)


def _own(rows: Rows, order: "pa.Array[Any]") -> Iterator["pa.Array[Any]"]:
    """Yield what events have of their own, in lists of those of each row, in order of time.

    Args:
        rows: the rows.
        order: their numbers, in the order in which they are told.
    """
    number = len(rows.row_of)
    times, ids = _array(pa.uint32(), number, rows.times), _array(pa.binary(BYTES), number, rows.ids)
    places = pc.sort_indices(order).take(_array(pa.uint32(), number, rows.row_of))
    events = pc.sort_indices(pc.bit_wise_or(pc.shift_left(places, _BITS_OF_TIME), times.cast(pa.uint64())))
    counts = pc.value_counts(places.take(events)).field("counts")
    begins: Any = pc.cumulative_sum(pa.concat_arrays([_numbers("q", [0]), counts])).cast(pa.int32())
    addresses = _texts([*rows.addresses]).take(_array(pa.uint32(), number, rows.address_of))
    for column in (times, ids, addresses):
        yield pa.ListArray.from_arrays(begins, column.take(events))


# Not by `pa.array`, which imports pandas wherever it is installed: a sixth of a second and 30 MB in each process.


def _texts(values: Sequence[str]) -> "pa.Array[Any]":
    encoded = [value.encode() for value in values]
    ends = array("i", accumulate(map(len, encoded), initial=0))
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))])


def _numbers(code: str, values: Iterable[int]) -> "pa.Array[Any]":
    """Return numbers of a type that `array` names."""
    numbers = array(code, values)
    return _array(_TYPES[code], len(numbers), numbers)


def _array(of: pa.DataType, number: int, values: "array[int] | bytearray") -> "pa.Array[Any]":
    return pa.Array.from_buffers(of, number, [None, pa.py_buffer(values)])


_TYPES: Final[Mapping[str, pa.DataType]] = {"B": pa.uint8(), "i": pa.int32(), "q": pa.int64(), "Q": pa.uint64()}
_BITS_OF_TIME: Final = _numbers("Q", [32])[0]
