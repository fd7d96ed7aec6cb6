"""What the store asks DuckDB. The first value of each is the list of parts."""

from typing import Final

from sekisho.activity.usage import Usage

OWN: Final = tuple(name for name in Usage.__struct_fields__ if name != "day")
"""The columns that rows of all days together are told apart by."""

_KEYS: Final = ", ".join(OWN)
_ROWS: Final = "WITH rows AS (SELECT * FROM read_parquet(?))"
_DAYS: Final = "day BETWEEN ? AND ?"
_IDS: Final = "list_distinct(flatten(list(event_ids)))"

PRINCIPALS: Final = f"{_ROWS} SELECT DISTINCT principal FROM rows WHERE principal <> '' AND {_DAYS} ORDER BY 1"
SIZES: Final = f"""{_ROWS} SELECT principal, count(*) FROM rows WHERE principal <> '' AND {_DAYS}
    GROUP BY 1 ORDER BY 1"""
NOBODIES: Final = f"""{_ROWS} SELECT nobody, count(DISTINCT id) FROM
    (SELECT nobody, unnest(event_ids) AS id FROM rows WHERE nobody <> '' AND {_DAYS}) GROUP BY 1 ORDER BY 1"""
CALLS: Final = f"""{_ROWS} SELECT {_KEYS} FROM rows WHERE name = ? AND outcome = 'succeeded'
    GROUP BY {_KEYS} ORDER BY max("last"), {_KEYS}"""

USES: Final = f"""{_ROWS} SELECT {_KEYS}, len({_IDS}), min("first"), max("last"),
    list_slice(list_sort({_IDS}), 1, 3) FROM rows WHERE {_DAYS} AND principal BETWEEN ? AND ?
    GROUP BY {_KEYS} ORDER BY {_KEYS}"""
