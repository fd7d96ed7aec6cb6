"""What is asked of DuckDB: `$parts` are the files; `$start` and `$end` the time where not all of it is asked about.

Uses are asked for slice by slice: rows that are one use have one hash, and so one `$slice` of all `$slices`.
"""

from typing import Final

from sekisho.storage.usage.table import SHARED

_KEYS: Final = ", ".join(SHARED)

ALWAYS: Final = "WITH rows AS (SELECT * FROM read_parquet($parts, hive_partitioning = false))"

WITHIN: Final = f"""WITH rows AS (
    SELECT {_KEYS}, list_where(times, hits) AS times, list_where(event_ids, hits) AS event_ids,
        list_where(addresses, hits) AS addresses
    FROM (SELECT *, list_transform(times, lambda time: time BETWEEN $start AND $end) AS hits
        FROM read_parquet($parts, hive_partitioning = false))
    WHERE list_contains(hits, true))"""

PRINCIPALS: Final = "SELECT principal, count(*) FROM rows WHERE principal <> '' GROUP BY 1 ORDER BY 1"

NOBODIES: Final = """SELECT nobody, count(DISTINCT id) FROM
    (SELECT nobody, unnest(event_ids) AS id FROM rows WHERE nobody <> '') GROUP BY 1 ORDER BY 1"""

SEEN: Final = "SELECT DISTINCT account, source, name FROM rows"

CALLS: Final = f"""SELECT {_KEYS} FROM rows WHERE name = $name AND outcome = 'succeeded'
    GROUP BY ALL ORDER BY max(list_max(times)), {_KEYS}"""

_TIME: Final = "strftime(make_timestamp({}::BIGINT * 1000000), '%Y-%m-%dT%H:%M:%SZ')"

_USES: Final = f""", asked AS (SELECT *, hash({_KEYS}) AS key FROM rows WHERE {{}}
        AND hash({_KEYS}) % $slices = $slice),
    seen AS (SELECT key, id, count(*) AS times FROM (SELECT key, unnest(event_ids) AS id FROM asked)
        GROUP BY 1, 2 HAVING count(*) > 1),
    again AS (SELECT key, sum(times - 1) AS number FROM seen GROUP BY 1),
    joined AS (SELECT {_KEYS}, any_value(key) AS key, sum(len(event_ids)) AS number, min(list_min(times)) AS first,
        max(list_max(times)) AS last, min(list_min(event_ids)) AS sample FROM asked GROUP BY {_KEYS})
    SELECT {_KEYS}, (joined.number - coalesce(again.number, 0))::BIGINT,
        {_TIME.format("first")}, {_TIME.format("last")}, sample FROM joined LEFT JOIN again USING (key)"""
"""How often an event was delivered again is found by a hash of its row, which is exact unless two rows had one hash."""

USES: Final = _USES.format("principal BETWEEN $one AND $other")
"""In no order."""

SUCCEEDED: Final = f"""{_USES.format("outcome = 'succeeded' AND name LIKE $name AND regexp_matches(call, $about, 'i')")}
    ORDER BY first, {_KEYS}"""

ADDRESSES: Final = """SELECT DISTINCT principal, unnest(addresses) FROM rows
    WHERE principal BETWEEN $one AND $other AND invoked_by = ''
    AND outcome IN ('succeeded', 'failed')"""
