-- What was done with each handoff. Reads `act` and `handed` (handed.sql) and the macro in_order (ordering.py).

-- How each was answered, and how it ended. An acceptance is no end; after a rejection or an expiry nothing is; a plain date is a whole day.
-- first: the position of the first answer or end, of whatever kind.
CREATE TEMP TABLE course AS
WITH place AS (
    SELECT handed.story, handed.handed,
           arg_min(act.position, in_order(act.occurred, act.sequence, act.position)) AS first,
           arg_min(act.position, in_order(act.occurred, act.sequence, act.position)) FILTER (type = 'HandoffWithdrawn') AS withdrawn
    FROM handed JOIN act USING (story, handoff)
    WHERE act.type IN ('HandoffAccepted', 'HandoffRejected', 'HandoffWithdrawn', 'HandoffExpired')
      AND act.occurred_until >= handed.occurred
    GROUP BY handed.story, handed.handed
)
SELECT place.story, place.handed, place.first,
       CASE WHEN act.type IN ('HandoffAccepted', 'HandoffRejected')
            THEN {'occurred': act.occurred, 'day': act.day, 'precision': act.precision, 'actor': act.actor} END AS answer,
       CASE WHEN act.type <> 'HandoffAccepted'
            THEN {'occurred': act.occurred, 'until': act.occurred_until, 'day': act.day, 'precision': act.precision, 'type': act.type}
            WHEN later.position IS NOT NULL
            THEN {'occurred': later.occurred, 'until': later.occurred_until, 'day': later.day, 'precision': later.precision, 'type': later.type}
       END AS ending
FROM place
JOIN act ON act.position = place.first
LEFT JOIN act AS later ON later.position = place.withdrawn;

-- A resume ends every open pause: a stretch begins with the first pause and ends with the next resume.
CREATE TEMP TABLE pause AS
WITH turn AS (
    SELECT handed.story, handed.handed, act.type, act.reason, greatest(act.occurred, handed.occurred) AS turned,
           row_number() OVER along AS place, lag(act.type) OVER along AS before
    FROM handed JOIN act USING (story, handoff)
    WHERE act.type IN ('HandoffPaused', 'HandoffResumed') AND act.occurred_until >= handed.occurred
    WINDOW along AS (PARTITION BY handed.handed ORDER BY in_order(act.occurred, act.sequence, act.position))
),
stretch AS (
    SELECT *, lead(turned) OVER (PARTITION BY handed ORDER BY place) AS ends
    FROM turn
    WHERE (type = 'HandoffPaused') <> coalesce(before = 'HandoffPaused', false)
)
SELECT story, handed, place, turned AS begins, ends, reason FROM stretch WHERE type = 'HandoffPaused';
