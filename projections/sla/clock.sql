-- Reads `opening`. Business time by equal keys: what is open and what is closed, by the days of UTC that it touches, and open time by its hours. A join with
-- these is four times as fast as an ASOF join with `opening`, which sorts all that is asked.
CREATE OR REPLACE TEMP TABLE clock AS
WITH stretch AS (
    SELECT calendar, opens AS begins, closes AS ends, before, 1 AS pace, opens FROM opening
    UNION ALL
    SELECT calendar, closes, lead(opens) OVER along, before + closes - opens, 0, lead(opens) OVER along
    FROM opening WINDOW along AS (PARTITION BY calendar ORDER BY opens)
    UNION ALL
    SELECT calendar, min(opens) - 400 * 86400000000, min(opens), 0, 0, min(opens) FROM opening GROUP BY calendar
)
SELECT calendar, unnest(range(begins // 86400000000, (ends - 1) // 86400000000 + 1)) AS utc_day, begins, ends, before, pace, opens
FROM stretch
WHERE ends IS NOT NULL;

CREATE OR REPLACE TEMP TABLE due_clock AS
SELECT calendar, unnest(range(before // 3600000000, (before + closes - opens - 1) // 3600000000 + 1)) AS hour,
       opens, before, before + closes - opens AS upto
FROM opening;
