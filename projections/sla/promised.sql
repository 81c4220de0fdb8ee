-- What was promised for each handoff, when it was due and when it was done. Nothing here depends on the instant at which it is asked.
-- Reads `handed`, `course`, `pause` (handed.sql, course.sql), `judged` (handed, version, tier_number), `contacted` (contacted.sql), `term`,
-- `opening`, `clock` and `due_clock` (clock.sql).

-- Each promise with the instant at which its clock starts, and the open time before that; a promise in wall time has no calendar.
-- Of a table of handoffs: what it says of the few that were paused is reckoned twice, and nothing of the others is written twice.
CREATE TEMP MACRO begun(handoffs) AS TABLE
WITH asked_for AS (
    SELECT handed.story, handed.handed, handed.occurred, handed.day, course.ending.occurred AS ended_at,
           term.term, term.promise, term.amount, term.calendar,
           CASE promise WHEN 'decision' THEN course.answer.occurred ELSE contacted.occurred END AS done,
           CASE promise WHEN 'decision' THEN course.answer.day ELSE contacted.day END AS done_day,
           CASE promise WHEN 'decision' THEN course.answer.precision ELSE contacted.precision END AS done_precision,
           CASE promise WHEN 'decision' THEN course.answer.actor ELSE contacted.actor END AS responder
    FROM query_table(handoffs) AS handed
    JOIN judged USING (handed)
    JOIN term ON term.version = judged.version AND term.tier_number = judged.tier_number
    LEFT JOIN course USING (handed)
    LEFT JOIN contacted ON contacted.handed = handed.handed AND contacted.needed = term.needed
)
SELECT asked_for.* EXCLUDE (ended_at),
       coalesce(done, ended_at) AS stop,
       CASE WHEN asked_for.day IS NULL THEN coalesce(CASE pace WHEN 0 THEN opens END, asked_for.occurred) END AS started,
       coalesce(before + pace * (asked_for.occurred - begins), asked_for.occurred) AS base
FROM asked_for
LEFT JOIN clock ON clock.calendar = asked_for.calendar AND clock.utc_day = asked_for.occurred // 86400000000
      AND asked_for.occurred >= clock.begins AND asked_for.occurred < clock.ends;

-- The pauses that count: those that begin before it is due (so much open, unpaused time before them that the promise is not used up) and
-- before the clock stops. due: when it is due with this pause and those before it; null while it lasts.
CREATE TEMP TABLE held_up AS FROM handed SEMI JOIN pause USING (handed);

CREATE TEMP TABLE paused AS
WITH clipped AS (
    SELECT begun.story, begun.handed, begun.promise, begun.calendar, begun.base, begun.amount, pause.place, pause.begins, pause.reason,
           least(pause.ends, begun.stop) AS until                           -- an end that is not known is left out
    FROM begun('held_up') AS begun JOIN pause USING (handed)
    WHERE begun.day IS NULL AND (begun.stop IS NULL OR pause.begins < begun.stop)
),
measured AS (
    SELECT clipped.*,
           CASE WHEN clipped.calendar IS NULL THEN begins ELSE worked(begins, b.opens, b.closes, b.before) END - base AS from_us,
           CASE WHEN until IS NULL THEN NULL WHEN clipped.calendar IS NULL THEN until
                ELSE worked(until, u.opens, u.closes, u.before) END - base AS to_us
    FROM clipped
    ASOF LEFT JOIN opening AS b ON b.calendar = clipped.calendar AND b.opens <= clipped.begins
    ASOF LEFT JOIN opening AS u ON u.calendar = clipped.calendar AND u.opens <= clipped.until
),
added AS (
    SELECT *, sum(to_us - from_us) OVER (PARTITION BY handed, promise ORDER BY place)::BIGINT AS together,
           from_us - coalesce(sum(to_us - from_us) OVER (PARTITION BY handed, promise ORDER BY place
                                                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS worked_us
    FROM measured
)
SELECT added.* EXCLUDE (base, amount),
       CASE WHEN until IS NULL THEN NULL WHEN added.calendar IS NULL THEN base + amount + together
            ELSE due(base + amount + together, d.opens, d.before) END AS due
FROM added
ASOF LEFT JOIN opening AS d ON d.calendar = added.calendar AND d.before < base + amount + together
WHERE worked_us < amount;

-- A row for each promise; which, says its number in `term`. due_first: without any pause. due: with all that count. spent: open, unpaused µs until the clock stopped.
CREATE TEMP VIEW promised AS
WITH held AS (
    SELECT handed, promise, max(together) AS together, arg_max_null(due, place) AS due
    FROM paused
    GROUP BY handed, promise
),
reckoned AS (
    SELECT begun.*, held.together, held.handed IS NOT NULL AS is_held, held.due AS held_due,
           CASE WHEN begun.day IS NULL THEN coalesce(due(base + amount, due_clock.opens, due_clock.before), base + amount) END AS due_first,
           CASE WHEN begun.day IS NULL THEN coalesce(clock.before + clock.pace * (stop - clock.begins), stop) - base END AS open_us
    FROM begun('handed') AS begun
    LEFT JOIN held USING (handed, promise)
    LEFT JOIN due_clock ON due_clock.calendar = begun.calendar AND due_clock.hour = (base + amount - 1) // 3600000000
          AND due_clock.before < base + amount AND base + amount <= due_clock.upto
    LEFT JOIN clock ON clock.calendar = begun.calendar AND clock.utc_day = stop // 86400000000
          AND stop >= clock.begins AND stop < clock.ends
)
SELECT story, handed, term, done, done_day, done_precision, responder, stop, started, due_first,
       CASE WHEN is_held THEN held_due ELSE due_first END AS due,
       greatest(open_us - coalesce(together, 0), 0) AS spent
FROM reckoned;
