-- The first contacts after each handoff and not after its end, of the kinds that its agreement takes for an answer; a plain date is a whole day.
-- A row for each, with its number. Reads `history`, `handed`, `course` (handed.sql), `in_force` (handed, version), `responding` (version, kind)
-- and the variable contacts (how many the most demanding promise needs). Integers go through the window; what an answer says is looked up.
CREATE TEMP TABLE contacted AS
WITH contact AS MATERIALIZED (
    SELECT story, kind, occurred, occurred_until, day, precision, sequence, position, actor
    FROM history
    WHERE type = 'InteractionLogged' AND direction = 'outbound' AND automatic IS NOT true AND kind IN (SELECT kind FROM responding)
),
first AS (
    SELECT handed.story, handed.handed, contact.position, row_number() OVER along AS number
    FROM contact
    JOIN handed ON handed.story = contact.story AND contact.occurred_until >= handed.occurred
    JOIN in_force ON in_force.handed = handed.handed
    SEMI JOIN responding ON responding.version = in_force.version AND responding.kind = contact.kind
    LEFT JOIN course ON course.handed = handed.handed
    WHERE course.ending IS NULL OR contact.occurred <= course.ending.until
    WINDOW along AS (PARTITION BY handed.handed ORDER BY contact.occurred, contact.sequence NULLS FIRST, contact.position)
)
SELECT first.story, handed, number, {'occurred': occurred, 'day': day, 'precision': precision, 'actor': actor} AS answer
FROM first JOIN contact USING (position)
WHERE number <= getvariable('contacts');
