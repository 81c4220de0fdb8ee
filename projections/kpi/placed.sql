-- Where things stand in time, in the reporting zone. Reads `calendar` (a row per local day), `stretch`, and the variable everything:
-- whether what is asked for has no limits.

-- The instant that decides on the period: a plain date is its local midnight; "some time" is in no period.
CREATE TEMP MACRO placed(events) AS TABLE
SELECT event.*, CASE WHEN precision < 2 OR getvariable('everything') THEN coalesce(midnight.begins, event.occurred) END AS placed_at
FROM query_table(events) AS event
LEFT JOIN (SELECT number, begins FROM calendar) AS midnight ON midnight.number = event.day;

-- Things that happen: in each stretch in which they lie, for stretches overlap: what is compared, what is measured over all of time. They
-- are found by equal numbers of the day of UTC, any but the calendar's own being its first or last one; what the number is does not matter
-- as long as it never falls with the instant.
SET VARIABLE first_known = (SELECT min(begins) FROM calendar);
SET VARIABLE last_known = (SELECT max(ends) FROM calendar);
CREATE TEMP MACRO known_day(instant) AS greatest(getvariable('first_known'), least(getvariable('last_known'), instant)) // 86400000000;
CREATE TEMP TABLE stretch_day AS
SELECT stretch.*, begins = -1152921504606846976 AND ends = 1152921504606846976 AS everything,
       unnest(range(known_day(begins), known_day(ends) + 1)) AS known_day
FROM stretch;

-- A plain date on a day that its zone leaves out is no instant: it lies in the stretches to which the day belongs.
-- since, until: µs between which all stretches lie that are wanted. What happened elsewhere is not even read; two days further on at both
-- ends, since plain dates are where their zone has them.
CREATE TEMP MACRO happening(events, since := -1152921504606846976, until := 1152921504606846976) AS TABLE
SELECT stretch_day.number AS stretch, event.* EXCLUDE (empty_day)
FROM (
    SELECT event.*, coalesce(midnight.begins, event.occurred) AS placed_at, midnight.begins = midnight.ends AS empty_day
    FROM query_table(events) AS event
    LEFT JOIN (SELECT number, begins, ends FROM calendar) AS midnight ON midnight.number = event.day
    WHERE event.occurred BETWEEN since - 172800000000 AND until + 172800000000
) AS event
JOIN stretch_day ON stretch_day.known_day = known_day(event.placed_at)
WHERE (event.precision < 2 OR stretch_day.everything)
  AND CASE WHEN event.empty_day THEN event.day BETWEEN stretch_day.first_day AND stretch_day.last_day
           ELSE event.placed_at >= stretch_day.begins AND event.placed_at < stretch_day.ends END;
