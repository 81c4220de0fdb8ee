-- The first contacts after each handoff and not after its end, of the kinds that its agreement takes for an answer; a plain date is a whole day.
-- Reads `history`, `handed`, `course` (handed.sql), `in_force` (handed, version), `responding` (version, kind) and the variable contacts (how
-- many the most demanding promise needs). Integers go through the join; what an answer says is looked up where it is needed.
CREATE TEMP TABLE contact AS
SELECT story, kind, occurred, occurred_until, day, precision, coalesce(sequence, -9223372036854775808) AS sequence, position, actor
FROM history SEMI JOIN handed USING (story)
WHERE type = 'InteractionLogged' AND direction = 'outbound' AND automatic IS NOT true AND kind IN (SELECT kind FROM responding);

CREATE TEMP TABLE contacted AS                 -- contacts: their positions, in order
WITH frame AS (
    SELECT handed.story, handed.handed, handed.occurred, in_force.version, course.ending.until AS until
    FROM handed JOIN in_force USING (handed) LEFT JOIN course USING (handed)
)
SELECT frame.handed, arg_min(contact.position, (contact.occurred, contact.sequence, contact.position), getvariable('contacts')) AS contacts
FROM contact
JOIN frame ON frame.story = contact.story AND contact.occurred_until >= frame.occurred
SEMI JOIN responding ON responding.version = frame.version AND responding.kind = contact.kind
WHERE frame.until IS NULL OR contact.occurred <= frame.until
GROUP BY frame.handed;
