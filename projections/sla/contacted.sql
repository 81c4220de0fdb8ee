-- The first contacts after each handoff and not after its end, of the kinds that its agreement takes for an answer; a plain date is a whole day.
-- Reads `history`, `handed`, `course` (handed.sql), `judged` (handed, version), `responding` (version, kind) and the variable contacts (how
-- many the most demanding promise needs).
CREATE TEMP TABLE contacted AS
WITH contact AS (
    SELECT story, kind, occurred, occurred_until, day, precision, coalesce(sequence, -9223372036854775808) AS sequence, position, actor
    FROM history
    WHERE type = 'InteractionLogged' AND direction = 'outbound' AND automatic IS NOT true AND kind IN (SELECT kind FROM responding)
)
SELECT handed.handed,
       arg_min({'occurred': contact.occurred, 'day': contact.day, 'precision': contact.precision, 'actor': contact.actor},
               (contact.occurred, contact.sequence, contact.position), getvariable('contacts')) AS answers
FROM contact
JOIN handed ON handed.story = contact.story AND contact.occurred_until >= handed.occurred
JOIN judged ON judged.handed = handed.handed
JOIN responding ON responding.version = judged.version AND responding.kind = contact.kind
LEFT JOIN course ON course.handed = handed.handed
WHERE course.ending IS NULL OR contact.occurred <= course.ending.until
GROUP BY handed.handed;
