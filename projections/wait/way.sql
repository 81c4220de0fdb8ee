-- The way of each journey as it is known at the asked instant, cut into pieces, each charged to whoever it lay with.
-- Reads `met`, `contact` (per_lead.sql), `owning` (sla/owning.sql), `answering` (version, kind), `version` (number, begins), the variables
-- asked and calendars (a place among the calendars for each version; NULL without an agreement).
CREATE TEMP MACRO automatic(name) AS coalesce(starts_with(name, 'system:') OR starts_with(name, 'leadlog:'), false);

CREATE TEMP TABLE way AS
WITH known AS (
    SELECT story, journey, start,
           CASE WHEN mql.at <= getvariable('asked') THEN mql END AS mql,
           CASE WHEN given.at <= getvariable('asked') THEN given END AS given,
           CASE WHEN closed.at <= getvariable('asked') THEN closed END AS closed
    FROM met
    WHERE start.at <= getvariable('asked')
),
placed AS (
    SELECT known.* REPLACE (CASE WHEN mql.place < given.place OR given IS NULL THEN mql END AS mql),
           (SELECT max(number) FROM version WHERE version.begins <= known.given.at) AS version,
           (SELECT max(number) FROM version WHERE version.begins <= known.start.at) AS version_at_start
    FROM known
),
answered AS (
    SELECT placed.story, placed.journey,
           arg_min({'at': contact.occurred, 'day': contact.day, 'actor': contact.actor}, (contact.occurred, contact.position)) AS response
    FROM contact
    JOIN placed USING (story, journey)
    JOIN answering ON answering.version IS NOT DISTINCT FROM placed.version AND answering.kind = contact.kind
    WHERE placed.given IS NOT NULL AND contact.occurred <= getvariable('asked')
      AND (placed.closed IS NULL OR contact.occurred <= placed.closed.at)
    GROUP BY placed.story, placed.journey
)
SELECT placed.story::BIGINT * 1000000 + placed.journey AS row, placed.story, placed.journey, start, mql, given, closed, response,
       start.day IS NOT NULL OR mql.day IS NOT NULL OR given.day IS NOT NULL OR response.day IS NOT NULL
           OR response IS NULL AND closed.day IS NOT NULL AS dated,
       CASE WHEN response IS NOT NULL THEN 'answered' WHEN closed IS NOT NULL THEN 'ended' ELSE 'waiting' END AS status,
       coalesce(response.at, closed.at, getvariable('asked')) AS until,
       getvariable('calendars')[coalesce(version_at_start, 0) + 1] AS calendar,
       start.at AS occurred, coalesce(given.until, start.at) AS occurred_until, NULL::VARCHAR AS reason,
       given.team AS own_team, NULL::VARCHAR AS own_owner, NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign
FROM placed
LEFT JOIN answered USING (story, journey);

CREATE TEMP TABLE piece AS
WITH fork AS (
    SELECT row, story, until, given, mql,
           start.at AS start_at, least(until, greatest(start.at, mql.at)) AS mql_at,
           CASE WHEN given IS NOT NULL THEN least(until, greatest(start.at, given.at)) END AS given_at
    FROM way
    WHERE NOT dated
),
mark AS (                                       -- from the handoff on: whenever the lead came to lie with somebody else
    SELECT row, story, given_at AS begins FROM fork WHERE given_at IS NOT NULL
    UNION ALL
    SELECT row, fork.story, since FROM fork JOIN owning ON owning.story = fork.story AND since > given_at AND since < until
),
lying AS (
    SELECT mark.row, mark.begins,
           coalesce(lead(mark.begins) OVER (PARTITION BY mark.row ORDER BY mark.begins), fork.until) AS ends, nullif(owning.owner, '') AS owner
    FROM mark
    JOIN fork USING (row)
    ASOF LEFT JOIN owning ON owning.story = mark.story AND owning.since <= mark.begins
),
cut AS (
    SELECT row, 1 AS place, 'mql' AS step, CASE WHEN automatic(mql.actor) THEN 'system' ELSE 'marketing' END AS charged, mql.actor AS who,
           start_at AS begins, mql_at AS ends
    FROM fork WHERE mql IS NOT NULL
    UNION ALL
    SELECT row, 2, 'handoff', CASE WHEN automatic(given.actor) THEN 'system' ELSE 'marketing' END, given.actor,
           CASE WHEN mql IS NULL THEN start_at ELSE mql_at END, coalesce(given_at, until)
    FROM fork
    UNION ALL
    SELECT row, 3, CASE WHEN owner IS NULL THEN 'owner' ELSE 'response' END,
           CASE WHEN owner IS NULL THEN 'queue' WHEN automatic(owner) THEN 'system' ELSE 'person' END, owner, begins, ends
    FROM lying
)
SELECT cut.*, ends - begins AS wall_us,
       CASE WHEN way.calendar IS NOT NULL THEN worked(ends, e.opens, e.closes, e.before) - worked(begins, b.opens, b.closes, b.before) END AS business_us
FROM cut
JOIN way USING (row)
ASOF LEFT JOIN opening AS b ON b.calendar = way.calendar AND b.opens <= cut.begins
ASOF LEFT JOIN opening AS e ON e.calendar = way.calendar AND e.opens <= cut.ends;
