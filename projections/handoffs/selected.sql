-- The handoffs that are asked for, each with its period and its values of the asked dimensions; they belong to the period of the handoff.
-- Reads `audited`, `given` (row, given), `calendar`, `period_of_day` and the variables since, until, width, cut, lead, handoff. Needs
-- local_days.sql and fitting.sql. A plain date stays on its day, and durations with one are whole calendar days; "some time" falls into
-- no period and takes no time.
CREATE TEMP VIEW selected AS
WITH placed AS (
    SELECT audited.*, given.given,
           CASE WHEN audited.precision < 2 THEN local_day(audited.occurred, audited.day, own) END AS local_day,
           CASE WHEN audited.precision < 2 THEN coalesce(plain.begins, audited.occurred) END AS placed_at,
           CASE WHEN audited.answer.precision < 2 THEN local_day(audited.answer.occurred, audited.answer.day, ending) END AS answered_on
    FROM audited
    JOIN given USING (row)
    LEFT JOIN daytime AS own ON own.utc = utc_day(audited.occurred)
    LEFT JOIN daytime AS ending ON ending.utc = utc_day(audited.answer.occurred)
    LEFT JOIN calendar AS plain ON plain.number = audited.day
)
SELECT placed.*, period_of_day.period, given[1:getvariable('width')] AS key,
       CASE WHEN answer IS NULL OR placed.precision = 2 OR answer.precision = 2 THEN NULL
            WHEN placed.day IS NULL AND answer.day IS NULL THEN greatest(answer.occurred - placed.occurred, 0)
            ELSE greatest(answered_on - local_day, 0)::BIGINT * 86400000000 END AS answer_us
FROM placed LEFT JOIN period_of_day ON period_of_day.number = local_day
WHERE coalesce(placed_at >= getvariable('since'), getvariable('since') IS NULL)
  AND coalesce(placed_at < getvariable('until'), getvariable('until') IS NULL)
  AND (local_day IS NOT NULL OR NOT getvariable('cut'))
  AND coalesce(story = getvariable('lead'), getvariable('lead') IS NULL)
  AND coalesce(getvariable('handoff') IN (handoff, source || '/' || handoff), true)
  AND fits(given);
