-- A window for each step: who does not go on from a stage while its window is open, is lost there, and has entered no later stage.
-- Whoever is still inside is going on. Reads `spanned`, `term` (stage, wall: µs), `due` (of business time: due_at,
-- whether the next entry or the end came later, and µs up to then) and the variables
-- asked, last (the number of the last stage).
CREATE TEMP TABLE stepped AS
WITH judged AS (
    SELECT spanned.*,
           dateable AND coalesce(to_next > wall, due.next_late, false) AS late,
           dateable AND coalesce(to_end > wall, due.end_late, false) AS ended_late,
           dateable AND coalesce(to_asked > wall, due.due_at < getvariable('asked'), false) AS over,
           dateable AND coalesce(to_asked <= wall, due.due_at >= getvariable('asked'), false) AS inside,
           coalesce(wall, due.ran_out) AS allowed
    FROM spanned
    LEFT JOIN term USING (stage)
    LEFT JOIN due USING (story, journey, stage)
),
stopped AS (
    SELECT story, journey, min(stage) AS stage FROM judged WHERE late GROUP BY story, journey
)
SELECT judged.* EXCLUDE (late, ended_late, over, inside, allowed, ran_out) REPLACE (
           CASE WHEN ran_out THEN 'lost' ELSE outcome END AS outcome,
           CASE WHEN ran_out THEN 'window' ELSE reason END AS reason,
           CASE WHEN NOT late THEN next_stage END AS next_stage,
           CASE WHEN NOT late THEN to_next END AS to_next,
           CASE WHEN ran_out THEN allowed ELSE to_end END AS to_end
       ),
       inside AND judged.stage < getvariable('last') AS running
FROM (
    SELECT *, late OR (stage < getvariable('last')
                       AND ((outcome = 'in_stage' AND over) OR (outcome IN ('lost', 'recycled') AND ended_late))) AS ran_out
    FROM judged
) AS judged
LEFT JOIN stopped USING (story, journey)
WHERE stopped.stage IS NULL OR judged.stage <= stopped.stage;
