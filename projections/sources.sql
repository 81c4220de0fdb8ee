-- Sources: how much came from each, when last, and how long it is usually silent. One row a source.
-- Usual is what occurs about every two weeks: of the 90 days before the source's last event the longest silences, one for
-- every two weeks; the shortest of these. Who sends less often has no usual silence.
-- A gap is longer than twice the usual silence, and than an hour. What is undated and what retracted runs brought does not
-- count, nor what the log itself writes.
-- Reads `events`, `retracted` and the variable as_of (µs).
CREATE TEMP TABLE told AS
SELECT source, run, recorded, CASE WHEN precision <> 2 THEN occurred END AS occurred
FROM events ANTI JOIN retracted USING (run)
WHERE recorded <= getvariable('as_of')
  AND NOT (source = 'leadlog' AND type IN ('RunRetracted', 'RunRestored', 'PersonErased'));

CREATE TEMP TABLE totals AS
SELECT source, count(*) AS events, count(DISTINCT run) AS runs, arg_max(run, recorded) AS last_run,
       max(occurred) AS last_event, max(recorded) AS last_known
FROM told
GROUP BY source;

CREATE TEMP TABLE silences AS
WITH moments AS (
    SELECT DISTINCT source, occurred
    FROM told JOIN totals USING (source)
    WHERE occurred > last_event - 90 * 86400000000
), steps AS (
    SELECT source, lag(occurred) OVER (PARTITION BY source ORDER BY occurred) AS after, occurred AS before
    FROM moments
)
SELECT source, after, before, before - after AS length,
       row_number() OVER (PARTITION BY source ORDER BY before - after DESC, before) AS place,
       greatest(1, sum(before - after) OVER (PARTITION BY source) // (14 * 86400000000)) AS fortnights
FROM steps
WHERE after IS NOT NULL;

CREATE TEMP TABLE usual AS
SELECT source, length AS usual
FROM silences
WHERE place = fortnights;

CREATE TEMP TABLE gaps AS
SELECT source, after, before, length, usual
FROM silences JOIN usual USING (source)
WHERE length > 2 * usual AND length > 3600000000;

SELECT totals.source, events, runs, last_run, last_event, last_known, usual.usual,
       (SELECT count(*) FROM gaps WHERE gaps.source = totals.source) AS gaps,
       (SELECT max(length) FROM gaps WHERE gaps.source = totals.source) AS longest_gap
FROM totals LEFT JOIN usual USING (source)
ORDER BY totals.source
