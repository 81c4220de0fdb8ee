-- Where things stand in time, in the reporting zone. Reads `calendar` (a row per local day), `stretch`, and the variable everything:
-- whether what is asked for has no limits.

-- The instant that decides on the period: a plain date is its local midnight; "some time" is in no period.
CREATE TEMP MACRO placed(events) AS TABLE
SELECT event.*, CASE WHEN precision < 2 OR getvariable('everything') THEN coalesce(midnight.begins, event.occurred) END AS placed_at
FROM query_table(events) AS event
LEFT JOIN (SELECT number, begins FROM calendar) AS midnight ON midnight.number = event.day;

-- Things that happen: each in the period in which it lies.
CREATE TEMP MACRO happening(events, stretches) AS TABLE
SELECT stretch.number AS stretch, event.*
FROM placed(events) AS event
ASOF JOIN query_table(stretches) AS stretch ON event.placed_at >= stretch.begins
WHERE event.placed_at < stretch.ends;
