-- Intake runs: what each brought, and whether it is undone. One row a run.
-- Reads `events`, `retracted` and the variable as_of (µs).
SELECT events.run,
       list_sort(list(DISTINCT events.source)) AS sources,
       min(events.recorded) AS began,
       max(events.recorded) AS ended,
       count(*) AS events,
       count(DISTINCT nullif(events.lead, 0)) AS leads,
       min(events.position) AS first_position,
       max(events.position) AS last_position,
       bool_or(retracted.run IS NOT NULL) AS retracted
FROM events LEFT JOIN retracted ON retracted.run = events.run
WHERE events.recorded <= getvariable('as_of') AND events.run IS NOT NULL
GROUP BY events.run
ORDER BY first_position
