-- The time of each promise, apportioned to those with whom the lead lay. Reads `verdict`, `paused`, `owning`, `clock` and the variable asked.
CREATE TEMP TABLE stretch AS                    -- with one owner, from the handoff to where the clock stands
WITH mark AS (
    SELECT story, handed, promise, occurred AS begins FROM verdict WHERE exact
    UNION
    SELECT verdict.story, handed, promise, since
    FROM verdict JOIN owning ON owning.story = verdict.story AND since > occurred AND since < until
    WHERE exact
)
SELECT mark.*, verdict.calendar, owning.owner,
       coalesce(lead(mark.begins) OVER (PARTITION BY mark.handed, mark.promise ORDER BY mark.begins), greatest(verdict.until, verdict.occurred)) AS ends,
       greatest(mark.begins, started) AS from_at, greatest(ends, started) AS to_at
FROM mark JOIN verdict USING (handed, promise)
ASOF LEFT JOIN owning ON owning.story = mark.story AND owning.since <= mark.begins;

CREATE TEMP TABLE share AS
WITH measured AS (
    SELECT stretch.*,
           coalesce(f.before + f.pace * (from_at - f.begins), from_at) AS from_us,
           coalesce(t.before + t.pace * (to_at - t.begins), to_at) AS to_us
    FROM stretch
    LEFT JOIN clock AS f ON f.calendar = stretch.calendar AND f.utc_day = from_at // 86400000000 AND from_at >= f.begins AND from_at < f.ends
    LEFT JOIN clock AS t ON t.calendar = stretch.calendar AND t.utc_day = to_at // 86400000000 AND to_at >= t.begins AND to_at < t.ends
),
origin AS (                                     -- where the open time of a promise begins to count
    SELECT handed, promise, min(from_us) AS base FROM measured GROUP BY handed, promise
),
held AS (
    SELECT measured.handed, measured.promise, measured.begins,
           sum(greatest(0, least(measured.to_us - base, coalesce(paused.to_us, 9223372036854775807))
                           - greatest(measured.from_us - base, paused.from_us)))::BIGINT AS us
    FROM measured
    JOIN origin USING (handed, promise)
    JOIN paused ON paused.handed = measured.handed AND paused.promise = measured.promise AND paused.begins <= getvariable('asked')
    GROUP BY measured.handed, measured.promise, measured.begins
)
SELECT handed, promise, owner,
       sum(to_us - from_us - coalesce(held.us, 0))::BIGINT AS business_us, sum(ends - measured.begins)::BIGINT AS wall_us
FROM measured LEFT JOIN held USING (handed, promise, begins)
GROUP BY handed, promise, owner;
