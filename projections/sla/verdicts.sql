-- The verdict on each promise at the instant at which it is asked: what happened later has not happened yet.
-- Reads `handed`, `course`, `promised`, `paused`, `term`, `clock`, `opening` and the variable asked.
WITH seen AS (
    SELECT promised.* EXCLUDE (term)
           REPLACE (CASE WHEN done <= getvariable('asked') THEN done END AS done,
                    CASE WHEN done <= getvariable('asked') THEN done_day END AS done_day,
                    CASE WHEN done <= getvariable('asked') THEN done_precision END AS done_precision,
                    CASE WHEN done <= getvariable('asked') THEN responder END AS responder),
           CASE WHEN course.ending.occurred <= getvariable('asked') THEN course.ending END AS ending,
           (done <= getvariable('asked')) IS TRUE OR (course.ending.occurred <= getvariable('asked')) IS TRUE AS stopped,
           term.promise, term.tier, term.amount, term.calendar,
           handed.occurred, handed.day, handed.handoff, handed.source, handed.team, handed.precision
    FROM promised
    JOIN term USING (term)
    JOIN handed USING (handed)
    LEFT JOIN course USING (handed)
    WHERE handed.occurred <= getvariable('asked')
),
held AS (                                          -- for those that wait: the pauses so far, and the one that lasts
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
known AS (                                         -- stopped: as promised; else as it stands at the asked instant
    SELECT seen.* REPLACE (CASE WHEN stopped THEN seen.due
                                WHEN seen.day IS NOT NULL OR held.worked_us IS NOT NULL THEN NULL
                                ELSE coalesce(held.due, due_first) END AS due,
                           CASE WHEN stopped THEN seen.spent
                                WHEN seen.day IS NOT NULL THEN NULL
                                ELSE coalesce(held.worked_us,
                                              greatest(0, CASE WHEN seen.calendar IS NULL THEN getvariable('asked') - started
                                                               ELSE coalesce(now.business, 0) - (s.before + started - s.begins) END
                                                          - coalesce(held.together, 0))) END AS spent),
           coalesce(done, ending.occurred, getvariable('asked')) AS until,
           seen.day IS NULL AND coalesce(done_day, CASE WHEN done IS NULL THEN ending.day END) IS NULL AS exact
    FROM seen
    LEFT JOIN held USING (handed, promise)
    LEFT JOIN now ON now.calendar = seen.calendar
    LEFT JOIN clock AS s ON s.calendar = seen.calendar AND s.utc_day = CASE WHEN NOT stopped THEN seen.started // 86400000000 END
          AND seen.started >= s.begins AND seen.started < s.ends
),
decided AS (
    SELECT *,
           CASE WHEN day IS NOT NULL OR done_day IS NOT NULL THEN 'date'
                WHEN done IS NULL AND ending.occurred <= due
                THEN CASE ending.type WHEN 'HandoffRejected' THEN 'rejected' WHEN 'HandoffWithdrawn' THEN 'withdrawn' ELSE 'expired' END END AS reason,
           CASE WHEN reason IS NOT NULL THEN 'excluded'
                WHEN done IS NOT NULL THEN CASE WHEN done <= due THEN 'met' ELSE 'breached' END
                WHEN ending IS NOT NULL THEN 'breached'
                WHEN due IS NULL OR getvariable('asked') <= due THEN 'running'
                ELSE 'breached' END AS verdict
    FROM known
)
SELECT story, handed, handoff, source, promise, tier, team, responder, verdict, reason, calendar, amount,
       occurred, day, precision, started, due, done, done_day, until, exact, stopped,
       CASE WHEN stopped THEN coalesce(done_day, ending.day) END AS until_day,
       CASE WHEN stopped THEN coalesce(done_precision, ending.precision) ELSE 0 END AS until_precision,
       CASE WHEN exact THEN spent END AS business_us,
       CASE WHEN exact THEN greatest(until - occurred, 0) END AS wall_us,
       CASE WHEN NOT exact OR verdict = 'excluded' OR due IS NULL THEN NULL
            WHEN verdict = 'breached' THEN greatest(spent - amount, 0) ELSE 0 END AS late_us
FROM decided
