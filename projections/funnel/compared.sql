-- The same milestones under the periods with which those asked for are compared, each by the name of the one that is asked for.
-- Reads `placed_lead` and `stretch` (begins, ends, asked: that name), of which no two overlap. Needs fitting.sql.
CREATE OR REPLACE TEMP VIEW per_lead AS
SELECT placed_lead.* EXCLUDE (given, first_given, from_first, placed_at), stretch.asked AS period,
       coalesce(placed_at < stretch.ends, false) AS within,
       within AND fits(given) AS selected,
       within AND from_first AND fits(first_given) AS came_from_first
FROM placed_lead ASOF LEFT JOIN stretch ON placed_at >= stretch.begins;
