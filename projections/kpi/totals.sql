-- Totals: what each measure comes to in each stretch of time and for each combination of dimensions.
-- Reads `counted` (a row for each thing counted), `given` (its dimensions), `rate` (rates.sql), `calendar` and the variables width (how many
-- dimensions rows are cut by), inner_dimension (the place of one more, NULL for none).

CREATE OR REPLACE TEMP TABLE cut AS
SELECT counted.*,
       given[1:getvariable('width')] || CASE WHEN getvariable('inner_dimension') IS NULL THEN [] ELSE [given[getvariable('inner_dimension')]] END AS key
FROM counted JOIN given USING (row)
WHERE NOT EXISTS (
    SELECT 1 FROM condition
    WHERE NOT CASE WHEN given[condition.number] IS NULL THEN condition.unknown
                   ELSE list_contains(condition.wanted, given[condition.number]) END
);

-- Things, spans, and what makes a value missing. Where money is meant, what has no amount is left out and told.
CREATE OR REPLACE TEMP VIEW things AS
SELECT measure, before, stretch, key,
       count(DISTINCT (story, thing)) FILTER (once AND priced)
       + count(*) FILTER (NOT once AND priced) AS things,
       sum(span)::BIGINT AS span,
       quantile_cont(span, 0.5) AS p50,
       quantile_cont(span, 0.9) AS p90,
       min(missing) AS missing,
       count(*) FILTER (NOT priced) AS unpriced
FROM (SELECT cut.*, measure.once, NOT measure.money OR amount IS NOT NULL AS priced FROM cut JOIN measure ON measure.name = cut.measure)
GROUP BY ALL;

CREATE OR REPLACE TEMP VIEW money AS
WITH dated AS (
    SELECT measure, before, stretch, key, cut.currency, amount, daytime.number AS day
    FROM cut
    ASOF LEFT JOIN calendar AS daytime ON coalesce(placed_at, occurred_until) >= daytime.begins
    WHERE amount IS NOT NULL
)
SELECT measure, before, stretch, key, dated.currency, rate.rate, sum(amount) AS amount
FROM dated
ASOF LEFT JOIN rate ON rate.currency = dated.currency AND dated.day >= rate.day
GROUP BY ALL;
