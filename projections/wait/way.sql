-- The way of each journey as it is known at the asked instant. Reads `met`, `contact`, `dated` (per_lead.sql), `answering` (version, kind), the
-- macro in_force (the number of the version at an instant or day), the variables asked and calendars (a place among the calendars for each
-- version; NULL without an agreement).
CREATE TEMP TABLE way AS
WITH known AS (
    SELECT story, journey, to_team,
           begun_at <= getvariable('asked') IS true AS captured,
           CASE WHEN captured THEN begun_at ELSE undertaken_at END AS start_at, CASE WHEN captured THEN begun ELSE undertaken END AS start,
           CASE WHEN qualified_at <= getvariable('asked') THEN qualified END AS qualified, qualified_at, qualified_by,
           CASE WHEN handed_at <= getvariable('asked') THEN handed END AS handed, handed_at, handed_by,
           CASE WHEN closed_at <= getvariable('asked') THEN closed END AS closed, closed_at
    FROM met
    WHERE least(begun_at, undertaken_at) <= getvariable('asked')
),
placed AS (                                     -- what comes after the end is not on the way, nor an MQL after the handoff
    SELECT known.*, s.day AS start_day, coalesce(s.until, start_at) AS start_until, c.day AS closed_day,
           CASE WHEN closed IS NOT NULL THEN coalesce(c.until, closed_at) END AS closed_until,
           h.day AS handed_day, CASE WHEN handed IS NOT NULL THEN coalesce(h.until, handed_at) END AS handed_until,
           handed IS NOT NULL AND coalesce(handed_at <= closed_until, true) AS is_handed,
           qualified IS NOT NULL AND coalesce(qualified_at <= least(closed_until, handed_until), true) AS is_qualified,
           in_force(handed_at, handed_day) AS version
    FROM known
    LEFT JOIN dated AS s ON s.position = start
    LEFT JOIN dated AS h ON h.position = handed
    LEFT JOIN dated AS c ON c.position = closed
),
answered AS (
    SELECT story, journey, min(occurred) AS response_at, arg_min(contact.position, place) AS response, arg_min_null(system, place) AS system
    FROM contact
    JOIN placed USING (story, journey)
    JOIN answering ON answering.version = coalesce(placed.version, -1) AND answering.kind = contact.kind
    WHERE is_handed AND occurred <= getvariable('asked')
    GROUP BY story, journey
)
SELECT placed.story::BIGINT * 1000000 + placed.journey AS row, placed.story, placed.journey, start_at, start_day, NOT captured AS uncaptured,
       CASE WHEN is_qualified THEN qualified_at END AS qualified_at, qualified_by,
       CASE WHEN is_handed THEN handed_at END AS handed_at, CASE WHEN is_handed THEN handed_by END AS handed_by, system,
       start_day IS NOT NULL OR is_qualified AND q.day IS NOT NULL OR is_handed AND handed_day IS NOT NULL
           OR coalesce(r.day, CASE WHEN response IS NULL THEN closed_day END) IS NOT NULL AS dated,
       CASE WHEN response IS NOT NULL THEN 'answered' WHEN closed IS NOT NULL THEN 'ended' ELSE 'waiting' END AS status,
       greatest(start_at, coalesce(response_at, CASE WHEN closed IS NOT NULL THEN closed_at END, getvariable('asked'))) AS until,
       getvariable('calendars')[coalesce(in_force(start_at, start_day), 0) + 1] AS calendar,
       start_at AS occurred, CASE WHEN is_handed THEN handed_until ELSE start_until END AS occurred_until, NULL::VARCHAR AS reason,
       CASE WHEN is_handed THEN to_team END AS own_team,
       NULL::VARCHAR AS own_owner, NULL::VARCHAR AS own_channel, NULL::VARCHAR AS own_campaign
FROM placed
LEFT JOIN answered USING (story, journey)
LEFT JOIN dated AS q ON q.position = qualified
LEFT JOIN dated AS r ON r.position = response;
