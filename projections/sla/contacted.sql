-- The contacts after each handoff and not after its end, of the kinds that its agreement takes for an answer, that keep a promise: the first,
-- the second and so on, as many as one needs; a plain date is a whole day.
-- Reads `history`, `handed`, `course` (course.sql), `in_force` (handed, version), `responding` (version, kind), `term` (needed) and the macro
-- in_order (ordering.py). Integers go through the join; what an answer says is looked up at the end.
CREATE TEMP TABLE contact AS
SELECT story, kind, occurred, occurred_until, day, precision, coalesce(sequence, -9223372036854775808) AS sequence, position, actor
FROM history SEMI JOIN handed USING (story)
WHERE type = 'InteractionLogged' AND direction = 'outbound' AND automatic IS NOT true AND kind IN (SELECT kind FROM responding);

CREATE TEMP TABLE contacted AS                 -- needed: how many it takes up to this one
WITH frame AS (
    SELECT handed.story, handed.handed, handed.occurred, in_force.version, course.ending.until AS until
    FROM handed JOIN in_force USING (handed) LEFT JOIN course USING (handed)
),
counted AS (
    SELECT frame.handed, contact.position,
           row_number() OVER (PARTITION BY frame.handed ORDER BY in_order(contact.occurred, contact.sequence, contact.position))::INTEGER AS needed
    FROM contact
    JOIN frame ON frame.story = contact.story AND contact.occurred_until >= frame.occurred
    SEMI JOIN responding ON responding.version = frame.version AND responding.kind = contact.kind
    WHERE frame.until IS NULL OR contact.occurred <= frame.until
    QUALIFY needed IN (SELECT needed FROM term)
)
SELECT handed, needed, occurred, day, precision, actor FROM counted JOIN contact USING (position);
