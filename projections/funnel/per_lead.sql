-- The milestones under what is asked: their period, and whether they are counted.
-- Reads `placed_lead`, `period_of_day` and the variables since, until, cut. Needs fitting.sql.
CREATE OR REPLACE TEMP VIEW per_lead AS
SELECT placed_lead.* EXCLUDE (given, first_given, from_first, placed_at), period_of_day.period,
       coalesce(placed_at >= getvariable('since'), getvariable('since') IS NULL)
       AND coalesce(placed_at < getvariable('until'), getvariable('until') IS NULL)
       AND (NOT undated OR NOT getvariable('cut')) AS within,
       within AND fits(given) AS selected,
       within AND from_first AND fits(first_given) AS came_from_first
FROM placed_lead LEFT JOIN period_of_day ON getvariable('cut') AND period_of_day.number = counted_day;
