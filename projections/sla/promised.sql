-- What was promised for each handoff, when it was due and when it was done. Nothing here depends on the instant at which it is asked.
-- Reads `handed`, `course`, `pause`, `contact` (handed.sql), `judged` (handed, version, tier_number), `term`, `responding`, `opening` and the
-- variable contacts (how many the most demanding promise needs).

-- The first contacts after the handoff and not after its end; a plain date is a whole day.
CREATE TEMP TABLE contacted AS
SELECT handed.handed,
       arg_min({'occurred': contact.occurred, 'day': contact.day, 'precision': contact.precision, 'actor': contact.actor},
               (contact.occurred, contact.sequence, contact.position), getvariable('contacts')) AS answers
FROM handed
JOIN judged USING (handed)
JOIN contact ON contact.story = handed.story AND contact.occurred_until >= handed.occurred
SEMI JOIN responding ON responding.version = judged.version AND responding.kind = contact.kind
LEFT JOIN course ON course.handed = handed.handed
WHERE course.ending IS NULL OR contact.occurred <= course.ending.until
GROUP BY handed.handed;

-- Each promise with the instant at which its clock starts, and the open time before that; a promise in wall time has no calendar.
CREATE TEMP TABLE begun AS
WITH asked_for AS (
    SELECT handed.*, term.* EXCLUDE (version, tier_number), course.ending,
           CASE promise WHEN 'decision' THEN course.answer ELSE contacted.answers[term.needed] END AS done
    FROM handed
    JOIN judged USING (handed)
    JOIN term ON term.version = judged.version AND term.tier_number = judged.tier_number
    LEFT JOIN course USING (handed)
    LEFT JOIN contacted USING (handed)
)
SELECT asked_for.*,
       coalesce(done.occurred, ending.occurred) AS stop,
       CASE WHEN asked_for.day IS NULL
            THEN CASE WHEN asked_for.calendar IS NULL THEN asked_for.occurred ELSE greatest(asked_for.occurred, next.opens) END END AS started,
       CASE WHEN asked_for.calendar IS NULL THEN asked_for.occurred
            ELSE worked(asked_for.occurred, now.opens, now.closes, now.before) END AS base
FROM asked_for
ASOF LEFT JOIN opening AS now ON now.calendar = asked_for.calendar AND now.opens <= asked_for.occurred
ASOF LEFT JOIN opening AS next ON next.calendar = asked_for.calendar AND next.closes > asked_for.occurred;

-- The pauses that count: those that begin before it is due (so much open, unpaused time before them that the promise is not used up) and
-- before the clock stops. due: when it is due with this pause and those before it; null while it lasts.
CREATE TEMP TABLE paused AS
WITH clipped AS (
    SELECT begun.story, begun.handed, begun.promise, begun.calendar, begun.base, begun.amount, pause.place, pause.begins, pause.reason,
           least(pause.ends, begun.stop) AS until                           -- an end that is not known is left out
    FROM begun JOIN pause USING (handed)
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

-- due_first: without any pause. due: with all that count. spent: open, unpaused µs until the clock stopped.
CREATE TEMP TABLE promised AS
WITH held AS (
    SELECT handed, promise, max(together) AS together, arg_max_null(due, place) AS due
    FROM paused
    GROUP BY handed, promise
)
SELECT begun.* EXCLUDE (sequence, occurred_until, own_tier, base, needed),
       CASE WHEN begun.day IS NOT NULL THEN NULL WHEN begun.calendar IS NULL THEN base + amount ELSE due(base + amount, d.opens, d.before) END AS due_first,
       CASE WHEN held.handed IS NULL THEN due_first ELSE held.due END AS due,
       CASE WHEN begun.day IS NOT NULL OR stop IS NULL THEN NULL
            ELSE greatest(CASE WHEN begun.calendar IS NULL THEN stop ELSE worked(stop, s.opens, s.closes, s.before) END - base
                          - coalesce(held.together, 0), 0) END AS spent
FROM begun
LEFT JOIN held USING (handed, promise)
ASOF LEFT JOIN opening AS d ON d.calendar = begun.calendar AND d.before < base + amount
ASOF LEFT JOIN opening AS s ON s.calendar = begun.calendar AND s.opens <= begun.stop;
