-- The verdict on each promise at the instant at which it is asked: what happened later has not happened yet.
-- Reads `handed`, `course`, `promised`, `paused`, `clock`, `opening` and the variable asked.
CREATE TEMP TABLE verdict AS
WITH seen AS (
    SELECT promised.* REPLACE (CASE WHEN done.occurred <= getvariable('asked') THEN done END AS done),
           CASE WHEN course.ending.occurred <= getvariable('asked') THEN course.ending END AS ending,
           (done.occurred <= getvariable('asked')) IS TRUE OR (course.ending.occurred <= getvariable('asked')) IS TRUE AS stopped,
           handed.handoff, handed.source, handed.team, handed.precision
    FROM promised
    JOIN handed USING (handed)
    LEFT JOIN course USING (handed)
    WHERE promised.occurred <= getvariable('asked')
),
held AS (                                          -- of those that wait: the pauses so far, and the one that lasts
    SELECT paused.handed, paused.promise,
           max(together) FILTER (until <= getvariable('asked')) AS together,
           arg_max(paused.due, place) FILTER (until <= getvariable('asked')) AS due,
           min(worked_us) FILTER (until IS NULL OR until > getvariable('asked')) AS worked_us
    FROM paused
    WHERE begins <= getvariable('asked')
    GROUP BY paused.handed, paused.promise
),
now AS (
    SELECT calendar, arg_max(worked(getvariable('asked'), opens, closes, before), opens) AS business
    FROM opening
    WHERE opens <= getvariable('asked')
    GROUP BY calendar
),
waiting AS (
    SELECT seen.handed, seen.promise,
           CASE WHEN held.handed IS NULL THEN seen.due_first WHEN held.worked_us IS NOT NULL THEN NULL
                ELSE coalesce(held.due, seen.due_first) END AS due,
           coalesce(held.worked_us,
                    greatest(0, CASE WHEN seen.calendar IS NULL THEN getvariable('asked') - started
                                     ELSE coalesce(now.business, 0) - (s.before + started - s.begins) END
                                - coalesce(held.together, 0))) AS spent
    FROM seen
    LEFT JOIN held USING (handed, promise)
    LEFT JOIN now ON now.calendar = seen.calendar
    LEFT JOIN clock AS s ON s.calendar = seen.calendar AND s.utc_day = seen.started // 86400000000
          AND seen.started >= s.begins AND seen.started < s.ends
    WHERE NOT stopped AND seen.day IS NULL
),
known AS (
    SELECT seen.* REPLACE (CASE WHEN stopped THEN seen.due ELSE waiting.due END AS due,
                           CASE WHEN stopped THEN seen.spent ELSE waiting.spent END AS spent),
           coalesce(seen.done.occurred, seen.ending.occurred, getvariable('asked')) AS until,
           seen.day IS NULL AND coalesce(seen.done.day, CASE WHEN seen.done IS NULL THEN seen.ending.day END) IS NULL AS exact
    FROM seen LEFT JOIN waiting USING (handed, promise)
),
decided AS (
    SELECT *,
           CASE WHEN day IS NOT NULL OR done.day IS NOT NULL THEN 'date'
                WHEN done IS NULL AND ending.occurred <= due
                THEN CASE ending.type WHEN 'HandoffRejected' THEN 'rejected' WHEN 'HandoffWithdrawn' THEN 'withdrawn' ELSE 'expired' END END AS reason,
           CASE WHEN reason IS NOT NULL THEN 'excluded'
                WHEN done IS NOT NULL THEN CASE WHEN done.occurred <= due THEN 'met' ELSE 'breached' END
                WHEN ending IS NOT NULL THEN 'breached'
                WHEN due IS NULL OR getvariable('asked') <= due THEN 'running'
                ELSE 'breached' END AS verdict
    FROM known
)
SELECT story, handed, handoff, source, promise, tier, team, done.actor AS responder, verdict, reason, calendar, amount,
       occurred, day, precision, started, due, done, until, exact, stopped,
       CASE WHEN stopped THEN coalesce(done.day, ending.day) END AS until_day,
       CASE WHEN stopped THEN coalesce(done.precision, ending.precision) ELSE 0 END AS until_precision,
       CASE WHEN exact THEN spent END AS business_us,
       CASE WHEN exact THEN greatest(until - occurred, 0) END AS wall_us,
       CASE WHEN NOT exact OR verdict = 'excluded' OR due IS NULL THEN NULL
            WHEN verdict = 'breached' THEN greatest(spent - amount, 0) ELSE 0 END AS late_us
FROM decided;
