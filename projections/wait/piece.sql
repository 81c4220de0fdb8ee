-- The ways that are asked for, cut into pieces, each charged to whoever it lay with. A way of which an end is known only by its day has none.
-- Reads `wanted` (rows of `way`), `lay` (lying.sql), `clock` (sla/clock.sql).
CREATE TEMP MACRO automatic(name) AS coalesce(starts_with(name, 'system:') OR starts_with(name, 'leadlog:'), false);
CREATE TEMP MACRO party(name, otherwise) AS CASE WHEN automatic(name) THEN 'system' ELSE otherwise END;

CREATE TEMP TABLE piece AS
WITH fork AS (                                  -- a milestone out of order stands where the way begins, or ends
    SELECT row, story, calendar, until, start_at, qualified_at IS NOT NULL AS is_qualified, qualified_by, handed_by, system,
           least(until, greatest(start_at, qualified_at)) AS mql_at,
           CASE WHEN handed_at IS NOT NULL THEN least(until, greatest(start_at, handed_at)) END AS given_at
    FROM wanted
    WHERE NOT dated
),
lying AS (                                      -- from the handoff on: with each who had it; what a system answered is the system's
    SELECT fork.*, lay.owner,
           greatest(given_at, coalesce(lay.since, given_at)) AS begins, least(fork.until, coalesce(lay.until, fork.until)) AS ends
    FROM fork
    LEFT JOIN lay ON lay.story = fork.story AND lay.until > given_at AND (lay.since <= given_at OR lay.since < fork.until)
    WHERE given_at IS NOT NULL
),
cut AS (
    SELECT row, calendar, 1 AS place, 'mql' AS step, party(qualified_by, 'marketing') AS charged, qualified_by AS who, start_at AS begins, mql_at AS ends
    FROM fork
    WHERE is_qualified
    UNION ALL
    SELECT row, calendar, 2, 'handoff', party(handed_by, 'marketing'), handed_by, mql_at, coalesce(given_at, until)
    FROM fork
    UNION ALL
    SELECT row, calendar, 3, CASE WHEN owner IS NULL THEN 'owner' ELSE 'response' END,
           CASE WHEN owner IS NULL THEN 'queue' ELSE party(coalesce(system, owner), 'person') END,
           CASE WHEN owner IS NOT NULL THEN coalesce(system, owner) END, begins, ends
    FROM lying
)
SELECT cut.*, cut.ends - cut.begins AS wall_us,
       e.before + e.pace * (cut.ends - e.begins) - (b.before + b.pace * (cut.begins - b.begins)) AS business_us
FROM cut
LEFT JOIN clock AS b ON b.calendar = cut.calendar AND b.utc_day = cut.begins // 86400000000 AND cut.begins >= b.begins AND cut.begins < b.ends
LEFT JOIN clock AS e ON e.calendar = cut.calendar AND e.utc_day = cut.ends // 86400000000 AND cut.ends >= e.begins AND cut.ends < e.ends;
