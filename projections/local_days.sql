-- Local days by equal keys. Reads `calendar` (number, begins, ends: a row a local day).

-- The number of an instant's day of UTC, before 1970 too: whole division goes towards zero.
CREATE TEMP MACRO utc_day(instant) AS (instant - (instant % 86400000000 + 86400000000) % 86400000000) // 86400000000;

-- Each day of UTC: the local day on which it begins, and those that begin in the midst of it (two, where clocks were set forward).
CREATE TEMP TABLE daytime AS
WITH days AS (
    SELECT number, begins, utc_day(begins) AS utc FROM calendar WHERE begins < ends
),
all_days AS (
    SELECT unnest(range(min(utc), max(utc) + 1)) AS utc FROM days
)
SELECT all_days.utc, before.number,
       min(days.begins) AS second_begins, min(days.number) AS second, max(days.begins) AS third_begins, max(days.number) AS third
FROM all_days
ASOF LEFT JOIN days AS before ON all_days.utc * 86400000000 >= before.begins
LEFT JOIN days ON days.utc = all_days.utc
GROUP BY all_days.utc, before.number;

-- The number of the local day of an instant, or of a plain date: it stays on its day.
CREATE TEMP MACRO local_day(instant, day, daytime) AS
    coalesce(day, CASE WHEN instant >= daytime.third_begins THEN daytime.third
                       WHEN instant >= daytime.second_begins THEN daytime.second ELSE daytime.number END);
