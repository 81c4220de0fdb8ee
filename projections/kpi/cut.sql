-- Things counted, cut and filtered: a row for each pass that lets it through. Reads `counted`, `given` (its dimensions), `condition` and the
-- variables pass, measures (those that the pass is about), places (of the dimensions by which it cuts).
INSERT INTO sorted_out
SELECT getvariable('pass') AS pass, row, measure, stretch, story, thing, placed_at, occurred_until, amount, currency, span, missing,
       list_select(given, getvariable('places')::BIGINT[]) AS key
FROM counted JOIN given USING (row)
WHERE list_contains(getvariable('measures')::VARCHAR[], measure) AND NOT EXISTS (
    SELECT 1 FROM condition
    WHERE NOT CASE WHEN given[condition.number] IS NULL THEN condition.unknown
                   ELSE list_contains(condition.wanted, given[condition.number]) END
);
