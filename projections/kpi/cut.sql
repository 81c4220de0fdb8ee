-- Things counted, cut and filtered: those that a pass is about and lets through. Reads `counted`, `given` (of those things, its dimensions),
-- `fits` (fitting.sql) and the variables pass, places (of the dimensions by which it cuts).
INSERT INTO sorted_out
SELECT getvariable('pass') AS pass, row, measure, stretch, story, thing, placed_at, occurred_until, amount, currency, span, missing,
       list_select(given, getvariable('places')::BIGINT[]) AS key
FROM counted JOIN given USING (row)
WHERE fits(given);
