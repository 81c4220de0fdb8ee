-- The way of each journey as it is known at the asked instant. Reads `met`, `contact` (per_lead.sql), `answering` (version, kind), the macro
-- in_force (the number of the version at an instant or day), the variables asked and calendars (a place among the calendars for each version;
-- NULL without an agreement).
CREATE TEMP TABLE way AS
WITH known AS (
    SELECT story, journey,
           CASE WHEN begun.at <= getvariable('asked') THEN begun ELSE undertaken END AS start,
           (begun.at <= getvariable('asked')) IS NOT true AS uncaptured,
           CASE WHEN mql.at <= getvariable('asked') THEN mql END AS mql,
           CASE WHEN given.at <= getvariable('asked') THEN given END AS given,
           CASE WHEN closed.at <= getvariable('asked') THEN closed END AS closed
    FROM met
    WHERE least(begun.at, undertaken.at) <= getvariable('asked')
),
placed AS (                                     -- what comes after the end is not on the way, nor an MQL after the handoff
    SELECT known.* REPLACE (
               CASE WHEN coalesce(mql.at <= least(closed.until, given.until), true) THEN mql END AS mql,
               CASE WHEN coalesce(given.at <= closed.until, true) THEN given END AS given),
           in_force(given.at, given.day) AS version
    FROM known
),
answered AS (
    SELECT story, journey, arg_min({'at': occurred, 'day': contact.day, 'system': system}, place) AS response
    FROM contact
    JOIN placed USING (story, journey)
    JOIN answering ON answering.version = coalesce(placed.version, -1) AND answering.kind = contact.kind
    WHERE placed.given IS NOT NULL AND occurred <= getvariable('asked') AND coalesce(occurred <= closed.until, true)
    GROUP BY story, journey
)
SELECT placed.story::BIGINT * 1000000 + placed.journey AS row, placed.story, placed.journey, start, uncaptured, mql, given, response,
       start.day IS NOT NULL OR mql.day IS NOT NULL OR given.day IS NOT NULL OR response.day IS NOT NULL
           OR response IS NULL AND closed.day IS NOT NULL AS dated,
       CASE WHEN response IS NOT NULL THEN 'answered' WHEN closed IS NOT NULL THEN 'ended' ELSE 'waiting' END AS status,
       greatest(start.at, coalesce(response.at, closed.at, getvariable('asked'))) AS until,
       getvariable('calendars')[coalesce(in_force(start.at, start.day), 0) + 1] AS calendar,
       start.at AS occurred, coalesce(given.until, start.until) AS occurred_until, NULL::VARCHAR AS reason,
       given.team AS own_team, NULL::VARCHAR AS own_owner, NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign
FROM placed
LEFT JOIN answered USING (story, journey);
