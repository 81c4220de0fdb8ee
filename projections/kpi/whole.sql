-- Things counted, neither cut nor filtered: the pass of what is asked for as a whole. Reads `counted` and the variables of cut.sql.
INSERT INTO cut
SELECT getvariable('pass') AS pass, row, measure, stretch, story, thing, placed_at, occurred_until, amount, currency, span, missing,
       []::VARCHAR[] AS key
FROM counted
WHERE list_contains(getvariable('measures')::VARCHAR[], measure);
